package uplink

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/eclipse/paho.mqtt.golang/packets"
	"go.uber.org/zap"
)

// A refusal is a device's own trouble if the broker refuses it for an hour, and lets the edge in.
func TestWhoseTroubleARefusalIs(t *testing.T) {
	refusal, now := fmt.Errorf("connect: %w", packets.ErrorRefusedNotAuthorised), time.Now()
	u := New(Options{Now: func() time.Time { return now }}, nil, nil, nil, zap.NewNop())
	device := func(id string, err error) func() { return func() { u.standing.tried(id, err) } }
	edge := func(err error) func() { return func() { u.standing.judged(err) } }
	const most = time.Hour - time.Second
	for _, step := range []struct {
		name    string
		after   time.Duration
		do      func()
		refused []string
		edge    bool
		own     bool // of device a
	}{
		{"nobody tried", 0, func() {}, nil, false, false},
		{"it is refused", 0, device("a", refusal), []string{"a"}, false, false},
		{"the edge is let in", 0, edge(nil), []string{"a"}, false, false},
		{"another is refused", 0, device("b", packets.ErrorRefusedBadUsernameOrPassword), []string{"a", "b"}, false, false},
		{"it is not let in for almost an hour", most, device("a", refusal), []string{"a", "b"}, false, false},
		{"and the edge is", 0, edge(nil), []string{"a", "b"}, false, false},
		{"nor later", time.Second, device("a", refusal), []string{"a", "b"}, false, false},
		{"and the edge is again", 0, edge(nil), []string{"a", "b"}, false, true},
		{"another is let in, and leaves", 0, func() { u.standing.tried("b", nil); u.standing.left() }, []string{"a"}, false, true},
		{"it does not reach the broker", time.Hour, device("a", errors.New("no route")), nil, false, false},
		{"the edge does", 0, edge(nil), nil, false, false},
		{"it is refused again", time.Hour, device("a", refusal), []string{"a"}, false, false},
		{"the edge is let in once more", 0, edge(nil), []string{"a"}, false, true},
		{"the edge is refused, too", most, edge(refusal), []string{"a"}, true, false},
		{"as it is soon after that", most, device("a", refusal), []string{"a"}, true, false},
		{"the edge does not reach the broker", time.Second, edge(errors.New("no route")), []string{"a"}, false, false},
		{"it has the edge's trouble for long", most, device("a", refusal), []string{"a"}, false, false},
		{"the edge is in", 0, edge(nil), []string{"a"}, false, false},
		{"the broker has no time", most, device("a", packets.ErrorRefusedServerUnavailable), nil, false, false},
		{"that does not count", most, device("a", refusal), []string{"a"}, false, false},
		{"so the edge was let in too early", 0, edge(nil), []string{"a"}, false, false},
		{"what was before does", time.Second, device("a", refusal), []string{"a"}, false, false},
		{"with an hour in all", 0, edge(nil), []string{"a"}, false, true},
		{"it is let in", 0, device("a", nil), nil, false, false},
		{"the edge is refused, which is nobody's trouble", 0, edge(refusal), nil, false, false},
		{"it is refused anew", time.Hour, device("a", refusal), []string{"a"}, true, false},
		{"which is no hour", 0, edge(nil), []string{"a"}, false, false},
	} {
		now = now.Add(step.after)
		step.do()
		if got := u.Refused(); !slices.Equal(got, step.refused) || u.Barred() != step.edge || u.RefusesOnly("a") != step.own || u.RefusesOnly("z") {
			t.Errorf("%s: %v are refused, the edge: %t, it for its own trouble: %t", step.name, got, u.Barred(), u.RefusesOnly("a"))
		}
	}
	if u.Connected() != 1 {
		t.Errorf("%d are connected", u.Connected())
	}
}
