package telemetry

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/fxamacker/cbor/v2"
	"github.com/waymark-ledger/waymark/chaincode/rules/access"
	"github.com/waymark-ledger/waymark/chaincode/rules/custody"
	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/senml"
)

// storedDisclosed is the form of what a private collection holds of a message, in
// deterministic CBOR. Every other member sees its hash, which the salts of the disclosures
// make useless for guessing.
type storedDisclosed struct {
	TxID     string             `cbor:"1,keyasint"`
	Readings []disclosedReading `cbor:"2,keyasint"`
}

type disclosedReading struct {
	_          struct{} `cbor:",toarray"`
	Index      int
	Name       string
	Time       int64 // milliseconds since 1970
	Disclosure []byte
}

var deterministic = mustEncoding()

func mustEncoding() cbor.EncMode {
	mode, err := cbor.CoreDetEncOptions().EncMode()
	if err != nil { // the options are constant
		panic("telemetry: " + err.Error())
	}
	return mode
}

func encodeDisclosed(txID string, readings []disclosedReading) ledger.Private {
	encoded, err := deterministic.Marshal(storedDisclosed{TxID: txID, Readings: readings})
	if err != nil { // texts, bytes and integers always marshal
		panic("telemetry: encode what is disclosed: " + err.Error())
	}
	return ledger.NewPrivate(encoded)
}

func decodeDisclosed(value ledger.Private) (s storedDisclosed, err error) {
	if err := cbor.Unmarshal(value.Reveal(), &s); err != nil { //private: for its holder's answer
		return s, fmt.Errorf("decode what is disclosed: %w", err)
	}
	return s, nil
}

// Disclosed returns what the sealed readings of a message stand for, as a holder has it,
// of each data class that the policies let the caller have.
func Disclosed(l ledger.Ledger, q waymark.DisclosedQuery) (*waymark.DisclosedMessage, error) {
	w, share, err := sealedWindow(l, q)
	if err != nil {
		return nil, err
	}
	holder := cmp.Or(q.Holder, l.Tx().Caller.Member)
	value, err := l.GetPrivate(holder, ledger.DisclosureKey(q.Device, q.Sequence))
	if err != nil {
		return nil, err
	}
	if value.Absent() {
		return nil, waymark.Errorf(waymark.NotFound, "%s has no disclosures of message %d of device %s", holder, q.Sequence, q.Device)
	}
	stored, err := decodeDisclosed(value)
	if err != nil {
		return nil, err
	}
	result := &waymark.DisclosedMessage{Device: q.Device, Sequence: q.Sequence, Holder: holder, TxID: stored.TxID,
		Readings: []waymark.DisclosedReading{}, Withheld: share.Withheld, Coarsened: slices.Sorted(maps.Keys(share.Decimals)), Obligations: share.Obligations}
	for _, s := range stored.Readings {
		r, err := s.shown(w)
		if err != nil {
			return nil, err
		}
		if r, shared := shareReading(r, share); shared {
			result.Readings = append(result.Readings, r)
		}
	}
	return result, nil
}

// shareReading is a reading as the caller may have it, and whether it may at all.
func shareReading(r waymark.DisclosedReading, share access.Share) (waymark.DisclosedReading, bool) {
	if slices.Contains(share.Withheld, r.Class) {
		return r, false
	}
	if n, rounds := share.Decimals[r.Class]; rounds {
		return r.Coarse(n)
	}
	return r, true
}

// sealedWindow returns the window of a message, for who may have any class of what is
// sealed in it.
func sealedWindow(l ledger.Ledger, q waymark.DisclosedQuery) (w waymark.Window, share access.Share, err error) {
	windows := newFinder(l)
	windows.expect(q.Device, q.Sequence)
	w, device, missing := windows.find(waymark.MessageRef{Device: q.Device, Sequence: q.Sequence})
	if device == nil {
		return w, share, missing
	}
	witnessed, err := custody.Witnessed(l, w.Shipment)
	if err != nil {
		return w, share, err
	}
	measured, err := onTheWay(l, w)
	if err != nil {
		return w, share, err
	}
	if !measured {
		witnessed = access.Witnessed{} // nobody's but the owner's of then
	}
	classes, then := w.SealedClasses(), Source{Owner: ownerThen(device, w, missing), Edge: w.Edge}
	share, err = access.ShareOf(l, then.Seen(*device, witnessed, classes), q.Purpose, classes)
	if err == nil {
		err = missing
	}
	return w, share, err
}

// shown is a stored reading as it is answered.
func (s disclosedReading) shown(w waymark.Window) (waymark.DisclosedReading, error) {
	seal := senml.SealOf(s.Disclosure)
	seal.Name, seal.Time = s.Name, time.UnixMilli(s.Time).UTC()
	r, err := senml.Open(seal, s.Disclosure)
	if err != nil {
		return waymark.DisclosedReading{}, fmt.Errorf("open what is disclosed: %w", err)
	}
	shown := r.Disclosed()
	shown.Index, shown.Class, shown.Disclosure = s.Index, w.SealedClass(r.Name), s.Disclosure
	return shown, nil
}
