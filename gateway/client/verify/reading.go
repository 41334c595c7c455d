package verify

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/senml"
	"github.com/waymark-ledger/waymark/chaincode/waymark/window"
)

// The forms of proofs of readings that this package reads.
const (
	ReadingFormat  = "waymark-reading-1" // of a reading whose message is in the block
	AnchoredFormat = "waymark-reading-2" // of one that is anchored: its message is in the store of its owner
)

// ReadingProof is what a stranger needs to check one reading, as a gateway answers it to GET
// /v1/readings/{reading}/proof: the way from the reading to the root of its window (RFC 6962,
// clause 2.1.1), and the receipt of the transaction that wrote that root. That of an anchored reading leads to the
// root of its message, and on from what the message comes to.
type ReadingProof struct {
	Format  string         `json:"format"` // ReadingFormat or AnchoredFormat
	Reading ProvedReading  `json:"reading"`
	Window  uint64         `json:"window"`            // sequence number of its first message
	Leaf    uint64         `json:"leaf"`              // which of the window's readings it is, from 0; of its message's, if it is anchored
	Leaves  uint64         `json:"leaves"`            // how many there are
	Path    [][]byte       `json:"path"`              // base64 of the hashes beside the way to the root of the window, or of the message, the lowest first
	Message *ProvedMessage `json:"message,omitempty"` // of an anchored reading alone
	Root    []byte         `json:"root"`              // base64, of the window
	Receipt Receipt        `json:"receipt"`
}

// ProvedReading is a reading with its place in the stream of its device.
type ProvedReading struct {
	Device   string          `json:"device" form:"id"`
	Sequence uint64          `json:"sequence"` // of the message
	Index    int             `json:"index"`    // in the message, from 0
	Kind     string          `json:"kind"`     // number, sum, boolean, text or data
	Name     string          `json:"name"`
	Unit     string          `json:"unit"`
	Value    waymark.Decimal `json:"value,omitempty"`  // of a number, sum or boolean, without zeros at its end
	Digest   []byte          `json:"digest,omitempty"` // base64 of the SHA-256 of a text or data
	Time     time.Time       `json:"time"`
}

// ReadReading reads a proof, as strictly as Read.
func ReadReading(r io.Reader) (ReadingProof, error) {
	var p ReadingProof
	if err := json.UnmarshalRead(io.LimitReader(r, maxReceipt), &p, json.RejectUnknownMembers(true)); err != nil {
		return ReadingProof{}, fmt.Errorf("read proof: %w", err)
	}
	if p.Format != ReadingFormat && p.Format != AnchoredFormat || p.Receipt.Format != Format {
		return ReadingProof{}, fmt.Errorf("read proof: its formats are %q and %q, not %q or %q and %q", p.Format, p.Receipt.Format, ReadingFormat, AnchoredFormat, Format)
	}
	return p, nil
}

// ReadingReport is what the proof of a reading proves.
type ReadingReport struct {
	ReadingProof
	Report Report // of the receipt
}

// VerifyReading checks the proof of a reading: the receipt holds, its transaction is valid and wrote the
// window of the reading, and the reading is under the window's root at its place. Of an anchored reading it is under
// the root of its message, and what the message comes to under that of the window; if the message is there too, it
// comes to just that.
//
// Errors: an *Error.
func (t Trust) VerifyReading(p ReadingProof) (ReadingReport, error) {
	v, err := t.verify(p.Receipt)
	if err != nil {
		return ReadingReport{}, err
	}
	w, err := v.windowOf(p)
	if err != nil {
		return ReadingReport{}, &Error{Part: PartWindow, Err: err}
	}
	leaf, err := p.Reading.leaf()
	if err != nil {
		return ReadingReport{}, &Error{Part: PartReading, Err: err}
	}
	if p.Format == AnchoredFormat {
		err = v.anchored(p, w, leaf)
	} else {
		err = v.inFull(p, w, leaf)
	}
	if err != nil {
		return ReadingReport{}, err
	}
	return ReadingReport{ReadingProof: p, Report: v.report}, nil
}

// inFull checks the way of a reading whose message is in the block.
func (v *verification) inFull(p ReadingProof, w waymark.Window, leaf window.Leaf) error {
	if err := window.VerifyInclusion(w.Root, leaf.Hash(), p.Leaf, p.Leaves, p.Path); err != nil {
		return &Error{Part: PartPath, Err: err}
	}
	if v.trust.DeviceKey == nil {
		v.unproven("that the device signed it: so say those who endorsed the transaction, which has the message")
		return nil
	}
	text, err := messageIn(v.tx, leaf)
	if err != nil {
		return &Error{Part: PartMessage, Err: err}
	}
	return v.signed(text)
}

// windowOf is the window that the transaction wrote of the reading, if it is the one of the proof.
func (v *verification) windowOf(p ReadingProof) (waymark.Window, error) {
	if v.report.Status != valid {
		return waymark.Window{}, fmt.Errorf("the transaction is %s, and wrote nothing", v.report.Status)
	}
	w, err := writtenWindow(v.tx, p.Reading.Device, p.Reading.Sequence)
	switch {
	case err != nil:
		return waymark.Window{}, err
	case !p.formOf(w):
		return waymark.Window{}, fmt.Errorf("a proof of form %s is not of such a window", p.Format)
	case w.First != p.Window || w.Readings < 0 || w.Body == "" && uint64(w.Readings) != p.Leaves:
		return waymark.Window{}, fmt.Errorf("the transaction wrote one of %d readings from message %d on", w.Readings, w.First)
	case len(w.Root) == 0 || !bytes.Equal(w.Root, p.Root):
		return waymark.Window{}, errors.New("the transaction wrote another root")
	}
	return w, nil
}

// formOf reports whether a proof has the form of those of a window.
func (p ReadingProof) formOf(w waymark.Window) bool {
	if w.Body == "" {
		return p.Format == ReadingFormat && p.Message == nil
	}
	return p.Format == AnchoredFormat && p.Message != nil
}

// leaf is the leaf that says the same as the reading, and nothing else does.
func (r ProvedReading) leaf() (window.Leaf, error) {
	kinds := senml.Kinds()
	i := slices.IndexFunc(kinds, func(k senml.Kind) bool { return k.String() == r.Kind })
	if i < 0 || r.Index < 0 {
		return window.Leaf{}, errors.New("there are no readings of this kind, or at this place")
	}
	leaf := window.Leaf{Device: r.Device, Sequence: r.Sequence, Index: uint64(r.Index), Kind: kinds[i], Name: r.Name, Unit: r.Unit, TimeMillis: r.Time.UnixMilli()}
	if !time.UnixMilli(leaf.TimeMillis).Equal(r.Time) {
		return window.Leaf{}, errors.New("the ledger's times are in milliseconds")
	}
	if body := leaf.Kind == senml.Text || leaf.Kind == senml.Data; body != (r.Value == "") || body != (len(r.Digest) > 0) {
		return window.Leaf{}, errors.New("a text or data has a digest, and all else a value")
	} else if body {
		leaf.Digest = r.Digest
		return leaf, nil
	}
	scale := waymark.ScaleOf(r.Unit)
	var err error
	if leaf.Value, err = r.Value.Scaled(scale); err != nil {
		return window.Leaf{}, err
	}
	if waymark.FormatScaled(leaf.Value, scale) != r.Value {
		return window.Leaf{}, fmt.Errorf("the ledger writes its value as %s", waymark.FormatScaled(leaf.Value, scale))
	}
	return leaf, nil
}

// proved is what a leaf says.
func proved(l window.Leaf) ProvedReading {
	r := ProvedReading{Device: l.Device, Sequence: l.Sequence, Index: int(l.Index), Kind: l.Kind.String(), Name: l.Name, Unit: l.Unit, //nolint:gosec // of a message
		Digest: l.Digest, Time: time.UnixMilli(l.TimeMillis).UTC()}
	if l.Digest == nil {
		r.Value = waymark.FormatScaled(l.Value, waymark.ScaleOf(l.Unit))
	}
	return r
}

// Print writes a report for people.
func (r ReadingReport) Print(w io.Writer) error {
	value := string(r.Reading.Value) + " " + r.Reading.Unit
	if r.Reading.Value == "" {
		value = fmt.Sprintf("%s of SHA-256 %x", r.Reading.Kind, r.Reading.Digest)
	}
	of := "window"
	if r.Message != nil {
		of = "message"
	}
	_, err := fmt.Fprintf(w, "%-13s %q: %q is %s at %s\n%-13s of messages %d on of device %q\n%-13s reading %d of %d of the %s\n%-13s %x\n",
		"reading", waymark.ReadingRef{Device: r.Reading.Device, Sequence: r.Reading.Sequence, Index: r.Reading.Index}, r.Reading.Name, value, r.Reading.Time.Format(time.RFC3339Nano),
		"window", r.Window, r.Reading.Device, "place", r.Leaf+1, r.Leaves, of, "root", r.Root)
	if err != nil {
		return fmt.Errorf("print report: %w", err)
	}
	short := r.Report // the argument has all messages of the batch
	short.Args, short.Result = short.Args[:min(1, len(short.Args))], nil
	return short.Print(w)
}
