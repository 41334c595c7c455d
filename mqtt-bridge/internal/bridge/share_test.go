package bridge_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/gatewaytest"
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
	s.gateway.Fail(func(texts []string) *gatewaytest.Failure {
		if texts == nil { // the registry answers
			return nil
		}
		return &gatewaytest.Failure{Status: http.StatusServiceUnavailable, Code: waymark.Unavailable}
	})
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

// fillSpool has so many devices publish so many messages each, to a gateway that fails, until the spool is full.
func fillSpool(t *testing.T, s *site, devices, each int) {
	t.Helper()
	clients := make([]paho.Client, devices)
	loggers := make([]*gatewaytest.Device, devices)
	for n := range devices {
		loggers[n], clients[n] = s.device(t, fmt.Sprint("logger-", n), attest.JWS)
	}
	s.gateway.Fail(func([]string) *gatewaytest.Failure {
		return &gatewaytest.Failure{Status: http.StatusServiceUnavailable}
	})
	for n, d := range loggers {
		publish(t, clients[n], d, each)
	}
	waitFor(t, "the spool to be full", func() bool { return s.ready(t) == http.StatusServiceUnavailable })
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
