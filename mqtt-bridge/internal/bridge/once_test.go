package bridge_test

import (
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
)

// A device that publishes at QoS 0 is held back by no bound: nothing of that is taken and its connection ends, whatever it
// publishes. Others do not notice.
func TestWhatComesAtMostOnceIsNotTaken(t *testing.T) {
	s := newSite(t)
	s.start(t)
	flooder, client := s.device(t, "flooder", attest.COSE)
	honest, other := s.device(t, "logger-1", attest.COSE)
	message := flooder.NextOf(t, 16<<10)
	for end := time.Now().Add(20 * time.Second); client.IsConnectionOpen() && time.Now().Before(end); {
		client.Publish("waymark/v1/"+flooder.ID+"/up", 0, false, message).WaitTimeout(time.Second)
	}
	if client.IsConnectionOpen() {
		t.Error("a device that publishes at QoS 0 stays connected")
	}
	publish(t, other, honest, 50)
	waitFor(t, "the other's messages", func() bool { return s.inOrder(honest.ID, 50) })
	if recorded := s.gateway.Order(flooder.ID); len(recorded) != 0 {
		t.Errorf("%d messages were taken at QoS 0", len(recorded))
	}
}
