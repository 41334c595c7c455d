package bridge

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"
)

// TestAdmissionIsTriedUntilItSucceeds, and no longer than the bridge runs.
func TestAdmissionIsTriedUntilItSucceeds(t *testing.T) {
	for name, tt := range map[string]struct {
		failures int
		runs     time.Duration
		want     int
	}{
		"at once":         {0, time.Hour, 1},
		"after two tries": {2, time.Hour, 3},
		"never":           {100, 5 * admitWait / 2, 3},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), tt.runs)
				defer cancel()
				tries := 0
				persist(ctx, func(context.Context) error {
					if tries++; tries <= tt.failures {
						return errors.New("not yet")
					}
					return nil
				}, zap.NewNop())
				if tries != tt.want {
					t.Errorf("%d tries, want %d", tries, tt.want)
				}
			})
		})
	}
}
