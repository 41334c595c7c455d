package login

import (
	"context"
	"errors"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/client"
)

// registry is a Devices.
type registry struct {
	state   waymark.DeviceState // empty: not registered
	failure error
	asked   int
	during  func() // happens once, while it answers
	hangs   bool
}

func (r *registry) Device(ctx context.Context, id string) (*waymark.Device, error) {
	r.asked++
	if r.hangs {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	state, during := r.state, r.during
	if r.during = nil; during != nil {
		during()
	}
	switch {
	case r.failure != nil:
		return nil, r.failure
	case state == "":
		return nil, &client.Problem{Status: 404, Code: waymark.NotFound}
	}
	return &waymark.Device{ID: id, State: state}, nil
}

func TestCache(t *testing.T) {
	r, now := &registry{}, time.Now()
	c := newCache(r, func() time.Time { return now })
	for _, step := range []struct {
		name    string
		after   time.Duration
		state   waymark.DeviceState
		failure error
		want    waymark.Code
		asked   int
	}{
		{"not registered", 0, "", nil, waymark.Unauthenticated, 1},
		{"that is remembered", unknownFor / 2, waymark.DeviceActive, nil, waymark.Unauthenticated, 1},
		{"but not for long", unknownFor, waymark.DeviceActive, nil, "", 2},
		{"a known one is remembered", freshFor / 2, waymark.DeviceActive, nil, "", 2},
		{"and asked again", freshFor, waymark.DeviceActive, nil, "", 3},
		{"and used while the registry is away", staleFor / 2, "", errors.New("away"), "", 4},
		{"but not for ever", staleFor, "", errors.New("away"), waymark.Unavailable, 5},
	} {
		now = now.Add(step.after)
		r.state, r.failure = step.state, step.failure
		_, err := c.within(freshFor)(t.Context(), "logger-1")
		if got := waymark.CodeOf(err); got != step.want || r.asked != step.asked {
			t.Fatalf("%s: %q after %d questions, want %q after %d", step.name, got, r.asked, step.want, step.asked)
		}
	}
}

func TestCacheIsBounded(t *testing.T) {
	c := newCache(&registry{state: waymark.DeviceActive}, time.Now)
	for i := range maxCached + 10 {
		if _, err := c.within(freshFor)(t.Context(), strconv.Itoa(i)); err != nil {
			t.Fatal(err)
		}
	}
	if len(c.known.entries) != maxCached || c.known.order.Len() != maxCached {
		t.Errorf("%d entries, %d in order", len(c.known.entries), c.known.order.Len())
	}
	if _, found := c.lookup("0"); found {
		t.Error("what was used least is still there")
	}
}

// Anybody can make up ids: that costs devices that are known neither their place
// nor their turn.
func TestStrangersCostKnownDevicesNothing(t *testing.T) {
	r := &registry{state: waymark.DeviceActive}
	c := newCache(r, time.Now)
	if _, err := c.within(freshFor)(t.Context(), "logger-1"); err != nil {
		t.Fatal(err)
	}
	r.state = ""
	for i := range maxUnknown + 10 {
		if _, err := c.within(freshFor)(t.Context(), "stranger-"+strconv.Itoa(i)); waymark.CodeOf(err) != waymark.Unauthenticated {
			t.Fatal(err)
		}
	}
	if len(c.unknown.entries) != maxUnknown {
		t.Errorf("%d strangers are remembered", len(c.unknown.entries))
	}
	if _, found := c.known.lookup("logger-1"); !found {
		t.Error("a known device was driven out")
	}
	for range maxStrangers {
		c.strangers <- struct{}{} // all of them wait for the registry
	}
	r.state = waymark.DeviceActive
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if _, err := c.within(0)(ctx, "logger-1"); err != nil {
		t.Errorf("a known device waits for strangers: %v", err)
	}
}

// What is told of while it is asked about is asked about again, for the first time and later; an answer that comes after that of a later
// question changes nothing.
func TestAnAnswerOfBeforeItWasToldOf(t *testing.T) {
	now := time.Now()
	r := &registry{state: waymark.DeviceActive}
	c := newCache(r, func() time.Time { return now })
	ask := c.within(freshFor)
	suspend := func() { r.state = waymark.DeviceSuspended; c.known.doubt("logger-1") }
	for range 2 {
		r.state, r.during = waymark.DeviceActive, suspend
		for _, want := range []waymark.DeviceState{waymark.DeviceActive, waymark.DeviceSuspended, waymark.DeviceSuspended} {
			d, err := ask(t.Context(), "logger-1")
			if err != nil || d.State != want {
				t.Fatalf("%+v, %v, want %s", d, err, want)
			}
		}
		now = now.Add(2 * freshFor)
	}
	if r.asked != 4 {
		t.Errorf("asked %d times", r.asked)
	}
	r.state, r.during = waymark.DeviceActive, func() {
		now = now.Add(time.Second)
		r.state = waymark.DeviceSuspended
		if _, err := c.within(0)(t.Context(), "logger-1"); err != nil {
			t.Error(err)
		}
	}
	if _, err := ask(t.Context(), "logger-1"); err != nil {
		t.Error(err)
	}
	if d, err := ask(t.Context(), "logger-1"); err != nil || d.State != waymark.DeviceSuspended {
		t.Errorf("an older answer is remembered: %+v, %v", d, err)
	}
}

// An answer is as old as its question.
func TestAnAnswerIsAsOldAsItsQuestion(t *testing.T) {
	now := time.Now()
	r := &registry{state: waymark.DeviceActive, during: func() { now = now.Add(freshFor) }}
	c := newCache(r, func() time.Time { return now })
	for range 2 {
		if _, err := c.within(freshFor)(t.Context(), "logger-1"); err != nil {
			t.Fatal(err)
		}
	}
	if r.asked != 2 {
		t.Errorf("asked %d times", r.asked)
	}
}

// While the registry answers nobody, a device that is remembered waits for a moment, unless something of it has changed.
func TestARegistryThatHangs(t *testing.T) {
	const whole = 8 * time.Second
	synctest.Test(t, func(t *testing.T) {
		r := &registry{state: waymark.DeviceActive}
		c := newCache(r, time.Now)
		for _, id := range []string{"logger-1", "logger-2", "logger-3"} {
			if _, err := c.readily(freshFor)(t.Context(), id); err != nil {
				t.Fatal(err)
			}
		}
		c.known.doubt("logger-2")
		time.Sleep(freshFor)
		r.hangs = true
		for _, test := range []struct {
			name, id string
			ask      asker
			waits    time.Duration
			want     waymark.Code
		}{
			{"remembered", "logger-1", c.readily(freshFor), patience, ""},
			{"it has changed", "logger-2", c.readily(freshFor), whole, waymark.Unavailable},
			{"a stranger", "logger-4", c.readily(freshFor), whole, waymark.Unavailable},
			{"one that is suspected", "logger-3", c.within(suspectFor), whole, ""},
			{"what is to be sure", "logger-1", c.surely(freshFor), whole, waymark.Unavailable},
		} {
			ctx, cancel := context.WithTimeout(t.Context(), whole)
			began := time.Now()
			_, err := test.ask(ctx, test.id)
			if waited := time.Since(began); waymark.CodeOf(err) != test.want || waited != test.waits {
				t.Errorf("%s: %v after %v", test.name, err, waited)
			}
			cancel()
		}
	})
}
