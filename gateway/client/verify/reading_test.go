package verify_test

import (
	"bytes"
	"crypto"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/ledger/rwset"
	"github.com/hyperledger/fabric-protos-go-apiv2/ledger/rwset/kvrwset"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/chaincode/waymark/recording"
	"github.com/waymark-ledger/waymark/chaincode/waymark/senml"
	"github.com/waymark-ledger/waymark/chaincode/waymark/window"
	"github.com/waymark-ledger/waymark/gateway/client/transaction"
	"github.com/waymark-ledger/waymark/gateway/client/verify"
)

// batch is a transaction that recorded messages, with what it wrote.
type batch struct {
	namespace string
	key       crypto.Signer
	windows   []waymark.Window
	messages  []string
	results   []waymark.MessageResult
}

// newBatch has two messages of a device, with readings of every kind, and one that is rejected.
func newBatch(t *testing.T) *batch {
	t.Helper()
	key, err := attest.GenerateKey(attest.Ed25519)
	if err != nil {
		t.Fatal(err)
	}
	b := &batch{namespace: "waymark", key: key}
	var hashes [][]byte
	at := time.Date(2026, 3, 1, 8, 0, 0, 250e6, time.UTC)
	w := waymark.Window{Device: "logger-1", Owner: "producer", Key: "k1", First: 7, Last: 8, From: at, To: at}
	for sequence := w.First; sequence <= w.Last; sequence++ {
		readings := []senml.Reading{
			{Name: "temperature", Unit: "Cel", Value: 410 + int64(sequence), Time: at},
			{Kind: senml.Boolean, Name: "door", Unit: "/", Value: 1_000_000, Time: at},
			{Kind: senml.Sum, Name: "power", Unit: "W", Value: -5, Time: at},
			{Kind: senml.Text, Name: "state", Body: "well", Time: at},
			{Kind: senml.Data, Name: "tag", Body: "\xff\x01", Time: at},
		}
		message, err := attest.Sign(attest.JWS, key, attest.Header{Device: w.Device, Consortium: "waymark", KeyID: "k1", Kind: attest.PackJSON, Sequence: sequence,
			Previous: bytes.Repeat([]byte{1}, 32)}, must(senml.EncodeJSON(readings)))
		if err != nil {
			t.Fatal(err)
		}
		b.messages = append(b.messages, message.Text())
		b.results = append(b.results, waymark.MessageResult{Device: w.Device, Sequence: sequence, Outcome: waymark.Recorded})
		for _, l := range window.Leaves(w.Device, sequence, readings) {
			hashes = append(hashes, l.Hash())
		}
		w.Digests = append(w.Digests, message.Digest[:waymark.DigestPrefix]...)
	}
	b.messages = append(b.messages, "garbage")
	b.results = append(b.results, waymark.MessageResult{Outcome: waymark.Rejected})
	w.Readings, w.Root = len(hashes), window.Root(hashes)
	b.windows = []waymark.Window{w}
	return b
}

// receipt is of the batch, as the ledger could have it.
func (b *batch) receipt(c *chain, code peer.TxValidationCode) verify.Receipt {
	request := must(recording.Encode(waymark.RecordRequest{Messages: b.messages}))
	result := must(json.Marshal(waymark.RecordResult{Results: b.results}))
	var writes kvrwset.KVRWSet
	for _, w := range b.windows {
		writes.Writes = append(writes.Writes, &kvrwset.KVWrite{Key: fmt.Sprintf("window/%s/%016x", w.Device, w.First), Value: window.Encode(w)},
			&kvrwset.KVWrite{Key: "stream/" + w.Device, Value: []byte("{}")})
	}
	set := &rwset.TxReadWriteSet{NsRwset: []*rwset.NsReadWriteSet{{Namespace: "_lifecycle"}, {Namespace: b.namespace, Rwset: marshal(&writes)}}}
	p := transaction.New("waymark", "waymark", c.client.serialized(), []byte(waymark.TelemetryRecord), request)
	payload := endorseWrites(p, result, marshal(set), c.peers[0])
	envelope := marshal(&common.Envelope{Payload: payload, Signature: c.client.sign(payload)})
	return verify.Receipt{
		Format: verify.Format, TxID: p.ID(), Channel: "waymark", BlockNumber: 7, Status: code.String(),
		Block: c.order([][]byte{envelope}, 1, 2, 4), Consenters: c.consenters(), Attestations: c.attest(p.ID(), envelope, code, c.peers[1], c.peers[2]),
	}
}

// A request in CBOR is printed for people as the same in JSON.
func TestPrintedRequest(t *testing.T) {
	c, b := newChain(t), newBatch(t)
	report, err := c.trust().Verify(b.receipt(c, peer.TxValidationCode_VALID))
	if err != nil {
		t.Fatal(err)
	}
	var printed strings.Builder
	if err := report.Print(&printed); err != nil || !strings.Contains(printed.String(), fmt.Sprintf(`{\"messages\":[\"%s\",`, b.messages[0])) {
		t.Errorf("%v: %s", err, printed.String())
	}
}

// Each reading of a window is proved, whatever its kind, and what is read back is what was made.
func TestReadingsHold(t *testing.T) {
	c, b := newChain(t), newBatch(t)
	receipt := b.receipt(c, peer.TxValidationCode_VALID)
	for sequence := uint64(7); sequence <= 8; sequence++ {
		for index := range 5 {
			ref := waymark.ReadingRef{Device: "logger-1", Sequence: sequence, Index: index}
			made, err := verify.ProveReading(receipt, ref)
			if err != nil {
				t.Fatalf("%s: %v", ref, err)
			}
			proof, err := verify.ReadReading(bytes.NewReader(must(json.Marshal(made))))
			if err != nil {
				t.Fatalf("%s: %v", ref, err)
			}
			report, err := c.trust().VerifyReading(proof)
			if err != nil || report.Reading.Sequence != sequence || report.Reading.Index != index || report.Leaf != (sequence-7)*5+uint64(index) {
				t.Errorf("%s: %+v, %v", ref, report.Reading, err)
			}
			var printed strings.Builder
			if err := report.Print(&printed); err != nil || !strings.Contains(printed.String(), `"`+ref.String()+`"`) || strings.Contains(printed.String(), "argument") {
				t.Errorf("%s: %v: %s", ref, err, printed.String())
			}
		}
	}
	for _, ref := range []waymark.ReadingRef{{Device: "logger-1", Sequence: 7, Index: 5}, {Device: "logger-1", Sequence: 9}, {Device: "logger-2", Sequence: 7}, {Device: "a/b", Sequence: 7}} {
		if _, err := verify.ProveReading(receipt, ref); waymark.CodeOf(err) != waymark.NotFound {
			t.Errorf("%s: %v", ref, err)
		}
	}
}

// Nothing else is proved: each change of a sound proof is refused, and said where.
func TestForgedReadings(t *testing.T) {
	c, b := newChain(t), newBatch(t)
	valid := b.receipt(c, peer.TxValidationCode_VALID)
	elsewhere, twice := *b, *b
	elsewhere.namespace = "other"
	twice.windows = append(twice.windows, b.windows[0])
	twice.windows[1].First--
	twice.windows[1].Digests = append(make([]byte, waymark.DigestPrefix), twice.windows[1].Digests...)
	for name, tt := range map[string]struct {
		forge func(*verify.ReadingProof)
		want  verify.Part
	}{
		"value":            {func(p *verify.ReadingProof) { p.Reading.Value = "4.18" }, verify.PartPath},
		"digits":           {func(p *verify.ReadingProof) { p.Reading.Value = "4.170" }, verify.PartReading},
		"more digits":      {func(p *verify.ReadingProof) { p.Reading.Value = "4.1701" }, verify.PartReading},
		"no number":        {func(p *verify.ReadingProof) { p.Reading.Value = "four" }, verify.PartReading},
		"no value":         {func(p *verify.ReadingProof) { p.Reading.Value = "" }, verify.PartReading},
		"a digest, too":    {func(p *verify.ReadingProof) { p.Reading.Digest = []byte("x") }, verify.PartReading},
		"time":             {func(p *verify.ReadingProof) { p.Reading.Time = p.Reading.Time.Add(time.Millisecond) }, verify.PartPath},
		"less than a time": {func(p *verify.ReadingProof) { p.Reading.Time = p.Reading.Time.Add(time.Microsecond) }, verify.PartReading},
		"name":             {func(p *verify.ReadingProof) { p.Reading.Name = "humidity" }, verify.PartPath},
		"unit":             {func(p *verify.ReadingProof) { p.Reading.Unit = "%RH" }, verify.PartPath},
		"kind":             {func(p *verify.ReadingProof) { p.Reading.Kind = "sum" }, verify.PartPath},
		"no kind":          {func(p *verify.ReadingProof) { p.Reading.Kind = "guess" }, verify.PartReading},
		"index":            {func(p *verify.ReadingProof) { p.Reading.Index = 1 }, verify.PartPath},
		"negative index":   {func(p *verify.ReadingProof) { p.Reading.Index = -1 }, verify.PartReading},
		"sequence":         {func(p *verify.ReadingProof) { p.Reading.Sequence = 8 }, verify.PartPath},
		"of another one":   {func(p *verify.ReadingProof) { p.Reading.Sequence = 9 }, verify.PartWindow},
		"device":           {func(p *verify.ReadingProof) { p.Reading.Device = "logger-2" }, verify.PartWindow},
		"no device":        {func(p *verify.ReadingProof) { p.Reading.Device = "logger-1/x" }, verify.PartWindow},
		"leaf":             {func(p *verify.ReadingProof) { p.Leaf++ }, verify.PartPath},
		"leaves":           {func(p *verify.ReadingProof) { p.Leaves++ }, verify.PartWindow},
		"window":           {func(p *verify.ReadingProof) { p.Window++ }, verify.PartWindow},
		"root":             {func(p *verify.ReadingProof) { p.Root = bytes.Repeat([]byte{7}, 32) }, verify.PartWindow},
		"no root":          {func(p *verify.ReadingProof) { p.Root = nil }, verify.PartWindow},
		"step":             {func(p *verify.ReadingProof) { p.Path[1] = bytes.Repeat([]byte{7}, 32) }, verify.PartPath},
		"cut":              {func(p *verify.ReadingProof) { p.Path = p.Path[1:] }, verify.PartPath},
		"invalid":          {func(p *verify.ReadingProof) { p.Receipt = b.receipt(c, peer.TxValidationCode_MVCC_READ_CONFLICT) }, verify.PartWindow},
		"no receipt":       {func(p *verify.ReadingProof) { p.Receipt.Block = nil }, verify.PartBlock},
		"other chaincode":  {func(p *verify.ReadingProof) { p.Receipt = elsewhere.receipt(c, peer.TxValidationCode_VALID) }, verify.PartWindow},
		"two windows":      {func(p *verify.ReadingProof) { p.Receipt = twice.receipt(c, peer.TxValidationCode_VALID) }, verify.PartWindow},
		"what did not":     {func(p *verify.ReadingProof) { p.Receipt = c.receipt() }, verify.PartWindow},
	} {
		proof, err := verify.ProveReading(valid, waymark.ReadingRef{Device: "logger-1", Sequence: 7})
		if err != nil {
			t.Fatal(err)
		}
		tt.forge(&proof)
		if report, err := c.trust().VerifyReading(proof); part(err) != tt.want || report.Leaves != 0 {
			t.Errorf("%s: %v, want %s", name, err, tt.want)
		}
	}
}

// A transaction that is not all there proves nothing, and says why.
func TestUnprovenReadings(t *testing.T) {
	c := newChain(t)
	for name, change := range map[string]func(*batch){
		"a message is missing": func(b *batch) { b.messages, b.results = b.messages[1:], b.results[1:] },
		"no window":            func(b *batch) { b.windows = nil },
		"another root":         func(b *batch) { b.windows[0].Root = bytes.Repeat([]byte{7}, 32) },
	} {
		b := newBatch(t)
		change(b)
		if _, err := verify.ProveReading(b.receipt(c, peer.TxValidationCode_VALID), waymark.ReadingRef{Device: "logger-1", Sequence: 8}); waymark.CodeOf(err) != waymark.NotFound {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, text := range []string{"", "{}", `{"format":"waymark-reading-1"}`, `{"format":"waymark-reading-1","more":1,"receipt":{"format":"waymark-receipt-1"}}`} {
		if _, err := verify.ReadReading(strings.NewReader(text)); err == nil {
			t.Errorf("%q is read", text)
		}
	}
}
