package verify

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/anchor"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/chaincode/waymark/senml"
	"github.com/waymark-ledger/waymark/chaincode/waymark/window"
	"github.com/waymark-ledger/waymark/gateway/client/transaction"
)

// ProvedMessage is the message of an anchored reading: what it comes to, which is a leaf of the tree of its window, and the
// message itself for who may see all of it.
type ProvedMessage struct {
	Line   []byte   `json:"line"`             // base64 of what it comes to, an anchor.Line in CBOR
	Last   uint64   `json:"last"`             // sequence number of the window's last message
	Path   [][]byte `json:"path"`             // base64 of the hashes beside the way from the line to the root of the window, the lowest first
	Signed string   `json:"signed,omitempty"` // the message as the device signed it, a JWS or a COSE_Sign1 as base64url
}

// ProveAnchored makes the proof of an anchored reading, of what the receipt of the transaction that recorded it holds, and of all
// messages of its window by number, as the device signed them. It believes the receipt.
//
// Codes: NotFound if the transaction did not record such a reading, or these are not the messages of its window.
func ProveAnchored(r Receipt, ref waymark.ReadingRef, messages []string) (ReadingProof, error) {
	tx, err := received(r)
	if err != nil {
		return ReadingProof{}, err
	}
	w, err := writtenWindow(tx, ref.Device, ref.Sequence)
	if err != nil || w.Body == "" {
		return ReadingProof{}, waymark.Errorf(waymark.NotFound, "transaction %s has no anchored reading of message %d of device %s", tx.ID(), ref.Sequence, ref.Device)
	}
	all, err := linesOf(w, messages)
	if err != nil {
		return ReadingProof{}, err
	}
	of := all[ref.Sequence-w.First]
	leaves := window.Leaves(ref.Device, ref.Sequence, of.readings)
	if ref.Index < 0 || ref.Index >= len(leaves) {
		return ReadingProof{}, waymark.Errorf(waymark.NotFound, "message %d of device %s has no reading %d", ref.Sequence, ref.Device, ref.Index)
	}
	index := uint64(ref.Index)
	path, err := anchor.ReadingPath(ref.Device, ref.Sequence, of.readings, index)
	if err != nil {
		return ReadingProof{}, err
	}
	up, err := anchor.Path(w.Device, w.First, lines(all), ref.Sequence)
	if err != nil {
		return ReadingProof{}, err
	}
	return ReadingProof{Format: AnchoredFormat, Reading: proved(leaves[ref.Index]), Window: w.First, Leaf: index, Leaves: uint64(len(leaves)), Path: path,
		Message: &ProvedMessage{Line: of.line.Encode(), Last: w.Last, Path: up, Signed: of.text}, Root: w.Root, Receipt: r}, nil
}

// lined is a message and what it comes to.
type lined struct {
	*attest.Message
	text     string
	readings []senml.Reading
	line     anchor.Line
}

// linesOf are the messages of a window, which must come to its root.
func linesOf(w waymark.Window, texts []string) (all []lined, err error) {
	others := waymark.Errorf(waymark.NotFound, "these are not the messages of the window of messages %d to %d of device %s", w.First, w.Last, w.Device)
	for i, text := range texts {
		of, err := linedOf(text)
		if err != nil {
			return nil, fmt.Errorf("%w: message %d: %w", others, i, err)
		}
		all = append(all, of)
	}
	if uint64(len(all)) != w.Last-w.First+1 || !bytes.Equal(anchor.Root(w.Device, w.First, lines(all)), w.Root) {
		return nil, others
	}
	return all, nil
}

func linedOf(text string) (l lined, err error) {
	l.text = text
	if l.Message, err = attest.Parse(text); err != nil {
		return l, err
	}
	digest, err := l.Digest()
	if err != nil {
		return l, err
	}
	if l.readings, err = senml.Parse(l.Message); err != nil {
		return l, err
	}
	l.line, err = anchor.LineOf(l.Message, digest, l.readings)
	return l, err
}

func lines(all []lined) []anchor.Line {
	of := make([]anchor.Line, len(all))
	for i, l := range all {
		of[i] = l.line
	}
	return of
}

// anchored checks the way of an anchored reading.
func (v *verification) anchored(p ReadingProof, w waymark.Window, leaf window.Leaf) error {
	line, err := anchor.DecodeLine(p.Message.Line)
	if err == nil && p.Message.Last != w.Last {
		err = fmt.Errorf("the transaction wrote a window of messages %d to %d", w.First, w.Last)
	}
	if err == nil {
		err = anchor.VerifyPath(w.Root, w.Device, w.First, w.Last, p.Reading.Sequence, line, p.Message.Path)
	}
	if err != nil {
		return &Error{Part: PartMessage, Err: err}
	}
	if p.Leaf != leaf.Index || line.Readings < 0 || p.Leaves != uint64(line.Readings) {
		return &Error{Part: PartPath, Err: fmt.Errorf("it is reading %d of the message, which has %d", leaf.Index, line.Readings)}
	}
	if err := anchor.VerifyReading(line, leaf, p.Path); err != nil {
		return &Error{Part: PartPath, Err: err}
	}
	return v.shown(*p.Message, w, p.Reading.Sequence)
}

// shown checks the message itself, if it is there or has to be.
func (v *verification) shown(m ProvedMessage, w waymark.Window, number uint64) error {
	switch {
	case m.Signed == "" && v.trust.DeviceKey != nil:
		return &Error{Part: PartMessage, Err: errors.New("the proof does not have it, so that no signature can be checked")}
	case m.Signed == "":
		v.unproven("that the device signed it, or measured it: so says the relay of the device's owner; the proof does not have the message")
		return nil
	}
	if err := v.comesTo(m, w, number); err != nil {
		return &Error{Part: PartMessage, Err: err}
	}
	if v.trust.DeviceKey == nil {
		v.unproven("that the device signed the message, which is in the proof: no key of the device was given")
		return nil
	}
	return v.signed(m.Signed)
}

// comesTo checks that a message is the one of the number, and comes to its line.
func (v *verification) comesTo(m ProvedMessage, w waymark.Window, number uint64) error {
	of, err := linedOf(m.Signed)
	switch {
	case err != nil:
		return err
	case of.Device != w.Device || of.Sequence != number || of.KeyID != w.Key || of.Consortium != v.receipt.Channel:
		return fmt.Errorf("it is message %d of device %q by key %q in consortium %q", of.Sequence, of.Device, of.KeyID, of.Consortium)
	case !bytes.Equal(of.line.Encode(), m.Line):
		return errors.New("it comes to something else than was recorded of it: whoever anchored it lied")
	}
	return nil
}

// signed checks that the device signed a message.
func (v *verification) signed(text string) error {
	m, err := attest.Parse(text)
	if err == nil {
		_, err = m.Verify(*v.trust.DeviceKey)
	}
	if err != nil {
		return &Error{Part: PartSignature, Err: err}
	}
	return nil
}

// messageIn is the message with a reading that a transaction was given and recorded.
func messageIn(tx transaction.Transaction, of window.Leaf) (string, error) {
	batch, result, err := recordedBy(tx)
	if err != nil {
		return "", err
	}
	i := slices.IndexFunc(result.Results, func(r waymark.MessageResult) bool {
		return r.Outcome == waymark.Recorded && r.Device == of.Device && r.Sequence == of.Sequence
	})
	if i < 0 || i >= len(batch.Messages) {
		return "", errors.New("the transaction does not have it")
	}
	leaves, err := leavesOfMessage(batch.Messages[i])
	if err != nil || of.Index >= uint64(len(leaves)) || !bytes.Equal(leaves[of.Index].Hash(), of.Hash()) {
		return "", errors.Join(errors.New("the message of the transaction does not have the reading"), err)
	}
	return batch.Messages[i], nil
}
