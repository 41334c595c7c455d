package bridge_test

import (
	"fmt"
	"testing"

	paho "github.com/eclipse/paho.mqtt.golang"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/gatewaytest"
)

// BenchmarkPuback measures acknowledged messages at the embedded broker, with up to
// 100 of each device on their way, and what a disk sync a message costs.
func BenchmarkPuback(b *testing.B) {
	for _, syncAlways := range []bool{false, true} {
		for _, devices := range []int{1, 8} {
			b.Run(fmt.Sprintf("sync_always=%t/devices=%d", syncAlways, devices), func(b *testing.B) {
				benchmarkPuback(b, syncAlways, devices)
			})
		}
	}
}

func benchmarkPuback(b *testing.B, syncAlways bool, devices int) {
	const window = 100
	s := newSite(b)
	s.config.Embedded.SyncAlways = syncAlways
	s.start(b)
	clients, messages := make([]paho.Client, devices), make([][]byte, devices)
	for i := range devices {
		var d *gatewaytest.Device
		d, clients[i] = s.device(b, fmt.Sprintf("logger-%d", i), attest.COSE)
		messages[i] = d.Next(b)
	}
	b.ResetTimer()
	done := make(chan error, devices)
	for i := range devices {
		go func() {
			done <- publishMany(clients[i], fmt.Sprintf("waymark/v1/logger-%d/up", i), messages[i], b.N/devices+1, window)
		}()
	}
	for range devices {
		if err := <-done; err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64((b.N/devices+1)*devices)/b.Elapsed().Seconds(), "messages/s")
}

// publishMany publishes one message n times, window of them at once.
func publishMany(client paho.Client, topic string, message []byte, n, window int) error {
	tokens := make(chan paho.Token, window)
	failed := make(chan error, 1)
	go func() {
		var failure error
		for token := range tokens {
			if token.Wait(); token.Error() != nil {
				failure = token.Error()
			}
		}
		failed <- failure
	}()
	for range n {
		tokens <- client.Publish(topic, 1, false, message)
	}
	close(tokens)
	return <-failed
}
