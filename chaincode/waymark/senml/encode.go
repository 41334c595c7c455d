package senml

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"

	"github.com/fxamacker/cbor/v2"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

func sortedKeys(m map[string]any) []string { return slices.Sorted(maps.Keys(m)) }

// jsonRecord is a record as EncodeJSON writes it; the first one sets the base time.
type jsonRecord struct {
	BaseTime json.Number `json:"bt,omitempty"`
	Name     string      `json:"n"`
	Unit     string      `json:"u"`
	Value    json.Number `json:"v"`
	Time     json.Number `json:"t,omitempty"`
}

// EncodeJSON writes readings as a pack in SenML JSON. There must be at least one.
func EncodeJSON(readings []Reading) ([]byte, error) {
	records := make([]jsonRecord, len(readings))
	for i, r := range readings {
		records[i] = jsonRecord{Name: r.Name, Unit: r.Unit, Value: json.Number(r.Decimal())}
		if i == 0 {
			records[i].BaseTime = seconds(r.Time.UnixMilli())
		} else if offset := millisBetween(readings[0], r); offset != 0 {
			records[i].Time = seconds(offset)
		}
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(records); err != nil {
		return nil, waymark.Errorf(waymark.Invalid, "encode pack: %v", err)
	}
	return bytes.TrimRight(b.Bytes(), "\n"), nil
}

func seconds(millis int64) json.Number { return json.Number(waymark.FormatScaled(millis, 3)) }

// millisBetween is not Time.Sub, which reaches no further than 292 years.
func millisBetween(from, to Reading) int64 { return to.Time.UnixMilli() - from.Time.UnixMilli() }

// EncodeCBOR writes readings as a pack in deterministic SenML CBOR (RFC 8949,
// clause 4.2), with numbers as integers where they are whole and as decimal
// fractions where they are not. There must be at least one.
func EncodeCBOR(readings []Reading) ([]byte, error) {
	records := make([]map[int64]any, len(readings))
	for i, r := range readings {
		records[i] = map[int64]any{0: r.Name, 1: r.Unit, 2: fraction(r.Value, waymark.ScaleOf(r.Unit))}
		if i == 0 {
			records[i][-3] = fraction(r.Time.UnixMilli(), 3)
		} else if offset := millisBetween(readings[0], r); offset != 0 {
			records[i][6] = fraction(offset, 3)
		}
	}
	mode, err := cbor.CoreDetEncOptions().EncMode()
	if err != nil { // the options are constant
		panic("senml: " + err.Error())
	}
	return mode.Marshal(records)
}

// fraction renders value * 10^-scale without trailing zeros.
func fraction(value int64, scale int) any {
	for scale > 0 && value%10 == 0 {
		value, scale = value/10, scale-1
	}
	if scale == 0 {
		return value
	}
	return cbor.Tag{Number: tagDecimalFraction, Content: []any{-scale, value}}
}
