package main

import (
	"errors"
	"io"
	"strings"
	"testing"
)

// TestFsckSaysWhatItNeeds: whoever asks for what cannot be done is told why, and the store is not taken for whole.
func TestFsckSaysWhatItNeeds(t *testing.T) {
	s := newSite(t)
	for name, c := range map[string]struct {
		flags []string
		want  string // in the error; empty for one of usage
	}{
		"no configuration": {[]string{}, ""},
		"more than flags":  {[]string{"--config", s.config, "more"}, ""},
		"no store":         {[]string{"--config", s.config, "--deep"}, "store.dir"},
	} {
		err := checkBodies(t.Context(), c.flags, io.Discard, io.Discard)
		if errors.Is(err, errUsage) != (c.want == "") || err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}
