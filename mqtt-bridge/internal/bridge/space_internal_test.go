package bridge

import (
	"errors"
	"testing"
)

// A look that fails by itself is no reason to open the store anew.
func TestStoreHasFailedForSure(t *testing.T) {
	failed := errors.New("write error")
	l := looks{}
	for i, step := range []struct {
		found error
		want  bool
	}{
		{failed, false}, {nil, false}, {failed, false}, {failed, false}, {nil, false}, {failed, false}, {failed, false}, {failed, true}, {failed, true}, {nil, false},
	} {
		if got := l.sure(step.found); got != step.want {
			t.Errorf("look %d: sure %t, want %t", i, got, step.want)
		}
	}
}
