package broker

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/pause"
)

// ahead lets the store of a broker that is stopped say that all it sent and that was not acknowledged was sent later, as if its clock had
// been ahead. Consumers' states are two bytes, five numbers (the last one says how many there are), the time in seconds that theirs are before, and those.
func ahead(t *testing.T, o Options, by time.Duration) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(o.StoreDir, "jetstream", "*", "streams", messagesStream, "obs", "*", "o.dat"))
	if err != nil || len(files) != 1 {
		t.Fatal(files, err)
	}
	raw, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	at, pending := 2, uint64(0)
	for range 5 {
		value, n := binary.Uvarint(raw[at:])
		at, pending = at+n, value
	}
	base, n := binary.Varint(raw[at:])
	if pending == 0 || time.Since(time.Unix(base, 0)).Abs() > time.Hour {
		t.Fatalf("%d messages are on their way, at %s: the state is not as it was known", pending, time.Unix(base, 0))
	}
	shifted := binary.AppendVarint(slices.Clone(raw[:at]), base+int64(by.Seconds()))
	if err := os.WriteFile(files[0], append(shifted, raw[at+n:]...), 0o600); err != nil {
		t.Fatal(err)
	}
}

// What the bridge has not acknowledged comes over the next connection, at once and in order, whatever the clock says; what it has, does not.
func TestWhatWasNotAcknowledgedComesFirst(t *testing.T) {
	for _, c := range []struct {
		name    string
		restart bool
		ahead   time.Duration // the clock was, until the restart
	}{
		{name: "the same broker"},
		{name: "started again", restart: true},
		{name: "started again, with its clock put right", restart: true, ahead: 20 * time.Minute},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := options(t)
			b := start(t, o)
			arrived := make(chan paho.Message, 10)
			take := func(m paho.Message) { arrived <- m }
			subscribe(t, b, o.CertFile)
			if err := b.Open(t.Context()); err != nil {
				t.Fatal(err)
			}
			for _, payload := range []string{"1", "2", "3", "4"} {
				b.store(t, []byte(payload))
			}
			first := receiver(t, b, o.CertFile, take)
			expect(t, arrived, "1", "2", "3", "4")[1].Ack()
			for held := uint64(4); held != 3; pause.For(t.Context().Done(), rewindPoll) {
				var err error
				if held, err = b.heldMessages(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			first.Disconnect(100)
			if c.restart {
				b.Stop()
				if c.ahead > 0 {
					ahead(t, o, c.ahead)
				}
				b = start(t, o)
			}
			if err := b.Rewind(t.Context()); err != nil {
				t.Fatal(err)
			}
			b.store(t, []byte("5"))
			second := receiver(t, b, o.CertFile, take)
			defer second.Disconnect(100)
			for _, m := range expect(t, arrived, "1", "3", "4", "5") {
				m.Ack()
			}
		})
	}
}

// expect waits for messages, and checks that they are these, in this order.
func expect(t *testing.T, arrived <-chan paho.Message, want ...string) []paho.Message {
	t.Helper()
	var got []paho.Message
	for _, payload := range want {
		select {
		case m := <-arrived:
			if got = append(got, m); string(m.Payload()) != payload {
				t.Fatalf("%s arrived, want %s", m.Payload(), payload)
			}
		case <-time.After(4 * AckWait):
			t.Fatalf("%s does not arrive", payload)
		}
	}
	return got
}
