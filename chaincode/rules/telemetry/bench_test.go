package telemetry_test

import (
	"fmt"
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/rules/registry"
	"github.com/waymark-ledger/waymark/chaincode/rules/telemetry"
	"github.com/waymark-ledger/waymark/chaincode/scenario"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
)

// BenchmarkRecord is all that a rule does with a message of one reading: parse it,
// verify its signature, decide, place it in its stream and write, by the algorithm of
// the device's key and the messages of one transaction.
func BenchmarkRecord(b *testing.B) {
	for _, algorithm := range attest.Algorithms() {
		for _, messages := range []int{1, 100} {
			b.Run(fmt.Sprintf("%s/messages=%d", algorithm, messages), func(b *testing.B) { benchmarkRecord(b, algorithm, messages) })
		}
	}
}

func benchmarkRecord(b *testing.B, algorithm attest.Algorithm, messages int) {
	c := scenario.New(b)
	d := c.NewDevice("logger-1", "producer")
	var err error
	if d.Key, err = attest.GenerateKey(algorithm); err != nil {
		b.Fatal(err)
	}
	scenario.Must(c, c.As("producer", waymark.Operator), registry.RegisterDevice, waymark.RegisterDeviceRequest{Registration: d.Registration(), Activate: true})
	var request waymark.RecordRequest
	for range messages {
		request.Messages = append(request.Messages, d.Pack(500))
	}
	relay := c.As("producer", waymark.Relay)
	for b.Loop() {
		result, err := telemetry.Record(c.World.Begin(c.Tx(relay)), request)
		if err != nil || result.Results[messages-1].Outcome != waymark.Recorded {
			b.Fatalf("%+v, %v", result, err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/1000/float64(b.N)/float64(messages), "us/message")
}
