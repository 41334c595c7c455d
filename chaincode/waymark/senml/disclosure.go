package senml

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/fxamacker/cbor/v2"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// A sealed reading shows everybody that something was measured, and when, but not what:
// its value is the SHA-256 hash of a disclosure, as data (vd). The disclosure is the pair
// of a salt and of a record with the value, in JSON as in RFC 9901, clause 4.2.2, or in
// CBOR. Whoever has the disclosure can show what the device signed; nobody can guess it.

// Bounds of a disclosure.
const (
	SealBytes = sha256.Size // of a sealed reading's value
	// MinSaltBytes is what RFC 9901, clause 9.3, recommends at the least.
	MinSaltBytes       = 16
	MaxSaltBytes       = 64
	MaxDisclosureBytes = 2048
)

// NewSalt returns a fresh random salt.
func NewSalt() []byte {
	salt := make([]byte, MinSaltBytes)
	_, _ = rand.Read(salt) //determinism: devices seal, endorsers only open. It never fails.
	return salt
}

// Sealed reports whether a reading has the form of a sealed one. Whether it is one, the
// device's attributes say: they make its measurement private.
func (r Reading) Sealed() bool { return r.Kind == Data && len(r.Body) == SealBytes }

// SealJSON seals a reading with a salt. It returns the reading as the pack shows it and
// the disclosure in JSON; Invalid for a salt out of bounds and as EncodeJSON does.
func SealJSON(r Reading, salt []byte) (sealed Reading, disclosure []byte, err error) {
	var record jsonRecord
	if err := record.fill(r); err != nil {
		return Reading{}, nil, err
	}
	record.Name, record.Update = "", ""
	return seal(r, salt, func() ([]byte, error) {
		var b bytes.Buffer
		e := json.NewEncoder(&b)
		e.SetEscapeHTML(false)
		err := e.Encode([]any{base64.RawURLEncoding.EncodeToString(salt), record})
		return bytes.TrimRight(b.Bytes(), "\n"), err
	})
}

// SealCBOR is SealJSON with the disclosure in deterministic CBOR.
func SealCBOR(r Reading, salt []byte) (sealed Reading, disclosure []byte, err error) {
	record, err := cborRecord(r)
	if err != nil {
		return Reading{}, nil, err
	}
	delete(record, 0)
	delete(record, 7)
	return seal(r, salt, func() ([]byte, error) { return deterministic().Marshal([]any{salt, record}) })
}

func seal(r Reading, salt []byte, encode func() ([]byte, error)) (Reading, []byte, error) {
	if err := checkSalt(salt); err != nil {
		return Reading{}, nil, err
	}
	disclosure, err := encode()
	if err != nil {
		return Reading{}, nil, fmt.Errorf("encode disclosure: %w", err)
	}
	if len(disclosure) > MaxDisclosureBytes {
		return Reading{}, nil, waymark.Errorf(waymark.Invalid, "the disclosure would be longer than %d bytes", MaxDisclosureBytes)
	}
	sealed := SealOf(disclosure)
	sealed.Name, sealed.Time, sealed.Update = r.Name, r.Time, r.Update
	return sealed, disclosure, nil
}

// SealOf returns the sealed reading, without name and time, that a disclosure opens.
func SealOf(disclosure []byte) Reading {
	hash := sha256.Sum256(disclosure)
	return Reading{Kind: Data, Body: string(hash[:])}
}

func checkSalt(salt []byte) error {
	if n := len(salt); n < MinSaltBytes || n > MaxSaltBytes {
		return waymark.Errorf(waymark.Invalid, "the salt of a disclosure must be %d to %d bytes, has %d", MinSaltBytes, MaxSaltBytes, n)
	}
	return nil
}

// Open returns what a sealed reading stands for, given its disclosure. It returns Invalid
// if the disclosure is another's, or not in exactly the form of this package: an array of
// the salt and one record that has a value or a sum, and a unit where it is a number.
func Open(sealed Reading, disclosure []byte) (Reading, error) {
	if len(disclosure) > MaxDisclosureBytes {
		return Reading{}, waymark.Errorf(waymark.Invalid, "the disclosure is longer than %d bytes", MaxDisclosureBytes)
	}
	if !sealed.Sealed() || sealed.Body != SealOf(disclosure).Body {
		return Reading{}, waymark.Errorf(waymark.Invalid, "the disclosure is not that of the reading")
	}
	parse := parseCBORDisclosure
	if bytes.HasPrefix(disclosure, []byte("[")) { // which begins no array of two in CBOR
		parse = parseJSONDisclosure
	}
	salt, r, err := parse(disclosure)
	if err != nil {
		return Reading{}, err
	}
	if err := checkSalt(salt); err != nil {
		return Reading{}, err
	}
	return r.opened(sealed)
}

// Disclosed is what a reading says, as an answer shows it. Index, class and disclosure are
// not the reading's own.
func (r Reading) Disclosed() waymark.DisclosedReading {
	shown := waymark.DisclosedReading{Name: r.Name, Kind: r.Kind.String(), Unit: r.Unit, Time: r.Time}
	switch {
	case r.Kind == Text:
		shown.Text = r.Body
	case r.Kind != Data:
		shown.Value = r.Decimal()
	case r.Body != "":
		shown.Data = []byte(r.Body)
	}
	return shown
}

// opened is the one reading of a record that has nothing but a value.
func (r record) opened(sealed Reading) (Reading, error) {
	if r.hasBase() || r.name != nil || r.time.set || r.update.set {
		return Reading{}, waymark.Errorf(waymark.Invalid, "a disclosure holds a value and its unit, and nothing that the sealed record says: no n, t, ut or base field")
	}
	if !r.measures() || r.values() > 0 && r.sum.set {
		return Reading{}, waymark.Errorf(waymark.Invalid, "a disclosure holds one value or sum")
	}
	if err := r.check(); err != nil {
		return Reading{}, err
	}
	reading, zero := Reading{Name: sealed.Name, Time: sealed.Time, Update: sealed.Update}, &base{}
	if r.sum.set {
		return zero.quantity(reading, Sum, r, zero.sum, r.sum)
	}
	return zero.valueOf(r, reading)
}

func (r record) hasBase() bool {
	return r.baseName != nil || r.baseUnit != nil || r.baseValue.set || r.baseSum.set || r.baseTime.set || r.version.set
}

func parseJSONDisclosure(text []byte) (salt []byte, r record, err error) {
	malformed := waymark.Errorf(waymark.Invalid, "the disclosure must be an array of the salt, in JSON as base64url without padding, and a SenML record")
	d := json.NewDecoder(bytes.NewReader(text))
	if !utf8.Valid(text) || halfSurrogate(text) || !follows(d, json.Delim('[')) {
		return nil, r, malformed
	}
	if salt, err = saltJSON(d); err != nil {
		return nil, r, malformed
	}
	if r, err = parseRecord(d); err != nil {
		return nil, r, err
	}
	if !follows(d, json.Delim(']')) {
		return nil, r, malformed
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, r, malformed
	}
	return salt, r, nil
}

var (
	surrogates = regexp.MustCompile(`(?i)\\ud[89ab][0-9a-f]{2}\\ud[c-f][0-9a-f]{2}`)
	surrogate  = regexp.MustCompile(`(?i)\\ud[89a-f]`)
)

// halfSurrogate reports whether JSON escapes half of a pair, which is no character: Go's
// decoder would read another text than the device wrote.
func halfSurrogate(text []byte) bool {
	text = bytes.ReplaceAll(text, []byte(`\\`), nil)
	return surrogate.Match(surrogates.ReplaceAll(text, nil))
}

// follows reports whether a delimiter is what comes next.
func follows(d *json.Decoder, want json.Delim) bool {
	t, err := d.Token()
	return err == nil && t == want
}

func saltJSON(d *json.Decoder) ([]byte, error) {
	t, err := d.Token()
	if err != nil {
		return nil, err
	}
	text, ok := t.(string)
	if !ok || strings.ContainsAny(text, "\r\n") { // Go's base64 passes over them, even if strict
		return nil, waymark.Errorf(waymark.Invalid, "the salt is no base64url")
	}
	return base64.RawURLEncoding.Strict().DecodeString(text)
}

// arrayOfTwo is how an array of two items begins in deterministic CBOR.
const arrayOfTwo = 0x82

func parseCBORDisclosure(raw []byte) (salt []byte, r record, err error) {
	var pair struct {
		_      struct{} `cbor:",toarray"`
		Salt   cbor.ByteString
		Record map[any]any
	}
	if len(raw) == 0 || raw[0] != arrayOfTwo || // the decoder would look through tags
		strictDecoding().Unmarshal(raw, &pair) != nil || pair.Record == nil {
		return nil, r, waymark.Errorf(waymark.Invalid, "the disclosure must be an array, in CBOR or JSON, of the salt and a SenML record")
	}
	return []byte(pair.Salt), r, r.setAll(pair.Record)
}
