package pause_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/waymark-ledger/waymark/gateway/internal/pause"
)

func TestFor(t *testing.T) {
	tests := []struct {
		name     string
		patience time.Duration // of who waits
		want     bool
		took     time.Duration
	}{
		{name: "to its end", patience: 2 * time.Second, want: true, took: time.Second},
		{name: "nobody waits any more", patience: time.Millisecond, took: time.Millisecond},
		{name: "nobody waited", patience: 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				began := time.Now()
				ctx, cancel := context.WithTimeout(t.Context(), tt.patience)
				defer cancel()
				if got := pause.For(ctx, time.Second); got != tt.want || time.Since(began) != tt.took {
					t.Errorf("%t after %s, want %t after %s", got, time.Since(began), tt.want, tt.took)
				}
			})
		})
	}
}
