package rest_test

import (
	"crypto"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	rules "github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/chaincode/waymark/senml"
	"github.com/waymark-ledger/waymark/chaincode/waymark/window"
	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
)

// The synthetic fleet: each device measures two things once a minute, and reports every five minutes what it measured. A block has one
// transaction, with a message of each of a tenth of the fleet.
const (
	fleetDevices     = 1000
	blockMessages    = fleetDevices / 10
	messageSamples   = 5
	messageReadings  = 2 * messageSamples
	blockReadings    = blockMessages * messageReadings
	fleetConsortium  = "waymark"
	readingsOfMinute = 2 * fleetDevices
)

var fleetStart = time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)

func fleetDevice(n int) string { return fmt.Sprintf("logger-%04d", n) }

// fleet makes blocks: the same one for the same number.
type fleet struct{ key crypto.Signer }

func newFleet(t *testing.T) *fleet {
	t.Helper()
	key, err := attest.GenerateKey(attest.Ed25519)
	must(t, err)
	return &fleet{key}
}

func hashOf(number uint64) []byte {
	sum := sha256.Sum256(fmt.Append(nil, number))
	return sum[:]
}

// genesis has the devices, and a policy that lets the carrier read what they report.
func (f *fleet) genesis() ledger.Block {
	policy := waymark.Policy{ID: "p1", Owner: "producer", Author: "producer", Version: 1, State: waymark.PolicyActive,
		Text: `permit (principal in Waymark::Member::"carrier", action == Waymark::Action::"ReadTelemetry", resource);`}
	writes := []ledger.Write{{Key: rules.PolicyKey("producer", "producer", "p1").String(), Value: encoded(policy)}}
	for n := range fleetDevices {
		d := waymark.Device{ID: fleetDevice(n), Owner: "producer", State: waymark.DeviceActive}
		writes = append(writes, ledger.Write{Key: rules.DeviceKey(d.ID).String(), Value: encoded(d)})
	}
	return ledger.Block{Hash: hashOf(0), Transactions: []ledger.BlockTransaction{
		{TxID: fmt.Sprintf("%064x", 0), Status: ledger.Valid, Member: "producer", Time: fleetStart, Function: "some:Thing", Writes: writes}}}
}

// block is one of messages; its number counts from 1.
func (f *fleet) block(number uint64) ledger.Block {
	tx := ledger.BlockTransaction{TxID: fmt.Sprintf("%064x", number), Status: ledger.Valid, Member: "producer", Function: string(waymark.TelemetryRecord)}
	var request waymark.RecordRequest
	var result waymark.RecordResult
	var event waymark.TelemetryEvent
	random := rand.New(rand.NewPCG(number, 1))
	round, first := (number-1)/10, int((number-1)%10)*blockMessages
	tx.Time = fleetStart.Add(time.Duration(round+1) * messageSamples * time.Minute)
	for n := range blockMessages {
		w, text := f.message(fleetDevice(first+n), round+1, random)
		w.Recorded = waymark.Stamp{TxID: tx.TxID, Time: tx.Time, Member: "producer", Role: waymark.Relay}
		request.Messages = append(request.Messages, text)
		result.Results = append(result.Results, waymark.MessageResult{Device: w.Device, Sequence: w.First, Outcome: waymark.Recorded, TxID: tx.TxID})
		event.Windows = append(event.Windows, waymark.WindowRef{Device: w.Device, First: w.First, Last: w.Last})
		tx.Writes = append(tx.Writes,
			ledger.Write{Key: rules.StreamKey(w.Device).String(), Value: encoded(waymark.Stream{Device: w.Device, Last: w.Last, Digest: w.Digests})},
			ledger.Write{Key: rules.WindowKey(w.Device, w.First).String(), Value: window.Encode(w)})
	}
	tx.Request, tx.Result = string(encoded(request)), encoded(result)
	tx.Event = &ledger.Event{Name: waymark.EventTelemetryRecorded, Payload: encoded(event)}
	return ledger.Block{Number: number, Hash: hashOf(number), Previous: hashOf(number - 1), Transactions: []ledger.BlockTransaction{tx}}
}

// message is signed by a key that all devices share: nothing here looks at the signature.
func (f *fleet) message(device string, sequence uint64, random *rand.Rand) (w waymark.Window, text string) {
	from := fleetStart.Add(time.Duration(sequence-1) * messageSamples * time.Minute)
	w = waymark.Window{Device: device, Owner: "producer", Key: "k1", First: sequence, Last: sequence, Readings: messageReadings,
		From: from, To: from.Add((messageSamples - 1) * time.Minute), Digests: hashOf(sequence)[:waymark.DigestPrefix], Root: hashOf(sequence)}
	var readings []senml.Reading
	for _, m := range []struct {
		name, unit string
		least      int64
	}{{"humidity", "%RH", 4000}, {"temperature", "Cel", 200}} {
		s := waymark.Series{Name: m.name, Unit: m.unit, Class: waymark.ClassCondition, Count: messageSamples, Min: m.least, Max: m.least + 600}
		for n := range messageSamples {
			v := m.least + random.Int64N(600)
			readings = append(readings, senml.Reading{Name: m.name, Unit: m.unit, Value: v, Time: from.Add(time.Duration(n) * time.Minute)})
			s.Sum += v
		}
		w.Series = append(w.Series, s)
	}
	payload, err := senml.EncodeCBOR(readings)
	sound(err)
	header := attest.Header{Device: device, Consortium: fleetConsortium, KeyID: "k1", Kind: attest.PackCBOR, Sequence: sequence}
	if sequence > 1 {
		header.Previous = hashOf(sequence - 1)
	}
	signed, err := attest.Sign(attest.COSE, f.key, header, payload)
	sound(err)
	return w, signed.Text()
}

func encoded(v any) []byte {
	text, err := json.Marshal(v)
	sound(err)
	return text
}

// sound is for what is made by more goroutines than the test's own.
func sound(err error) {
	if err != nil {
		panic(err)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
