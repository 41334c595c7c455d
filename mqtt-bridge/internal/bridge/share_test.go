package bridge_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/gatewaytest"
	"golang.org/x/sync/errgroup"
)

// A device that sends without end while nothing is relayed does not fill the spool: it is disconnected, and kept out until some of that is on
// the ledger. Others go on meanwhile, and nothing that it had acknowledged is lost.
func TestOneDeviceDoesNotFillTheSpool(t *testing.T) {
	const most, good = 3000, 200
	s := newSite(t)
	s.config.SpoolBytes = 4 << 20
	s.start(t)
	hog, client := s.device(t, "hog", attest.COSE)
	honest, other := s.device(t, "logger-1", attest.JWS)
	s.gateway.Fail(failing)
	acknowledged := 0
	for client.IsConnectionOpen() && acknowledged < most {
		token := client.Publish("waymark/v1/"+hog.ID+"/up", 1, false, hog.NextOf(t, 4<<10))
		if token.WaitTimeout(10*time.Second) && token.Error() == nil {
			acknowledged++
		}
	}
	waitFor(t, "the device to be disconnected", func() bool { return !client.IsConnectionOpen() })
	if _, err := connect(t, s.login(t, hog)); err == nil {
		t.Error("it logged in again")
	}
	publish(t, other, honest, good)
	if got := s.ready(t); got != http.StatusOK {
		t.Errorf("/readyz answers %d", got)
	}
	if !strings.Contains(s.scrape(t), "waymark_bridge_spool_devices_crowding 1\n") {
		t.Error("the device is not counted")
	}
	s.gateway.Fail(nil)
	waitFor(t, "what the device had acknowledged", func() bool { return len(s.gateway.Order(hog.ID)) >= acknowledged })
	waitFor(t, "the other's messages", func() bool { return s.inOrder(honest.ID, good) })
	if _, err := connect(t, s.login(t, hog)); err != nil {
		t.Errorf("it is kept out: %v", err)
	}
	t.Logf("%d acknowledged", acknowledged)
}

// fillSpool has so many devices publish so many messages each, to a gateway that fails, until the spool is full. The returned function waits until
// all of it was acknowledged.
func fillSpool(t *testing.T, s *site, devices, each int) (acknowledged func()) {
	t.Helper()
	var publishing errgroup.Group
	s.gateway.Fail(failing)
	for n := range devices {
		d, client := s.device(t, fmt.Sprint("logger-", n), attest.JWS)
		messages := upcoming(t, d, each)
		publishing.Go(func() error { return publishMany(client, "waymark/v1/"+d.ID+"/up", messages, window) })
	}
	waitFor(t, "the spool to be full", func() bool { return s.ready(t) == http.StatusServiceUnavailable })
	return func() {
		t.Helper()
		if err := publishing.Wait(); err != nil {
			t.Fatal(err)
		}
	}
}

// failing is a gateway that takes no messages, and whose registry answers.
func failing(texts []string) *gatewaytest.Failure {
	if texts == nil {
		return nil
	}
	return &gatewaytest.Failure{Status: http.StatusServiceUnavailable, Code: waymark.Unavailable}
}

// scrape returns the bridge's metrics.
func (s *site) scrape(t *testing.T) string {
	t.Helper()
	response, err := http.Get("http://" + s.config.Listen + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
