package main

import (
	"io"
	"os"
	"strings"
	"testing"
)

// TestATornModelIsNamed: whoever asks about a read model of which the file is torn is told what helps, and while no peer answers of which it
// could be made anew it is left as it is.
func TestATornModelIsNamed(t *testing.T) {
	s := newSite(t)
	torn := strings.Repeat("no database ", 1000)
	s.write(t, "model.db", []byte(torn))
	if err := checkModel(t.Context(), []string{"--config", s.config}, io.Discard, io.Discard); err == nil || !strings.Contains(err.Error(), "gateway model rebuild makes it anew") {
		t.Errorf("got %v", err)
	}
	err := rebuildModel(t.Context(), []string{"--config", s.config}, io.Discard, io.Discard)
	if left, errRead := os.ReadFile(s.path("model.db")); err == nil || errRead != nil || string(left) != torn {
		t.Errorf("got %v, and %d bytes are left (%v)", err, len(left), errRead)
	}
}
