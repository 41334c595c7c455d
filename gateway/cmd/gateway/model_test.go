package main

import (
	"io"
	"strings"
	"testing"
)

// TestATornModelIsNamed: whoever makes a read model anew of which the file is torn is told what helps.
func TestATornModelIsNamed(t *testing.T) {
	s := newSite(t)
	s.write(t, "model.db", []byte(strings.Repeat("no database ", 1000)))
	err := rebuildModel(t.Context(), []string{"--config", s.config}, io.Discard, io.Discard)
	if err == nil || !strings.Contains(err.Error(), "remove "+s.path("model.db")+", ") {
		t.Errorf("got %v", err)
	}
}
