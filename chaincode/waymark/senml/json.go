package senml

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// ParseJSON reads a pack in SenML JSON (RFC 8428, clause 5). It returns Invalid
// for text that is not exactly one pack within its bounds, a repeated member, a
// number of more digits than waymark.Decimal takes, a relative time, and a value
// that does not fit its unit's scale.
func ParseJSON(payload []byte) ([]Reading, error) {
	records, err := recordsJSON(payload)
	if err != nil {
		return nil, err
	}
	return resolve(records)
}

func recordsJSON(payload []byte) ([]record, error) {
	if err := checkSize(payload); err != nil {
		return nil, err
	}
	if !utf8.Valid(payload) {
		return nil, waymark.Errorf(waymark.Invalid, "the pack is not UTF-8")
	}
	d := json.NewDecoder(bytes.NewReader(payload))
	records, err := parseRecords(d)
	if err != nil {
		return nil, err
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, waymark.Errorf(waymark.Invalid, "there is text after the pack")
	}
	return records, nil
}

func parseRecords(d *json.Decoder) ([]record, error) {
	if t, err := d.Token(); err != nil || t != json.Delim('[') {
		return nil, waymark.Errorf(waymark.Invalid, "the pack must be a JSON array of SenML records")
	}
	var records []record
	for d.More() {
		if len(records) == MaxReadings {
			return nil, waymark.Errorf(waymark.Invalid, "the pack has more than %d records", MaxReadings)
		}
		r, err := parseRecord(d)
		if err != nil {
			return nil, waymark.Errorf(waymark.Invalid, "record %d of the pack: %s", len(records), waymark.AsError(err).Message)
		}
		records = append(records, r)
	}
	if _, err := d.Token(); err != nil {
		return nil, waymark.Errorf(waymark.Invalid, "the pack is not complete")
	}
	return records, nil
}

func parseRecord(d *json.Decoder) (record, error) {
	var r record
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return r, waymark.Errorf(waymark.Invalid, "must be a JSON object")
	}
	seen := map[string]bool{}
	for d.More() {
		label, err := d.Token()
		if err != nil {
			return r, waymark.Errorf(waymark.Invalid, "is not JSON")
		}
		name := label.(string) // the decoder takes no other
		switch {
		case seen[name]:
			return r, waymark.Errorf(waymark.Invalid, "%.40q is there twice", name)
		case len(seen) == MaxMembers:
			return r, waymark.Errorf(waymark.Invalid, "has more than %d members", MaxMembers)
		}
		seen[name] = true
		if err := r.member(d, name); err != nil {
			return r, err
		}
	}
	if _, err := d.Token(); err != nil {
		return r, waymark.Errorf(waymark.Invalid, "is not complete")
	}
	return r, nil
}

// member reads the value of one label.
func (r *record) member(d *json.Decoder, label string) error {
	var raw json.RawMessage
	if err := d.Decode(&raw); err != nil || depth(raw) > maxDepth-2 { // in a record in an array
		return waymark.Errorf(waymark.Invalid, "is not JSON, or nested more than %d deep", maxDepth)
	}
	if !known(label) {
		r.more = true
		return ignore(label)
	}
	value, err := scalar(label, raw)
	if err != nil {
		return err
	}
	return r.set(label, value)
}

// scalar reads a string, a boolean, a number, or data as []byte.
func scalar(label string, raw json.RawMessage) (any, error) {
	var value any
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if err := d.Decode(&value); err != nil {
		return nil, waymark.Errorf(waymark.Invalid, "is not JSON")
	}
	switch v := value.(type) {
	case bool:
		return v, nil
	case json.Number:
		return written(waymark.Decimal(v))
	case string:
		if label == "vd" {
			return data(v)
		}
		return v, nil
	}
	return nil, waymark.Errorf(waymark.Invalid, "%q must be a string, number or boolean", label)
}

// written reads a number as JSON has it.
func written(d waymark.Decimal) (any, error) {
	r, err := d.Rat() // which checks the form, too
	if err != nil {
		return nil, err
	}
	before, after, _ := strings.Cut(string(d), ".")
	if len(after) <= maxDecimals {
		if mantissa, err := strconv.ParseInt(before+after, 10, 64); err == nil { // no exponent
			return decimal(mantissa, -int64(len(after))), nil
		}
	}
	return fromRat(r), nil
}

// data decodes base64url in its one spelling. Go's decoder passes over line
// breaks, even if strict.
func data(text string) (any, error) {
	b, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || strings.ContainsAny(text, "\r\n") {
		return nil, waymark.Errorf(waymark.Invalid, `"vd" must be base64url without padding and with unused bits zero`)
	}
	return b, nil
}

// depth counts how deep arrays and objects are nested in a JSON value.
func depth(raw json.RawMessage) int {
	deepest, open, quoted := 0, 0, false
	for i := 0; i < len(raw); i++ {
		switch c := raw[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '[' || c == '{':
			open++
			deepest = max(deepest, open)
		case c == ']' || c == '}':
			open--
		}
	}
	return deepest
}
