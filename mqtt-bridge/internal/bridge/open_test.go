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

// A spool that is taken away from a bridge that runs: nothing more is stored, and it goes on once the file is back.
func TestNothingIsAcknowledgedIntoASpoolThatWasTakenAway(t *testing.T) {
	s := newSite(t)
	s.start(t)
	d, client := s.device(t, "logger-1", attest.COSE)
	publish(t, client, d, 3)
	waitFor(t, "the first", func() bool { return s.inOrder(d.ID, 3) })
	file := filepath.Join(s.config.SpoolDir, "spool.db")
	if err := os.Rename(file, file+".away"); err != nil {
		t.Fatal(err)
	}
	waitFor(t, "the bridge to say that it stores nothing", func() bool { return s.ready(t) == http.StatusServiceUnavailable })
	publish(t, client, d, 1) // which the broker keeps
	for end := time.Now().Add(time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if !s.inOrder(d.ID, 3) {
			t.Fatal("something was stored in a file without a name")
		}
	}
	if err := os.Rename(file+".away", file); err != nil {
		t.Fatal(err)
	}
	waitFor(t, "readiness", func() bool { return s.ready(t) == http.StatusOK })
	waitFor(t, "the message that waited", func() bool { return s.inOrder(d.ID, 4) })
}
