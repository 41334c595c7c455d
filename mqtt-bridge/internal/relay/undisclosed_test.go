package relay_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/gatewaytest"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/spool"
)

// While a holder is away its message is in quarantine and offered again, and neither the
// same device's later messages nor those of others wait. Once the holder is back, it has
// what is disclosed without an operator.
func TestUndisclosedHoldsNothingUp(t *testing.T) {
	devices := neighbours(t, 2)
	private, other := devices[0], devices[1]
	payload := private.NextSealed(t, "planted-secret")
	logger, lines := log()
	r := newLoggingRig(t, roomy(), logger, func(r *rig) {
		r.gateway.Withhold(private.ID, true)
		r.add(t, private.ID, payload)
		r.add(t, private.ID, next(t, private, 5)...)
		r.add(t, other.ID, append(next(t, other, 4), other.NextSealed(t, "planted-secret"))...)
	})
	waitFor(t, "the messages behind it", func() bool {
		return len(r.gateway.Order(private.ID)) == 6 && len(r.gateway.Order(other.ID)) == 5
	})
	waitFor(t, "some rounds", func() bool { return r.counts.retried("undisclosed") > 2 })
	r.drained(t) // it goes round, and is in quarantine in between
	var listed []spool.Quarantined
	waitFor(t, "the quarantine", func() bool { listed = r.quarantine(t); return len(listed) == 1 })
	q := listed[0]
	if q.Device != private.ID || !q.Undisclosed() || q.Detail != "carrier" || q.Repeats != 0 || string(q.Payload) != string(payload) {
		t.Errorf("quarantine holds %+v", q)
	}
	if n := len(r.gateway.Disclosed(private.ID)); n != 0 || len(r.gateway.Disclosed(other.ID)) != 1 {
		t.Errorf("%d disclosed of one that is withheld, %q of the other", n, r.gateway.Disclosed(other.ID))
	}
	r.add(t, private.ID, private.Next(t))
	r.add(t, other.ID, other.Next(t))
	waitFor(t, "later messages", func() bool {
		return len(r.gateway.Order(private.ID)) == 7 && len(r.gateway.Order(other.ID)) == 6
	})
	r.gateway.Withhold(private.ID, false)
	waitFor(t, "what is disclosed", func() bool { return len(r.gateway.Disclosed(private.ID)) == 1 })
	r.drained(t)
	if got := r.gateway.Order(private.ID); !slices.Equal(got, []uint64{1, 2, 3, 4, 5, 6, 7}) || len(r.quarantine(t)) != 0 {
		t.Errorf("recorded %v, quarantine holds %+v", got, r.quarantine(t))
	}
	if len(r.counts.rejected) != 0 || r.relay.SetAside() != 0 || r.relay.Health() != nil {
		t.Errorf("rejected %v, %d set aside, health %v", r.counts.rejected, r.relay.SetAside(), r.relay.Health())
	}
	r.stop() // and with it whatever writes to the log
	saysNothing(t, lines.String(), r.gateway.Disclosed(private.ID))
	if !strings.Contains(lines.String(), waymark.ReasonUndisclosed) {
		t.Errorf("the log says nothing of it: %s", lines)
	}
}

// A restart forgets nothing: the quarantine says what is to be offered.
func TestUndisclosedSurvivesARestart(t *testing.T) {
	const messages = 120 // more than one round
	d := gatewaytest.NewDevice(t, "logger-1", attest.COSE)
	r := newRig(t, roomy(), func(r *rig) {
		r.gateway.Withhold(d.ID, true)
		for range messages {
			r.add(t, d.ID, d.NextSealed(t, "secret"))
		}
	})
	waitFor(t, "a round", func() bool { return r.counts.retried("undisclosed") > 0 })
	r.stop()
	r.gateway.Withhold(d.ID, false)
	r.open(t)
	if u := r.spool.Usage(); u.Messages+u.QuarantineMessages != messages {
		t.Errorf("usage %+v, want %d messages", u, messages)
	}
	r.start()
	waitFor(t, "all that is disclosed", func() bool { return len(r.gateway.Disclosed(d.ID)) == messages })
	r.drained(t)
	if got := r.quarantine(t); len(got) != 0 || len(r.gateway.Order(d.ID)) != messages {
		t.Errorf("quarantine holds %+v", got)
	}
}

// Nothing else in quarantine is ever offered again, though the ledger would take it now.
func TestOnlyUndisclosedIsOfferedAgain(t *testing.T) {
	suspended, exposing, refused, private := gatewaytest.NewDevice(t, "logger-1", attest.JWS), gatewaytest.NewDevice(t, "logger-2", attest.JWS),
		gatewaytest.NewDevice(t, "logger-3", attest.JWS), gatewaytest.NewDevice(t, "logger-4", attest.JWS)
	r := newRig(t, roomy(), func(r *rig) {
		r.gateway.Register(suspended.Record(t, waymark.DeviceSuspended))
		r.gateway.Reject(exposing.ID, waymark.ReasonExposed)
		r.gateway.Reject(refused.ID, waymark.ReasonUndisclosed) // the reason, but not of what is recorded
		r.gateway.Withhold(private.ID, true)
		r.add(t, suspended.ID, next(t, suspended, 2)...)
		r.add(t, exposing.ID, exposing.NextSealed(t, "secret"))
		r.add(t, refused.ID, refused.NextSealed(t, "secret"))
		r.add(t, private.ID, private.NextSealed(t, "secret"))
	})
	waitFor(t, "some rounds", func() bool { return r.counts.retried("undisclosed") > 2 })
	r.gateway.Register(suspended.Record(t, waymark.DeviceActive))
	r.gateway.Reject(exposing.ID, "")
	r.gateway.Reject(refused.ID, "")
	r.gateway.Withhold(private.ID, false)
	waitFor(t, "what is disclosed", func() bool { return len(r.gateway.Disclosed(private.ID)) == 1 })
	r.drained(t)
	time.Sleep(300 * time.Millisecond) // several of the shortest pauses
	var left []string
	for _, q := range r.quarantine(t) {
		left = append(left, q.Device)
	}
	if !slices.Equal(left, []string{suspended.ID, suspended.ID, exposing.ID, refused.ID}) {
		t.Errorf("quarantine holds messages of %v", left)
	}
	for _, d := range []*gatewaytest.Device{suspended, exposing, refused} {
		if got := r.gateway.Order(d.ID); len(got) != 0 {
			t.Errorf("recorded %v of %s", got, d.ID)
		}
	}
}

// A message that was in quarantine for another reason, and that the ledger has by now, is
// offered again all the same.
func TestUndisclosedAfterARejection(t *testing.T) {
	d := gatewaytest.NewDevice(t, "logger-1", attest.JWS)
	payload := d.NextSealed(t, "secret")
	r := newRig(t, roomy(), func(r *rig) {
		r.gateway.Reject(d.ID, waymark.ReasonTime)
		r.add(t, d.ID, payload)
	})
	waitFor(t, "the rejection", func() bool { return len(r.quarantine(t)) == 1 })
	r.gateway.Withhold(d.ID, true)
	r.gateway.Reject(d.ID, "")
	r.add(t, d.ID, payload) // the device sends it once more
	waitFor(t, "some rounds", func() bool { return r.counts.retried("undisclosed") > 2 })
	r.gateway.Withhold(d.ID, false)
	waitFor(t, "what is disclosed", func() bool { return len(r.gateway.Disclosed(d.ID)) == 1 })
	r.drained(t)
	if got := r.quarantine(t); len(got) != 0 || len(r.gateway.Order(d.ID)) != 1 {
		t.Errorf("quarantine holds %+v", got)
	}
}

// A full quarantine drops nothing, and what is undisclosed leaves it by itself in the end.
func TestUndisclosedInAFullQuarantine(t *testing.T) {
	var devices []*gatewaytest.Device
	r := newRig(t, spool.Limits{Bytes: 1 << 20, QuarantineBytes: 1200}, func(r *rig) { // for one of them
		for i := range 3 { // one after the other is of another shard
			d := gatewaytest.NewDevice(t, fmt.Sprintf("logger-%d", i), attest.JWS)
			devices = append(devices, d)
			r.gateway.Withhold(d.ID, true)
			r.add(t, d.ID, d.NextSealed(t, "secret"))
		}
	})
	waitFor(t, "no room", func() bool { return r.counts.retried("quarantine_full") > 0 })
	if u := r.spool.Usage(); u.Messages+u.QuarantineMessages != 3 || u.QuarantineMessages > 1 {
		t.Errorf("usage %+v", u)
	}
	for _, d := range devices {
		r.gateway.Withhold(d.ID, false)
	}
	for _, d := range devices {
		waitFor(t, "what is disclosed", func() bool { return len(r.gateway.Disclosed(d.ID)) == 1 })
	}
	r.drained(t)
	waitFor(t, "health", func() bool { return r.relay.Health() == nil })
	if got := r.quarantine(t); len(got) != 0 {
		t.Errorf("quarantine holds %+v", got)
	}
}
