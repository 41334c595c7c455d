package uplink

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/eclipse/paho.mqtt.golang/packets"
	"go.uber.org/zap"
)

// A refusal is a device's own trouble if the broker let the edge in after it, and refused the device again.
func TestWhoseTroubleARefusalIs(t *testing.T) {
	refusal := fmt.Errorf("connect: %w", packets.ErrorRefusedNotAuthorised)
	u := New(Options{}, nil, nil, nil, zap.NewNop())
	device := func(id string, err error) func() { return func() { u.standing.tried(id, err) } }
	edge := func(err error) func() { return func() { u.standing.judged(err) } }
	for _, step := range []struct {
		name    string
		do      func()
		refused []string
		edge    bool
		own     bool // of device a
	}{
		{"nobody tried", func() {}, nil, false, false},
		{"it is refused", device("a", refusal), []string{"a"}, false, false},
		{"and again", device("a", refusal), []string{"a"}, false, false},
		{"the edge is let in: by now it might be, too", edge(nil), []string{"a"}, false, false},
		{"another is refused", device("b", packets.ErrorRefusedBadUsernameOrPassword), []string{"a", "b"}, false, false},
		{"it is not let in", device("a", refusal), []string{"a", "b"}, false, true},
		{"nor later", device("a", refusal), []string{"a", "b"}, false, true},
		{"the edge is let in again", edge(nil), []string{"a", "b"}, false, true},
		{"another is let in, and leaves", func() { u.standing.tried("b", nil); u.standing.left() }, []string{"a"}, false, true},
		{"the edge is refused, too", edge(refusal), []string{"a"}, true, false},
		{"it is refused again", device("a", refusal), []string{"a"}, true, false},
		{"the edge does not reach the broker", edge(errors.New("no route")), []string{"a"}, false, false},
		{"the edge is let in", edge(nil), []string{"a"}, false, false},
		{"the broker has no time", device("a", packets.ErrorRefusedServerUnavailable), nil, false, false},
		{"it is refused anew", device("a", refusal), []string{"a"}, false, false},
		{"it is let in", device("a", nil), nil, false, false},
		{"the edge is refused, which is nobody's trouble", edge(refusal), nil, false, false},
	} {
		step.do()
		if got := u.Refused(); !slices.Equal(got, step.refused) || u.Barred() != step.edge || u.RefusesOnly("a") != step.own || u.RefusesOnly("z") {
			t.Errorf("%s: %v are refused, the edge: %t, it for its own trouble: %t", step.name, got, u.Barred(), u.RefusesOnly("a"))
		}
	}
	if u.Connected() != 1 {
		t.Errorf("%d are connected", u.Connected())
	}
}
