package bridge

import (
	"context"
	"crypto/x509"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
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

// open lets every device in.
type open struct{}

func (open) Login(context.Context, string, string) (time.Time, error) { return time.Unix(1, 0), nil }

func (open) LoginByCertificate(context.Context, string, []*x509.Certificate) (time.Time, error) {
	return time.Unix(1, 0), nil
}

func (open) OverQuota(string) (bool, error) { return false, nil }

func (open) Crowds(string) bool { return false }

// TestNobodyComesInUnheard: while the broker may have lost the bridge's sessions, what a device publishes may be nobody's.
func TestNobodyComesInUnheard(t *testing.T) {
	stands := false
	door := ofCluster{admission{logins: open{}, quota: open{}}, nil, func() bool { return stands }}
	if _, err := door.Login(t.Context(), "logger-1", "password"); waymark.CodeOf(err) != waymark.Unavailable {
		t.Errorf("let in: %v", err)
	}
	stands = true
	if until, err := door.Login(t.Context(), "logger-1", "password"); err != nil || until != time.Unix(1, 0) {
		t.Errorf("kept out: %v", err)
	}
}
