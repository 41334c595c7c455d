package uplink

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/eclipse/paho.mqtt.golang/packets"
	"go.uber.org/zap"
)

// A refusal is a device's own trouble unless the broker refuses several and lets none in.
func TestRefusedAlone(t *testing.T) {
	refusal := fmt.Errorf("connect: %w", packets.ErrorRefusedNotAuthorised)
	u := New(Options{}, nil, nil, nil, zap.NewNop())
	for _, step := range []struct {
		name    string
		do      func()
		refused []string
		alone   bool // device a
	}{
		{"nobody tried", func() {}, nil, false},
		{"it is refused", func() { u.standing.tried("a", refusal) }, []string{"a"}, true},
		{"and another", func() { u.standing.tried("b", packets.ErrorRefusedBadUsernameOrPassword) }, []string{"a", "b"}, false},
		{"a third is let in", func() { u.standing.tried("c", nil) }, []string{"a", "b"}, true},
		{"and leaves", func() { u.standing.left() }, []string{"a", "b"}, false},
		{"another cannot reach the broker any more", func() { u.standing.tried("b", errors.New("no route")) }, []string{"a"}, true},
		{"the broker has no time", func() { u.standing.tried("a", packets.ErrorRefusedServerUnavailable) }, nil, false},
		{"it is refused again", func() { u.standing.tried("a", refusal) }, []string{"a"}, true},
		{"it is let in", func() { u.standing.tried("a", nil) }, nil, false},
	} {
		step.do()
		if got := u.Refused(); !slices.Equal(got, step.refused) || u.RefusedAlone("a") != step.alone || u.RefusedAlone("z") {
			t.Errorf("%s: %v are refused, it alone: %t", step.name, got, u.RefusedAlone("a"))
		}
	}
	if u.Connected() != 1 {
		t.Errorf("%d are connected", u.Connected())
	}
}
