package senml

import (
	"bytes"
	"encoding/json"
	"io"
	"math/big"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// ParseJSON reads a pack in SenML JSON (RFC 8428, clause 5). It returns Invalid
// for text that is not exactly one pack, a repeated or nested member, a number
// of more digits than waymark.Decimal takes, a relative time, and a value that
// does not fit its unit's scale.
func ParseJSON(payload []byte) ([]Reading, error) {
	d := json.NewDecoder(bytes.NewReader(payload))
	d.UseNumber()
	records, err := parseRecords(d)
	if err != nil {
		return nil, err
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, waymark.Errorf(waymark.Invalid, "there is text after the pack")
	}
	return resolve(records)
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
		label, value, err := member(d)
		if err != nil {
			return r, err
		}
		if seen[label] {
			return r, waymark.Errorf(waymark.Invalid, "%.40q is there twice", label)
		}
		seen[label] = true
		if err := r.set(label, value); err != nil {
			return r, err
		}
	}
	if _, err := d.Token(); err != nil {
		return r, waymark.Errorf(waymark.Invalid, "is not complete")
	}
	return r, nil
}

// member reads one label with its value: a string, a boolean or a *big.Rat.
func member(d *json.Decoder) (string, any, error) {
	label, err := d.Token()
	if err != nil {
		return "", nil, waymark.Errorf(waymark.Invalid, "is not JSON")
	}
	value, err := d.Token()
	if err != nil {
		return "", nil, waymark.Errorf(waymark.Invalid, "is not JSON")
	}
	switch v := value.(type) {
	case json.Delim, nil:
		return "", nil, waymark.Errorf(waymark.Invalid, "%.40q must be a string, number or boolean", label)
	case json.Number:
		r, err := number(v)
		return label.(string), r, err
	default:
		return label.(string), v, nil
	}
}

func number(n json.Number) (*big.Rat, error) { return waymark.Decimal(n).Rat() }
