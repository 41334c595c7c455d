package senml

import (
	"math"

	"github.com/fxamacker/cbor/v2"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// tagDecimalFraction is [exponent, mantissa] (RFC 8949, clause 3.4.4).
const tagDecimalFraction = 4

// maxExponent bounds the exponent of a decimal fraction, so that no conversion
// can be made to run long.
const maxExponent = 40

// ParseCBOR reads a pack in SenML CBOR (RFC 8428, clause 6). Numbers are
// integers, decimal fractions (tag 4) or floats, which count as the exact
// binary value they hold. It returns Invalid as ParseJSON does, and for NaN and
// the infinities.
func ParseCBOR(payload []byte) ([]Reading, error) {
	records, err := recordsCBOR(payload)
	if err != nil {
		return nil, err
	}
	return resolve(records)
}

func recordsCBOR(payload []byte) ([]record, error) {
	if err := checkSize(payload); err != nil {
		return nil, err
	}
	if records, ok := plainCBOR(payload); ok {
		return records, nil
	}
	return anyCBOR(payload)
}

// anyCBOR reads what plainCBOR does not, and tells what is wrong.
func anyCBOR(payload []byte) ([]record, error) {
	var raw []map[any]any
	if err := strictDecoding().Unmarshal(payload, &raw); err != nil {
		return nil, waymark.Errorf(waymark.Invalid, "the pack must be a CBOR array of at most %d SenML records, without repeated labels", MaxReadings)
	}
	records := make([]record, len(raw))
	for i, m := range raw {
		if m == nil {
			return nil, waymark.Errorf(waymark.Invalid, "record %d of the pack: must be a CBOR map", i)
		}
		if err := records[i].setAll(m); err != nil {
			return nil, waymark.Errorf(waymark.Invalid, "record %d of the pack: %s", i, waymark.AsError(err).Message)
		}
	}
	return records, nil
}

// strictDecoding takes CBOR within the bounds of a pack, each label once.
func strictDecoding() cbor.DecMode {
	mode, err := cbor.DecOptions{
		DupMapKey:        cbor.DupMapKeyEnforcedAPF,
		IndefLength:      cbor.IndefLengthForbidden,
		IntDec:           cbor.IntDecConvertSignedOrFail,
		MaxArrayElements: MaxReadings,
		MaxMapPairs:      MaxMembers,
		MaxNestedLevels:  maxDepth,
	}.DecMode()
	if err != nil { // the options are constant
		panic("senml: " + err.Error())
	}
	return mode
}

// setAll sets every member. If several are wrong the message does not depend on
// map order: it names the one whose label sorts first.
func (r *record) setAll(m map[any]any) error {
	byName, err := named(m)
	if err != nil {
		return err
	}
	r.more = len(byName) < len(m)
	for _, label := range sortedKeys(byName) {
		if !known(label) {
			r.more = true
			if err := ignore(label); err != nil {
				return err
			}
			continue
		}
		value, err := exact(byName[label])
		if err != nil {
			return waymark.Errorf(waymark.Invalid, "%.40q %s", label, waymark.AsError(err).Message)
		}
		if err := r.set(label, value); err != nil {
			return err
		}
	}
	return nil
}

func named(m map[any]any) (map[string]any, error) {
	byName := make(map[string]any, len(m))
	for label, value := range m { //determinism: each label sets its own name
		name, ok := label.(string)
		if n, isInt := label.(int64); isInt {
			name = labelName(n)
			ok = name != ""
		}
		if !ok {
			continue // labels of other registries may be ignored (clause 4.4)
		}
		if _, twice := byName[name]; twice {
			return nil, waymark.Errorf(waymark.Invalid, "a label is there twice, as number and as text")
		}
		byName[name] = value
	}
	return byName, nil
}

// exact turns every numeric form into a number and leaves the rest.
func exact(value any) (any, error) {
	switch v := value.(type) {
	case int64:
		return whole(v), nil
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil, waymark.Errorf(waymark.Invalid, "must be a finite number")
		}
		return float(v), nil
	case cbor.Tag:
		return decimalFraction(v)
	}
	return value, nil
}

func decimalFraction(tag cbor.Tag) (any, error) {
	parts, ok := tag.Content.([]any)
	if tag.Number != tagDecimalFraction || !ok || len(parts) != 2 {
		return nil, waymark.Errorf(waymark.Invalid, "must be an integer, a decimal fraction (tag 4) or a float")
	}
	exponent, isInt := parts[0].(int64)
	mantissa, isInt2 := parts[1].(int64)
	if !isInt || !isInt2 || exponent < -maxExponent || exponent > maxExponent {
		return nil, waymark.Errorf(waymark.Invalid, "must be a decimal fraction of 64-bit integers with an exponent of at most %d", maxExponent)
	}
	return decimal(mantissa, exponent), nil
}
