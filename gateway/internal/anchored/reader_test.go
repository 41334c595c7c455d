package anchored_test

import (
	"errors"
	"os"
	"slices"
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/internal/anchored"
	"github.com/waymark-ledger/waymark/gateway/internal/bodies"
)

// TestReader: the messages of a window are those that were anchored, or it is said why there are none.
func TestReader(t *testing.T) {
	f := newFleet(t)
	run, lines := f.messages("a", 1, 4)
	w := windowOf(run, lines)
	w.Body = f.put(channel, run)
	r := &anchored.Reader{Member: member, Channel: channel, Bodies: f.store}
	if got, err := r.Messages(t.Context(), w); err != nil || !slices.Equal(got, run.Messages) {
		t.Errorf("%q, %v", got, err)
	}
	others := w
	others.Owner = "carrier"
	lying := w
	lying.Root = make([]byte, 32)
	for want, w := range map[bodies.Fault]waymark.Window{anchored.Elsewhere: others, anchored.NotOurs: lying} {
		if got, err := r.Messages(t.Context(), w); !errors.Is(err, want) || got != nil {
			t.Errorf("%q, %v, want %s", got, err, want)
		}
	}
	if _, err := (&anchored.Reader{Member: member, Channel: channel}).Messages(t.Context(), w); waymark.CodeOf(err) != waymark.Unavailable {
		t.Errorf("without a store: %v", err)
	}
	if err := os.WriteFile(f.file(w.Body), []byte("else"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Messages(t.Context(), w); !errors.Is(err, bodies.Altered) {
		t.Errorf("altered: %v", err)
	}
	f.lose(w.Body)
	if _, err := r.Messages(t.Context(), w); !errors.Is(err, bodies.Missing) {
		t.Errorf("missing: %v", err)
	}
	if err := f.store.Delete(t.Context(), hashNamed(t, w.Body), bodies.Note{}); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Messages(t.Context(), w); !errors.Is(err, bodies.Deleted) {
		t.Errorf("deleted: %v", err)
	}
}
