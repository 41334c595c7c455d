package bridge_test

import (
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
)

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
	token := client.Publish("waymark/v1/"+d.ID+"/up", 1, false, d.Next(t))
	if token.WaitTimeout(time.Second) || !s.inOrder(d.ID, 3) {
		t.Fatalf("something was stored in a file without a name, or acknowledged: %v", token.Error())
	}
	if err := os.Rename(file+".away", file); err != nil {
		t.Fatal(err)
	}
	waitFor(t, "readiness", func() bool { return s.ready(t) == http.StatusOK })
	if !token.WaitTimeout(20*time.Second) || token.Error() != nil {
		t.Fatalf("the message that waited is not acknowledged: %v", token.Error())
	}
	waitFor(t, "the message that waited", func() bool { return s.inOrder(d.ID, 4) })
}
