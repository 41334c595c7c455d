package database

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/gateway/internal/share"
)

// TestSnapshotsAreShared: a caller who has half of them waits, and another does not.
func TestSnapshotsAreShared(t *testing.T) {
	db, err := Open(Config{Kind: Model, SQLite: filepath.Join(t.TempDir(), "model.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := db.Prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	greedy, meek := share.As(t.Context(), "greedy"), share.As(t.Context(), "meek")
	var hold func(n int) error
	hold = func(n int) error {
		return db.Pinned(greedy, func(context.Context, Statements) error {
			if n > 1 {
				return hold(n - 1)
			}
			short, cancel := context.WithTimeout(greedy, 10*time.Millisecond)
			defer cancel()
			nothing := func(context.Context, Statements) error { return nil }
			if err := db.Snapshot(short, nothing); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("more than its share: %v", err)
			}
			return db.Snapshot(meek, nothing)
		})
	}
	if err := hold(maxSnapshots / 2); err != nil {
		t.Error(err)
	}
}
