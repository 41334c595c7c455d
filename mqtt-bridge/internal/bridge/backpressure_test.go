package bridge_test

import (
	"bufio"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/gatewaytest"
)

// The load of a bridge that is held back: many times what its spool takes.
const (
	heldDevices = 8 // none of which has a quarter of the spool
	heldSize    = 16 << 10
	heldWindow  = 20 // messages of each on their way
	// heldHeap and twice its queue bound the bridge's heap meanwhile: the group that is written, and the batches that are
	// tried.
	heldHeap = 96 << 20
)

func (s *site) heldBack(t *testing.T, each int) {
	t.Helper()
	s.config.SpoolBytes = 4 << 20
	s.gateway.Fail(holding())
	s.spawn(t)
	waitFor(t, "readiness", func() bool { return s.ready(t) == http.StatusOK })
	var devices []*gatewaytest.Device
	for i := range heldDevices {
		d := gatewaytest.NewDevice(t, fmt.Sprintf("logger-%d", i), attest.COSE)
		s.gateway.Register(d.Record(t, waymark.DeviceActive))
		devices = append(devices, d)
	}
	most := s.watchHeap(t)
	var publishing sync.WaitGroup
	for _, d := range devices {
		publishing.Go(func() { publishLarge(t, s, d, each) })
	}
	waitFor(t, "the spool to be full", func() bool { return s.ready(t) == http.StatusServiceUnavailable })
	asked := s.gateway.Asked()
	waitFor(t, "some more tries", func() bool { return s.gateway.Asked() > asked+20 })
	s.gateway.Fail(nil)
	publishing.Wait()
	for _, d := range devices {
		waitFor(t, "all of "+d.ID, func() bool { return s.inOrder(d.ID, each) })
	}
	if got, bound := most(), heldHeap+2*s.config.QueueBytes; got > bound {
		t.Errorf("the bridge's heap had %d MiB, at most %d are allowed", got>>20, bound>>20)
	} else {
		t.Logf("the bridge's heap had at most %d MiB", got>>20)
	}
}

// holding answers 503, 429 and, late, 503, in turn. The registry answers.
func holding() func([]string) *gatewaytest.Failure {
	var n atomic.Int64
	return func(texts []string) *gatewaytest.Failure {
		if texts == nil {
			return nil
		}
		switch n.Add(1) % 3 {
		case 0:
			return &gatewaytest.Failure{Status: http.StatusTooManyRequests, Code: waymark.ResourceExhausted, RetryAfter: "1"}
		case 1:
			time.Sleep(200 * time.Millisecond)
		}
		return &gatewaytest.Failure{Status: http.StatusServiceUnavailable, Code: waymark.Unavailable}
	}
}

// publishLarge publishes as devices do: what is not acknowledged by the end of a connection it publishes again by the next. One that has more than one
// message on its way is not heard while the first has to wait, so that its client breaks the connection in the end.
func publishLarge(t *testing.T, s *site, d *gatewaytest.Device, each int) {
	var waiting [][]byte
	for sent := 0; sent < each || len(waiting) > 0; {
		client := paho.NewClient(s.login(t, d))
		token := client.Connect()
		for token.WaitTimeout(30*time.Second) && token.Error() == nil && (sent < each || len(waiting) > 0) {
			for ; len(waiting) < heldWindow && sent < each; sent++ {
				waiting = append(waiting, d.NextOf(t, heldSize))
			}
			n, err := publishAll(client, "waymark/v1/"+d.ID+"/up", waiting)
			if waiting = waiting[n:]; err != nil {
				break
			}
		}
		client.Disconnect(50)
	}
}

// publishAll publishes messages, and returns how many were acknowledged, the first ones.
func publishAll(client paho.Client, topic string, messages [][]byte) (int, error) {
	var tokens []paho.Token
	for _, m := range messages {
		tokens = append(tokens, client.Publish(topic, 1, false, m))
	}
	for n, token := range tokens {
		if !token.WaitTimeout(2*time.Minute) || token.Error() != nil {
			return n, fmt.Errorf("publish: %w", token.Error())
		}
	}
	return len(tokens), nil
}

// watchHeap looks at the bridge's heap until the returned function is called, which returns the most that it saw.
func (s *site) watchHeap(t *testing.T) (most func() int64) {
	t.Helper()
	stop, seen := make(chan struct{}), make(chan int64)
	go func() {
		highest := int64(0)
		for {
			highest = max(highest, s.heap())
			select {
			case seen <- highest:
				return
			case <-time.After(100 * time.Millisecond):
			case <-stop:
				return
			}
		}
	}()
	t.Cleanup(func() { close(stop) })
	return func() int64 { return <-seen }
}

// heap is what is in use of the bridge's heap, 0 if it does not answer.
func (s *site) heap() int64 {
	response, err := http.Get("http://" + s.config.Listen + "/metrics")
	if err != nil {
		return 0
	}
	defer func() { _ = response.Body.Close() }()
	for lines := bufio.NewScanner(response.Body); lines.Scan(); {
		if value, is := strings.CutPrefix(lines.Text(), "go_memstats_heap_inuse_bytes "); is {
			bytes, _ := strconv.ParseFloat(value, 64)
			return int64(bytes)
		}
	}
	return 0
}
