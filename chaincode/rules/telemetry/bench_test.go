package telemetry_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/rules/registry"
	"github.com/waymark-ledger/waymark/chaincode/rules/telemetry"
	"github.com/waymark-ledger/waymark/chaincode/scenario"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/chaincode/waymark/senml"
)

// BenchmarkRecord is all that a rule does with a message of one reading: parse it,
// verify its signature, decide, place it in its stream and write, by the algorithm of
// the device's key and the messages of one transaction.
func BenchmarkRecord(b *testing.B) {
	for _, algorithm := range attest.Algorithms() {
		for _, messages := range []int{1, 100} {
			load := load{algorithm: algorithm, devices: 1, messages: messages, readings: 1}
			b.Run(fmt.Sprintf("%s/messages=%d", algorithm, messages), load.run)
		}
	}
}

// BenchmarkRecordFleet is the same for 400 messages in COSE over CBOR, by the devices that they
// are of and the readings of each.
func BenchmarkRecordFleet(b *testing.B) {
	for _, devices := range []int{16, 400} {
		for _, readings := range []int{1, 10} {
			load := load{algorithm: attest.Ed25519, devices: devices, messages: 400, readings: readings, compact: true}
			b.Run(fmt.Sprintf("devices=%d/readings=%d", devices, readings), load.run)
		}
	}
}

// load is one transaction.
type load struct {
	algorithm                   attest.Algorithm
	devices, messages, readings int
	compact                     bool // COSE over CBOR, and not JWS over JSON
}

func (l load) run(b *testing.B) {
	c := scenario.New(b)
	devices := make([]*scenario.Device, l.devices)
	for i := range devices {
		d := c.NewDevice(fmt.Sprintf("logger-%d", i), "producer")
		var err error
		if d.Key, err = attest.GenerateKey(l.algorithm); err != nil {
			b.Fatal(err)
		}
		scenario.Must(c, c.As("producer", waymark.Operator), registry.RegisterDevice, waymark.RegisterDeviceRequest{Registration: d.Registration(), Activate: true})
		devices[i] = d
	}
	var request waymark.RecordRequest
	for i := range l.messages {
		request.Messages = append(request.Messages, l.message(b, c, devices[i%l.devices]))
	}
	relay := c.As("producer", waymark.Relay)
	for b.Loop() {
		result, err := telemetry.Record(c.World.Begin(c.Tx(relay)), request)
		if err != nil || result.Results[l.messages-1].Outcome != waymark.Recorded {
			b.Fatalf("%+v, %v", result, err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/1000/float64(b.N)/float64(l.messages), "us/message")
}

// message is the next one of a device.
func (l load) message(b *testing.B, c *scenario.Consortium, d *scenario.Device) string {
	values := make([]int64, l.readings)
	for i := range values {
		values[i] = 500 + int64(i)
	}
	if !l.compact {
		return d.Pack(values...)
	}
	pack := make([]senml.Reading, l.readings)
	for i, value := range values {
		pack[i] = senml.Reading{Name: "temperature", Unit: "Cel", Value: value, Time: c.Now.Add(time.Duration(i) * time.Millisecond)}
	}
	payload, err := senml.EncodeCBOR(pack)
	if err != nil {
		b.Fatal(err)
	}
	h := d.Header()
	h.Kind = attest.PackCBOR
	signed, err := attest.Sign(attest.COSE, d.Key, h, payload)
	if err != nil {
		b.Fatal(err)
	}
	d.Next, d.Previous = d.Next+1, signed.Digest[:]
	return signed.Text()
}
