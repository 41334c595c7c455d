package intake_test

import (
	"bytes"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/gatewaytest"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/intake"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/spool"
	"go.uber.org/zap"
)

// hasty is a store whose messages leave it before it has said that it has them.
type hasty struct {
	*store

	settled func(spool.Entry)
}

func (h hasty) Append(messages []spool.Message) (int, error) {
	n, err := h.store.Append(messages)
	for _, m := range messages[:n] {
		h.settled(spool.Entry{Device: m.Device, Payload: m.Payload})
	}
	return n, err
}

// What is on the disk and waits there is acknowledged and not stored again when it comes again; what has left the spool is, since
// it may be offered anew, and what a damaged record may have been.
func TestCopiesOfWhatWaits(t *testing.T) {
	device := gatewaytest.NewDevice(t, "logger-1", attest.COSE)
	message, other := device.Next(t), device.Next(t)
	for _, test := range []struct {
		name  string
		hasty bool
		then  func(*intake.Intake)
		want  int // times stored
	}{
		{"it waits", false, func(*intake.Intake) {}, 1},
		{"another one left", false, func(in *intake.Intake) { in.Settled(spool.Entry{Device: "logger-1", Payload: other}) }, 1},
		{"it left", false, func(in *intake.Intake) { in.Settled(spool.Entry{Device: "logger-1", Payload: message}) }, 2},
		{"it left at once", true, func(*intake.Intake) {}, 2},
		{"nobody knows what left", false, func(in *intake.Intake) { in.Settled(spool.Entry{Device: "logger-1", Corrupt: true}) }, 2},
		{"it waits for a while", false, func(*intake.Intake) { time.Sleep(25 * time.Second) }, 1},
		{"it waits for long", false, func(*intake.Intake) { time.Sleep(2 * time.Minute) }, 2},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, a := &store{}, &acks{}
				var in *intake.Intake
				kept := intake.Store(s)
				if test.hasty {
					kept = hasty{s, func(e spool.Entry) { in.Settled(e) }}
				}
				in = intake.New(kept, 10, 1<<20, &ears{}, silent{}, zap.NewNop())
				go in.Run(t.Context())
				give := func() {
					arrival := intake.Arrival{Device: "logger-1", Received: time.Now(), Payload: message, Ack: a.of("1")}
					if err := in.Put(t.Context(), arrival); err != nil {
						t.Fatal(err)
					}
					synctest.Wait()
				}
				give()
				test.then(in)
				give()
				if got := len(s.all()); got != test.want {
					t.Errorf("stored %d times, want %d", got, test.want)
				}
				if got := len(a.all()); got != 2 {
					t.Errorf("%d of 2 are acknowledged", got)
				}
				in.Close()
			})
		})
	}
}

// A store that is not in its place, or failed since, may have lost what it had: a copy may be the only one that is left, and is stored again.
func TestCopiesOfWhatMayBeLost(t *testing.T) {
	device := gatewaytest.NewDevice(t, "logger-1", attest.COSE)
	message, other := device.Next(t), device.Next(t)
	lost := errors.New("the disk")
	for _, test := range []struct {
		name string
		then func(s *store, give func([]byte))
		want int // times stored
	}{
		{"all is well", func(_ *store, give func([]byte)) { give(other) }, 1},
		{"it was moved away", func(s *store, _ func([]byte)) { s.move(lost) }, 2},
		{"it failed", func(s *store, give func([]byte)) {
			s.fail(lost)
			give(other)
			s.fail(nil)
			time.Sleep(time.Second) // what failed is tried again
		}, 2},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, a := &store{}, &acks{}
				in := intake.New(s, 10, 1<<20, &ears{}, silent{}, zap.NewNop())
				go in.Run(t.Context())
				give := func(payload []byte) {
					if err := in.Put(t.Context(), intake.Arrival{Device: "logger-1", Received: time.Now(), Payload: payload, Ack: a.of("1")}); err != nil {
						t.Fatal(err)
					}
					synctest.Wait()
				}
				give(message)
				test.then(s, give)
				give(message)
				got := 0
				for _, m := range s.all() {
					if bytes.Equal(m.Payload, message) {
						got++
					}
				}
				if got != test.want {
					t.Errorf("stored %d times, want %d", got, test.want)
				}
				in.Close()
			})
		})
	}
}
