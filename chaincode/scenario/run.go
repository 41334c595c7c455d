package scenario

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"slices"

	"github.com/waymark-ledger/waymark/chaincode/rules/registry"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/anchor"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/chaincode/waymark/senml"
)

// Anchors puts measurements of the device into a class that its owner anchors.
func (d *Device) Anchors(measurements ...string) {
	d.c.T.Helper()
	Must(d.c, d.c.As(d.Owner, waymark.Operator), registry.SetAttributes, waymark.SetAttributesRequest{Device: d.ID, Reason: "many",
		Attributes: waymark.DeviceAttributes{Measures: []waymark.MeasuredClass{
			{Class: "bulk", Measurements: measurements, Visibility: waymark.VisibilityAnchored}}}})
}

// Run is the run of messages that a device signed one after the other.
func Run(texts ...string) (anchor.Run, error) {
	var first *attest.Message
	var lines []anchor.Line
	for _, text := range texts {
		m, err := attest.Parse(text)
		if err != nil {
			return anchor.Run{}, err
		}
		if first == nil {
			first = m
		}
		line, err := LineOf(m)
		if err != nil {
			return anchor.Run{}, err
		}
		lines = append(lines, line)
	}
	return anchor.NewRun(first.Device, first.KeyID, first.Sequence, first.Previous, lines), nil
}

// LineOf is what a message comes to, whoever signed it.
func LineOf(m *attest.Message) (anchor.Line, error) {
	digest, err := m.Digest()
	if err != nil {
		return anchor.Line{}, err
	}
	readings, err := senml.Parse(m)
	if err != nil {
		return anchor.Line{}, err
	}
	return anchor.LineOf(m, digest, readings)
}

// Body is the hash of a bundle of messages.
func (c *Consortium) Body(runs ...anchor.SignedRun) string {
	c.T.Helper()
	encoded, err := anchor.Bundle{Consortium: Channel, Runs: runs}.Encode()
	if err != nil {
		c.T.Fatal(err)
	}
	sum := sha256.Sum256(encoded)
	return hex.EncodeToString(sum[:])
}

// Anchoring is the request that records messages, which a device signed one after the other, as a run.
func (d *Device) Anchoring(texts ...string) waymark.RecordRequest {
	d.c.T.Helper()
	r, err := Run(texts...)
	if err != nil {
		d.c.T.Fatal(err)
	}
	return waymark.RecordRequest{Messages: []string{r.Text()}, Body: d.c.Body(anchor.SignedRun{Device: r.Device, First: r.First, Messages: texts})}
}

// Shown is a window of messages that a device signed one after the other, recorded by a transaction, with
// those of them that are picked if its block has a hash.
func Shown(tx string, block uint64, hash []byte, texts ...string) (waymark.CheckedWindow, error) {
	r, err := Run(texts...)
	if err != nil {
		return waymark.CheckedWindow{}, err
	}
	w := waymark.CheckedWindow{First: r.First, Block: block, BlockHash: hex.EncodeToString(hash), Messages: []waymark.ShownMessage{}}
	for _, n := range anchor.Picks(hash, tx, r.Device, r.First, r.Last()) {
		path, err := anchor.Path(r.Device, r.First, r.Lines, n)
		if err != nil {
			return w, err
		}
		m := waymark.ShownMessage{Message: texts[n-r.First], Path: []string{}}
		for _, step := range path {
			m.Path = append(m.Path, hex.EncodeToString(step))
		}
		w.Messages = append(w.Messages, m)
	}
	return w, nil
}

// BlockThatPicks is a hash of a block by which message n of a run is picked.
func BlockThatPicks(tx string, r anchor.Run, n uint64) []byte {
	for i := uint64(0); ; i++ {
		hash := sha256.Sum256(binary.BigEndian.AppendUint64(nil, i))
		if slices.Contains(anchor.Picks(hash[:], tx, r.Device, r.First, r.Last()), n) {
			return hash[:]
		}
	}
}
