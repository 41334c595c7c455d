package model_test

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/memledger"
	rules "github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/rules/telemetry"
	"github.com/waymark-ledger/waymark/chaincode/scenario"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/chaincode/waymark/senml"
	"github.com/waymark-ledger/waymark/gateway/internal/database"
	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
	"github.com/waymark-ledger/waymark/gateway/internal/model"
)

// BenchmarkApply is what a model does with a block of 400 messages in one transaction, as the rules made it, by how many devices there are, how many messages of
// one a block has and how many readings a message has.
func BenchmarkApply(b *testing.B) {
	for _, shape := range []fleet{{devices: 400, each: 1, readings: 1}, {devices: 100, each: 4, readings: 1}, {devices: 400, each: 1, readings: 10}, {devices: 100, each: 4, readings: 10}} {
		b.Run(fmt.Sprintf("devices=%d/messages=%d/readings=%d", shape.devices, shape.each, shape.readings), shape.benchmark)
	}
}

// fleet is devices that report in each block.
type fleet struct{ devices, each, readings int }

// fleetBlocks are timed.
const fleetBlocks = 25

func (f fleet) benchmark(b *testing.B) {
	blocks := f.blocks(b, fleetBlocks)
	messages := float64(fleetBlocks * f.devices * f.each)
	var cpu time.Duration
	b.ResetTimer()
	for range b.N {
		b.StopTimer()
		db := inFile(b)
		m := model.New(db)
		if err := m.Apply(b.Context(), blocks[0]); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
		used := usedCPU(b)
		for _, block := range blocks[1:] {
			if err := m.Apply(b.Context(), block); err != nil {
				b.Fatal(err)
			}
		}
		cpu += usedCPU(b) - used
		b.StopTimer()
		if err := db.Close(); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
	b.ReportMetric(float64(cpu.Microseconds())/float64(b.N)/messages, "cpu-us/message")
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/messages, "us/message")
}

// inFile is a database of nothing yet.
func inFile(b *testing.B) *database.DB {
	b.Helper()
	db, err := database.Open(database.Config{Kind: database.Model, SQLite: filepath.Join(b.TempDir(), "model.db")})
	if err == nil {
		err = db.Prepare(b.Context())
	}
	if err != nil {
		b.Fatal(err)
	}
	return db
}

// blocks are the first, with the devices, and those of their messages.
func (f fleet) blocks(b *testing.B, n int) []ledger.Block {
	c := scenario.New(b)
	devices := make([]*scenario.Device, f.devices)
	for i := range devices {
		devices[i] = c.Device(fmt.Sprintf("logger-%04d", i), "producer")
	}
	first := ledger.BlockTransaction{TxID: fmt.Sprintf("%064x", 0), Status: ledger.Valid, Member: "producer", Time: c.Now, Function: "some:Thing"}
	for _, key := range c.World.Keys() {
		first.Writes = append(first.Writes, ledger.Write{Key: key, Value: c.World.Value(key)})
	}
	blocks := []ledger.Block{{Hash: blockHash(0), Transactions: []ledger.BlockTransaction{first}}}
	for number := uint64(1); number <= uint64(n); number++ {
		c.Now = c.Now.Add(time.Minute)
		blocks = append(blocks, ledger.Block{Number: number, Hash: blockHash(number), Previous: blockHash(number - 1), Transactions: []ledger.BlockTransaction{f.report(b, c, devices)}})
	}
	return blocks
}

func blockHash(number uint64) []byte {
	hash := sha256.Sum256(fmt.Append(nil, number))
	return hash[:]
}

// report is a transaction with the next messages of all devices.
func (f fleet) report(b *testing.B, c *scenario.Consortium, devices []*scenario.Device) ledger.BlockTransaction {
	var request waymark.RecordRequest
	for range f.each {
		for _, d := range devices {
			request.Messages = append(request.Messages, f.message(b, c, d))
		}
	}
	by := c.Tx(c.As("producer", waymark.Relay))
	var result *waymark.RecordResult
	var done *memledger.Transaction
	event, err := c.World.Submit(by, func(l rules.Ledger) (err error) {
		done, _ = l.(*memledger.Transaction)
		result, err = telemetry.Record(l, request)
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	tx := ledger.BlockTransaction{TxID: by.ID, Status: ledger.Valid, Member: "producer", Time: by.Time, Function: string(waymark.TelemetryRecord),
		Event: &ledger.Event{Name: event.Name, Payload: event.Payload}}
	for _, key := range done.Writes() {
		tx.Writes = append(tx.Writes, ledger.Write{Key: key, Value: c.World.Value(key)})
	}
	text, err := json.Marshal(request)
	if err != nil {
		b.Fatal(err)
	}
	tx.Request = string(text)
	if tx.Result, err = json.Marshal(result); err != nil {
		b.Fatal(err)
	}
	return tx
}

// message is the next one of a device, of temperatures a second apart.
func (f fleet) message(b *testing.B, c *scenario.Consortium, d *scenario.Device) string {
	var readings []senml.Reading
	for i := range f.readings {
		readings = append(readings, celsius(c.Now.Add(time.Duration(i)*time.Second), 400+int64(i)))
	}
	payload, err := senml.EncodeCBOR(readings)
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

// usedCPU is how long this process has used a processor.
func usedCPU(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
