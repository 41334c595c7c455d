package verify_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/anchor"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/chaincode/waymark/senml"
	"github.com/waymark-ledger/waymark/gateway/client/verify"
)

// run is the transaction that recorded an anchored window of three messages of two readings each, and the messages.
type run struct {
	*batch
	signed []string
}

func newRun(t *testing.T) *run {
	t.Helper()
	r := &run{batch: &batch{namespace: "waymark", key: must(attest.GenerateKey(attest.Ed25519))}}
	at := time.Date(2026, 3, 1, 8, 0, 0, 250e6, time.UTC)
	w := waymark.Window{Device: "logger-1", Owner: "producer", Key: "k1", First: 7, Last: 9, From: at, To: at, Readings: 6, Body: strings.Repeat("ab", 32)}
	var lines []anchor.Line
	for sequence := w.First; sequence <= w.Last; sequence++ {
		text := r.message(sequence, at, "waymark")
		lines = append(lines, lineOf(text))
		r.signed = append(r.signed, text)
		w.Digests = append(w.Digests, lines[len(lines)-1].Digest[:waymark.DigestPrefix]...)
	}
	w.Root = anchor.Root(w.Device, w.First, lines)
	r.windows = []waymark.Window{w}
	r.messages = []string{anchor.NewRun(w.Device, w.Key, w.First, bytes.Repeat([]byte{1}, 32), lines).Text()}
	r.results = []waymark.MessageResult{{Device: w.Device, Sequence: w.First, Outcome: waymark.Recorded}}
	return r
}

func (r *run) message(sequence uint64, at time.Time, consortium string) string {
	readings := []senml.Reading{{Name: "temperature", Unit: "Cel", Value: 410 + int64(sequence), Time: at}, {Kind: senml.Boolean, Name: "door", Unit: "/", Value: 1_000_000, Time: at}}
	return must(attest.Sign(attest.JWS, r.key, attest.Header{Device: "logger-1", Consortium: consortium, KeyID: "k1", Kind: attest.PackJSON, Sequence: sequence,
		Previous: bytes.Repeat([]byte{1}, 32)}, must(senml.EncodeJSON(readings)))).Text()
}

func lineOf(text string) anchor.Line {
	m := must(attest.Parse(text))
	return must(anchor.LineOf(m, must(m.Digest()), must(senml.Parse(m))))
}

// trust believes the device's key, too.
func (r *run) trust(c *chain) verify.Trust {
	trust, key := c.trust(), must(attest.PublicJWK(r.key))
	trust.DeviceKey = &key
	return trust
}

func (r *run) prove(c *chain, sequence uint64, index int) verify.ReadingProof {
	return must(verify.ProveAnchored(r.receipt(c, peer.TxValidationCode_VALID), waymark.ReadingRef{Device: "logger-1", Sequence: sequence, Index: index}, r.signed))
}

// TestAnchoredReadingsHold: each reading of an anchored window is proved, with its message and without, and what is left unproven is said.
func TestAnchoredReadingsHold(t *testing.T) {
	c, r := newChain(t), newRun(t)
	for sequence := uint64(7); sequence <= 9; sequence++ {
		for index := range 2 {
			proof, err := verify.ReadReading(bytes.NewReader(must(json.Marshal(r.prove(c, sequence, index)))))
			if err != nil {
				t.Fatal(err)
			}
			unsigned := proof
			unsigned.Message = &verify.ProvedMessage{Line: proof.Message.Line, Last: 9, Path: proof.Message.Path}
			for name, tt := range map[string]struct {
				proof    verify.ReadingProof
				trust    verify.Trust
				unproven int
			}{
				"with the key": {proof, r.trust(c), 0}, "without the key": {proof, c.trust(), 1}, "without the message": {unsigned, c.trust(), 1},
			} {
				report, err := tt.trust.VerifyReading(tt.proof)
				if err != nil || report.Leaf != uint64(index) || report.Leaves != 2 || len(report.Report.Unproven) != tt.unproven {
					t.Errorf("%d:%d %s: %v, %q", sequence, index, name, err, report.Report.Unproven)
				}
				var printed strings.Builder
				if err := report.Print(&printed); err != nil || !strings.Contains(printed.String(), fmt.Sprintf("reading %d of 2 of the message", index+1)) {
					t.Errorf("%v: %s", err, printed.String())
				}
			}
			if _, err := r.trust(c).VerifyReading(unsigned); part(err) != verify.PartMessage {
				t.Errorf("a signature that is not there is found: %v", err)
			}
		}
	}
}

// TestAnAlteredAnchoredProof: a proof of which any byte, number or text is another proves nothing, whatever is altered. What a receipt may be is tested with receipts.
func TestAnAlteredAnchoredProof(t *testing.T) {
	c, r := newChain(t), newRun(t)
	trust, receipt := r.trust(c), r.receipt(c, peer.TxValidationCode_VALID)
	fresh := func() verify.ReadingProof {
		return must(verify.ProveAnchored(receipt, waymark.ReadingRef{Device: "logger-1", Sequence: 8, Index: 1}, r.signed))
	}
	altered := 0
	sound := fresh()
	each(reflect.ValueOf(&sound).Elem(), "proof", func(path string, changes int) {
		for n := range changes {
			proof := fresh()
			if !alter(reflect.ValueOf(&proof).Elem(), "proof", path, n) {
				t.Fatalf("%s is not altered", path)
			}
			altered++
			if _, err := trust.VerifyReading(proof); err == nil {
				t.Errorf("%s, change %d: it holds", path, n)
			}
		}
	})
	if altered < 500 {
		t.Errorf("%d changes were tried", altered)
	}
}

// each tells of every part of a proof that can be altered, but of the receipt, and in how many ways.
func each(v reflect.Value, path string, tell func(path string, changes int)) {
	switch {
	case path == "proof.Receipt":
	case v.Type() == reflect.TypeFor[time.Time](), v.CanInt(), v.CanUint():
		tell(path, 1)
	case v.Kind() == reflect.String || v.Type() == reflect.TypeFor[[]byte]():
		tell(path, max(v.Len(), 1))
	case v.Kind() == reflect.Pointer:
		each(v.Elem(), path, tell)
	case v.Kind() == reflect.Slice:
		for i := range v.Len() {
			each(v.Index(i), fmt.Sprintf("%s[%d]", path, i), tell)
		}
	case v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			each(v.Field(i), path+"."+v.Type().Field(i).Name, tell)
		}
	}
}

// alter makes the nth change to a part.
func alter(v reflect.Value, path, to string, n int) (done bool) {
	switch {
	case path == "proof.Receipt":
	case path == to:
		change(v, n)
		return true
	case v.Kind() == reflect.Pointer:
		return alter(v.Elem(), path, to, n)
	case v.Kind() == reflect.Slice && v.Type() != reflect.TypeFor[[]byte]():
		for i := range v.Len() {
			done = done || alter(v.Index(i), fmt.Sprintf("%s[%d]", path, i), to, n)
		}
	case v.Kind() == reflect.Struct && v.Type() != reflect.TypeFor[time.Time]():
		for i := range v.NumField() {
			done = done || alter(v.Field(i), path+"."+v.Type().Field(i).Name, to, n)
		}
	}
	return done
}

func change(v reflect.Value, n int) {
	switch {
	case v.Type() == reflect.TypeFor[time.Time]():
		v.Set(reflect.ValueOf(v.Interface().(time.Time).Add(time.Millisecond)))
	case v.CanInt():
		v.SetInt(v.Int() + 1)
	case v.CanUint():
		v.SetUint(v.Uint() + 1)
	case v.Kind() == reflect.String:
		text := []byte(v.String() + "x")
		if n < v.Len() {
			text = []byte(v.String())
			text[n] ^= 1
		}
		v.SetString(string(text))
	default:
		b := bytes.Clone(v.Bytes())
		if n < len(b) {
			b[n] ^= 1
		} else {
			b = append(b, 1)
		}
		v.SetBytes(b)
	}
}

// TestForgedAnchoredReadings: what is whole in itself but is not what was recorded is refused, and said where.
func TestForgedAnchoredReadings(t *testing.T) {
	c, r := newChain(t), newRun(t)
	at := r.windows[0].From
	for name, tt := range map[string]struct {
		forge func(*verify.ReadingProof)
		want  verify.Part
	}{
		"of a window in full": {func(p *verify.ReadingProof) { p.Format, p.Message = verify.ReadingFormat, nil }, verify.PartWindow},
		"no message":          {func(p *verify.ReadingProof) { p.Message = nil }, verify.PartWindow},
		"another last":        {func(p *verify.ReadingProof) { p.Message.Last++ }, verify.PartMessage},
		"no line":             {func(p *verify.ReadingProof) { p.Message.Line = nil }, verify.PartMessage},
		"the line of another": {func(p *verify.ReadingProof) { p.Message.Line = lineOf(r.signed[0]).Encode() }, verify.PartMessage},
		"way of another":      {func(p *verify.ReadingProof) { p.Message.Path = r.prove(c, 7, 0).Message.Path }, verify.PartMessage},
		"reading of another":  {func(p *verify.ReadingProof) { p.Reading.Value = "4.17" }, verify.PartPath},
		"another leaf":        {func(p *verify.ReadingProof) { p.Leaf = 1 }, verify.PartPath},
		"another message":     {func(p *verify.ReadingProof) { p.Message.Signed = r.signed[0] }, verify.PartMessage},
		"one of a consortium that is not this one": {func(p *verify.ReadingProof) { p.Message.Signed = r.message(8, at, "other") }, verify.PartMessage},
		"another message of the number":            {func(p *verify.ReadingProof) { p.Message.Signed = r.message(8, at.Add(time.Second), "waymark") }, verify.PartMessage},
		"a message that was not recorded":          {func(p *verify.ReadingProof) { p.Receipt = r.receipt(c, peer.TxValidationCode_MVCC_READ_CONFLICT) }, verify.PartWindow},
	} {
		proof := r.prove(c, 8, 0)
		tt.forge(&proof)
		if _, err := r.trust(c).VerifyReading(proof); part(err) != tt.want {
			t.Errorf("%s: %v, want %s", name, err, tt.want)
		}
	}
	other := newRun(t)
	if _, err := other.trust(c).VerifyReading(r.prove(c, 8, 0)); part(err) != verify.PartSignature {
		t.Errorf("signed by another key: %v", err)
	}
}

// TestALyingLine: the owner's relay gave a message another line than its own, and the proof shows it.
func TestALyingLine(t *testing.T) {
	c, r := newChain(t), newRun(t)
	lines := []anchor.Line{lineOf(r.signed[0]), lineOf(r.signed[1]), lineOf(r.signed[2])}
	lines[1].Series[0].Latest, lines[1].Span = 1000, 1000
	r.windows[0].Root = anchor.Root("logger-1", 7, lines)
	ref := waymark.ReadingRef{Device: "logger-1", Sequence: 8}
	if _, err := verify.ProveAnchored(r.receipt(c, peer.TxValidationCode_VALID), ref, r.signed); waymark.CodeOf(err) != waymark.NotFound {
		t.Errorf("proved: %v", err)
	}
	proof := newRun(t).prove(c, 8, 0)
	proof.Receipt, proof.Root = r.receipt(c, peer.TxValidationCode_VALID), r.windows[0].Root
	proof.Message.Line, proof.Message.Path, proof.Message.Signed = lines[1].Encode(), must(anchor.Path("logger-1", 7, lines, 8)), r.signed[1]
	if _, err := c.trust().VerifyReading(proof); part(err) != verify.PartMessage || !strings.Contains(err.Error(), "lied") {
		t.Errorf("got %v", err)
	}
}

// TestSignaturesInFull: the message of a reading that is no anchored one is in the block, and its signature is checked there.
func TestSignaturesInFull(t *testing.T) {
	c, b := newChain(t), newBatch(t)
	proof := must(verify.ProveReading(b.receipt(c, peer.TxValidationCode_VALID), waymark.ReadingRef{Device: "logger-1", Sequence: 8, Index: 1}))
	trust, key := c.trust(), must(attest.PublicJWK(b.key))
	trust.DeviceKey = &key
	if report, err := trust.VerifyReading(proof); err != nil || len(report.Report.Unproven) > 0 {
		t.Errorf("%v, %q", err, report.Report.Unproven)
	}
	other := must(attest.PublicJWK(must(attest.GenerateKey(attest.Ed25519))))
	trust.DeviceKey = &other
	if _, err := trust.VerifyReading(proof); part(err) != verify.PartSignature {
		t.Errorf("by another key: %v", err)
	}
}
