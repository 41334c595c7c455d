package bridge_test

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/bridge"
	"go.uber.org/zap"
)

func TestNotReadyUntilDevicesAreLetIn(t *testing.T) {
	s := newSite(t)
	mark := filepath.Join(s.config.Embedded.StoreDir, "opened")
	if err := os.MkdirAll(mark, 0o700); err != nil { // a folder where the broker needs a file
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	b, err := bridge.Open(ctx, s.config, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- b.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := errors.Join(<-done, b.Close()); err != nil {
			t.Error(err)
		}
	})
	waitFor(t, "an answer", func() bool { return s.ready(t) != 0 })
	for end := time.Now().Add(3 * time.Second); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		if got := s.ready(t); got != http.StatusServiceUnavailable {
			t.Fatalf("/readyz answers %d while devices are kept out", got)
		}
	}
	if err := os.Remove(mark); err != nil {
		t.Fatal(err)
	}
	waitFor(t, "readiness", func() bool { return s.ready(t) == http.StatusOK })
	d, client := s.device(t, "logger-1", attest.JWS)
	publish(t, client, d, 1)
}
