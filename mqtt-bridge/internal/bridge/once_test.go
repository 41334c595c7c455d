package bridge_test

import (
	"fmt"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/gatewaytest"
)

// A device that publishes at QoS 0 is held back by no bound: nothing of that is taken and its connection ends, whatever it
// publishes. Others do not notice.
func TestWhatComesAtMostOnceIsNotTaken(t *testing.T) {
	s := newSite(t)
	s.start(t)
	flooder, client := s.device(t, "flooder", attest.COSE)
	honest, other := s.device(t, "logger-1", attest.COSE)
	flood(t, client, flooder)
	publish(t, other, honest, 50)
	waitFor(t, "the other's messages", func() bool { return s.inOrder(honest.ID, 50) })
	if recorded := s.gateway.Order(flooder.ID); len(recorded) != 0 {
		t.Errorf("%d messages were taken at QoS 0", len(recorded))
	}
}

// It is so while the spool is full, too.
func TestWhatComesAtMostOnceBehindAFullSpool(t *testing.T) {
	const devices, each = 10, 500 // about 2 MB: twice what the spool takes
	s := newSite(t)
	s.config.SpoolBytes, s.config.QueueMessages = 1<<20, 16
	s.start(t)
	flooder, client := s.device(t, "flooder", attest.COSE)
	acknowledged := fillSpool(t, s, devices, each)
	flood(t, client, flooder)
	s.gateway.Fail(nil)
	acknowledged()
	for n := range devices {
		waitFor(t, "what waited", func() bool { return s.inOrder(fmt.Sprint("logger-", n), each) })
	}
}

// flood publishes at QoS 0 until that ends the connection.
func flood(t *testing.T, client paho.Client, d *gatewaytest.Device) {
	t.Helper()
	message := d.NextOf(t, 16<<10)
	for end := time.Now().Add(20 * time.Second); client.IsConnectionOpen() && time.Now().Before(end); {
		client.Publish("waymark/v1/"+d.ID+"/up", 0, false, message).WaitTimeout(time.Second)
	}
	if client.IsConnectionOpen() {
		t.Error("a device that publishes at QoS 0 stays connected")
	}
}
