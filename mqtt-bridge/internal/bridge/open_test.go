package bridge_test

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/bridge"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/broker"
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

// A store of the embedded broker that is taken away from a bridge that runs: devices are kept out, and it goes on once the store is back.
func TestAStoreThatIsTakenAwayKeepsDevicesOut(t *testing.T) {
	s := newSite(t)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- bridge.Serve(ctx, s.config, zap.NewNop()) }()
	stop := sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(stop)
	waitFor(t, "readiness", func() bool { return s.ready(t) == http.StatusOK })
	d, client := s.device(t, "logger-1", attest.COSE)
	publish(t, client, d, 3)
	store := s.config.Embedded.StoreDir
	if err := errors.Join(os.Rename(store, store+".away"), os.Mkdir(store, 0o700)); err != nil { // as of a disk that is not mounted any more
		t.Fatal(err)
	}
	waitFor(t, "the bridge to say that nobody is let in", func() bool { return s.ready(t) == http.StatusServiceUnavailable })
	waitFor(t, "the device to be disconnected", func() bool { return !client.IsConnectionOpen() })
	if err := errors.Join(os.RemoveAll(store), os.Rename(store+".away", store)); err != nil {
		t.Fatal(err)
	}
	waitFor(t, "readiness again", func() bool { return s.ready(t) == http.StatusOK })
	message := d.Next(t)
	waitFor(t, "it to take a message", func() bool { // the store may have failed meanwhile, and be opened anew
		client = s.connectSoon(t, d)
		token := client.Publish("waymark/v1/"+d.ID+"/up", 1, false, message)
		return token.WaitTimeout(10*time.Second) && token.Error() == nil
	})
	waitFor(t, "all messages", func() bool { return s.inOrder(d.ID, 4) })
	stop()
	if err := os.RemoveAll(store); err != nil {
		t.Fatal(err)
	}
	if b, err := bridge.Open(t.Context(), s.config, zap.NewNop()); !errors.Is(err, broker.ErrGone) {
		if err == nil {
			err = b.Close()
		}
		t.Errorf("it starts without its store: %v", err)
	}
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
