package window

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/fxamacker/cbor/v2"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// The ledger stores a window as deterministic CBOR (RFC 8949, clause 4.2.1), a map with
// integer keys: of all records there are most of this one, and as JSON it is more
// than twice as large. What the key says or the rest implies is left out. This file
// is the one place that knows the form.

// storedWindow is the form. A number of a member is never used again for another.
type storedWindow struct {
	First    uint64         `cbor:"1,keyasint"` // a scan gives values without their keys
	Owner    string         `cbor:"2,keyasint"`
	Key      string         `cbor:"3,keyasint"`
	Shipment string         `cbor:"4,keyasint,omitempty"`
	From     int64          `cbor:"5,keyasint"` // milliseconds since 1970
	Span     int64          `cbor:"6,keyasint"` // milliseconds from From to To
	Series   []storedSeries `cbor:"7,keyasint"`
	Digests  []byte         `cbor:"8,keyasint"` // their number gives Last
	Root     []byte         `cbor:"9,keyasint"`
	TxHash   []byte         `cbor:"10,keyasint,omitempty"` // the transaction's id if it is lower-case hex, as Fabric's are
	TxID     string         `cbor:"11,keyasint,omitempty"` // otherwise
	Time     int64          `cbor:"12,keyasint"`           // of the transaction, milliseconds since 1970
	Member   string         `cbor:"13,keyasint"`
	Role     string         `cbor:"14,keyasint"`
	Apart    int            `cbor:"15,keyasint,omitempty"` // readings that are in no series
	// Classes are those of Series, in their order, empty for the one that the unit gives;
	// absent if all are.
	Classes []string       `cbor:"16,keyasint,omitempty"`
	Sealed  []storedSealed `cbor:"17,keyasint,omitempty"`
	// SealedIn has a bit for each message, the first one's the lowest of the first byte: it
	// holds sealed readings. Trailing zero bytes are left out.
	SealedIn []byte `cbor:"18,keyasint,omitempty"`
	Edge     string `cbor:"19,keyasint,omitempty"`
	Body     []byte `cbor:"20,keyasint,omitempty"` // of a window whose messages are anchored
}

type storedSealed struct {
	_           struct{} `cbor:",toarray"`
	Name, Class string
	Count       int
}

type storedSeries struct {
	_             struct{} `cbor:",toarray"`
	Name, Unit    string
	Count         int64 // together with Apart they are the window's Readings
	Min, Max, Sum int64
	Overflow      bool
}

// Encode returns a window as the ledger stores it.
func Encode(w waymark.Window) []byte {
	s := storedWindow{
		First: w.First, Owner: w.Owner, Key: w.Key, Edge: w.Edge, Shipment: w.Shipment,
		From: w.From.UnixMilli(), Span: w.To.UnixMilli() - w.From.UnixMilli(),
		Digests: w.Digests, Root: w.Root, Apart: w.Readings,
		Time: w.Recorded.Time.UnixMilli(), Member: w.Recorded.Member, Role: string(w.Recorded.Role),
	}
	if hash, err := hex.DecodeString(w.Recorded.TxID); err == nil && hex.EncodeToString(hash) == w.Recorded.TxID {
		s.TxHash = hash
	} else {
		s.TxID = w.Recorded.TxID
	}
	if w.Body != "" {
		s.Body = mustHex(w.Body)
	}
	for _, e := range w.Series {
		s.Apart -= int(e.Count)
		s.Classes = append(s.Classes, ownClass(e))
		s.Series = append(s.Series, storedSeries{Name: e.Name, Unit: e.Unit, Count: e.Count, Min: e.Min, Max: e.Max, Sum: e.Sum, Overflow: e.Overflow})
	}
	if !slices.ContainsFunc(s.Classes, func(class string) bool { return class != "" }) {
		s.Classes = nil
	}
	for _, e := range w.Sealed {
		s.Sealed = append(s.Sealed, storedSealed{Name: e.Name, Class: string(e.Class), Count: e.Count})
	}
	s.SealedIn = bits(w.First, w.SealedIn)
	encoded, err := deterministic.Marshal(s)
	if err != nil { // texts, bytes and integers always marshal
		panic("window: encode: " + err.Error())
	}
	return encoded
}

// mustHex reads a hash that has its form.
func mustHex(hash string) []byte {
	raw, err := hex.DecodeString(hash)
	if err != nil {
		panic("window: encode: " + err.Error())
	}
	return raw
}

// Decode reads a window of a device. One of before this form is the JSON of a
// waymark.Window: it begins with a brace, which no map in CBOR does.
func Decode(device string, value []byte) (waymark.Window, error) {
	if len(value) > 0 && value[0] == '{' {
		return decodeOld(value)
	}
	var s storedWindow
	if err := cbor.Unmarshal(value, &s); err != nil {
		return waymark.Window{}, fmt.Errorf("decode window: %w", err)
	}
	w := waymark.Window{
		Device: device, Owner: s.Owner, Key: s.Key, Edge: s.Edge, Shipment: s.Shipment,
		First: s.First, Last: s.First + uint64(len(s.Digests)/waymark.DigestPrefix) - 1,
		From: time.UnixMilli(s.From).UTC(), To: time.UnixMilli(s.From + s.Span).UTC(),
		Readings: s.Apart, Series: []waymark.Series{}, Digests: s.Digests, Root: s.Root,
		Body:     hex.EncodeToString(s.Body),
		Recorded: waymark.Stamp{TxID: s.TxID, Time: time.UnixMilli(s.Time).UTC(), Member: s.Member, Role: waymark.Role(s.Role)},
	}
	if len(s.TxHash) > 0 {
		w.Recorded.TxID = hex.EncodeToString(s.TxHash)
	}
	for i, e := range s.Series {
		class := waymark.ClassOf(e.Unit)
		if i < len(s.Classes) && s.Classes[i] != "" {
			class = waymark.DataClass(s.Classes[i])
		}
		w.Readings += int(e.Count)
		w.Series = append(w.Series, waymark.Series{Name: e.Name, Unit: e.Unit, Class: class, Count: e.Count, Min: e.Min, Max: e.Max, Sum: e.Sum, Overflow: e.Overflow})
	}
	for _, e := range s.Sealed {
		w.Sealed = append(w.Sealed, waymark.SealedSeries{Name: e.Name, Class: waymark.DataClass(e.Class), Count: e.Count})
	}
	w.SealedIn = numbers(s.First, s.SealedIn)
	return w, nil
}

// bits has a bit for each of some numbers, counted from first.
func bits(first uint64, numbers []uint64) []byte {
	var set []byte
	for _, n := range numbers {
		at := n - first
		for uint64(len(set)) <= at/8 {
			set = append(set, 0)
		}
		set[at/8] |= 1 << (at % 8)
	}
	return set
}

// numbers are those whose bits are set.
func numbers(first uint64, set []byte) []uint64 {
	var numbers []uint64
	for at := range uint64(8 * len(set)) {
		if set[at/8]&(1<<(at%8)) != 0 {
			numbers = append(numbers, first+at)
		}
	}
	return numbers
}

// ownClass is the class of a series, empty if its unit gives it.
func ownClass(s waymark.Series) string {
	if s.Class == waymark.ClassOf(s.Unit) {
		return ""
	}
	return string(s.Class)
}

// decodeOld reads the first form. It kept neither owner, key nor root.
func decodeOld(value []byte) (waymark.Window, error) {
	var w waymark.Window
	if err := json.Unmarshal(value, &w); err != nil {
		return w, fmt.Errorf("decode window: %w", err)
	}
	w.Root = []byte{}
	for i, e := range w.Series {
		w.Series[i].Class = waymark.ClassOf(e.Unit)
	}
	return w, nil
}
