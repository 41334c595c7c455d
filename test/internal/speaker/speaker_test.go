package speaker_test

import (
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/chaincode/waymark/senml"
	"github.com/waymark-ledger/waymark/test/internal/speaker"
)

// TestWhatADeviceSays is a chain from number 1 on, and each message has the readings that it is to have.
func TestWhatADeviceSays(t *testing.T) {
	now := time.Now()
	s, err := speaker.New("bench-1", "waymark")
	if err != nil {
		t.Fatal(err)
	}
	var previous []byte
	for number := uint64(1); number <= 3; number++ {
		signed, err := s.Say(now, 10)
		if err != nil {
			t.Fatal(err)
		}
		m, err := attest.Parse(signed.Text())
		if err != nil || m.Sequence != number || m.Device != "bench-1" || string(m.Previous) != string(previous) {
			t.Fatalf("%+v, %v", m, err)
		}
		pack, err := senml.ParseCBOR(m.Payload)
		if err != nil || len(pack) != 10 || !pack[0].Time.Equal(now.UTC().Truncate(time.Millisecond)) {
			t.Errorf("%v, %v", pack, err)
		}
		previous = signed.Digest[:]
	}
}

// TestWhoADeviceIs is said by messages that are not of its stream.
func TestWhoADeviceIs(t *testing.T) {
	s, err := speaker.New("bench-1", "waymark")
	if err != nil {
		t.Fatal(err)
	}
	registration, err := s.Registration("producer")
	if err != nil {
		t.Fatal(err)
	}
	if m, err := attest.Parse(registration); err != nil || m.Kind != attest.Registration || m.Sequence != 0 {
		t.Errorf("%+v, %v", m, err)
	}
	login, err := s.Login(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	m, err := attest.Parse(login)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.CheckLogin(time.Now()); err != nil {
		t.Error(err)
	}
}
