package senml

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"maps"
	"slices"
	"unicode/utf8"

	"github.com/fxamacker/cbor/v2"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

func sortedKeys(m map[string]any) []string { return slices.Sorted(maps.Keys(m)) }

// jsonRecord is a record as EncodeJSON writes it; the first one sets the base time.
type jsonRecord struct {
	BaseTime json.Number `json:"bt,omitempty"`
	Name     string      `json:"n,omitempty"`
	Unit     string      `json:"u,omitempty"`
	Value    json.Number `json:"v,omitempty"`
	Text     *string     `json:"vs,omitempty"`
	Boolean  *bool       `json:"vb,omitempty"`
	Data     *string     `json:"vd,omitempty"`
	Sum      json.Number `json:"s,omitempty"`
	Time     json.Number `json:"t,omitempty"`
	Update   json.Number `json:"ut,omitempty"`
}

// EncodeJSON writes readings, one a record, as a pack in SenML JSON. There must be
// at least one. It returns Invalid for a text that is not UTF-8 and an unknown kind.
func EncodeJSON(readings []Reading) ([]byte, error) {
	records := make([]jsonRecord, len(readings))
	for i, r := range readings {
		if err := records[i].fill(r); err != nil {
			return nil, err
		}
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

// fill writes all but the time.
func (j *jsonRecord) fill(r Reading) error {
	j.Name = r.Name
	if r.Update != 0 {
		j.Update = seconds(r.Update.Milliseconds())
	}
	switch r.Kind {
	case Number:
		j.Unit, j.Value = r.Unit, json.Number(r.Decimal())
	case Sum:
		j.Unit, j.Sum = r.Unit, json.Number(r.Decimal())
	case Boolean:
		on := r.Value != 0
		j.Boolean = &on
	case Text:
		j.Text = &r.Body
		return checkText(r)
	case Data:
		text := base64.RawURLEncoding.EncodeToString([]byte(r.Body))
		j.Data = &text
	default:
		return unknownKind(r)
	}
	return nil
}

func checkText(r Reading) error {
	if !utf8.ValidString(r.Body) {
		return waymark.Errorf(waymark.Invalid, "the text of %q is not UTF-8: send it as data", r.Name)
	}
	return nil
}

func unknownKind(r Reading) error {
	return waymark.Errorf(waymark.Invalid, "the reading %q is of no kind that SenML has", r.Name)
}

func seconds(millis int64) json.Number { return json.Number(waymark.FormatScaled(millis, 3)) }

// millisBetween is not Time.Sub, which reaches no further than 292 years.
func millisBetween(from, to Reading) int64 { return to.Time.UnixMilli() - from.Time.UnixMilli() }

// EncodeCBOR writes readings, one a record, as a pack in deterministic SenML CBOR
// (RFC 8949, clause 4.2), with numbers as integers where they are whole and as
// decimal fractions where they are not. There must be at least one. It returns
// Invalid as EncodeJSON does.
func EncodeCBOR(readings []Reading) ([]byte, error) {
	records := make([]map[int64]any, len(readings))
	for i, r := range readings {
		var err error
		if records[i], err = cborRecord(r); err != nil {
			return nil, err
		}
		if i == 0 {
			records[i][-3] = fraction(r.Time.UnixMilli(), 3)
		} else if offset := millisBetween(readings[0], r); offset != 0 {
			records[i][6] = fraction(offset, 3)
		}
	}
	return deterministic().Marshal(records)
}

func deterministic() cbor.EncMode {
	mode, err := cbor.CoreDetEncOptions().EncMode()
	if err != nil { // the options are constant
		panic("senml: " + err.Error())
	}
	return mode
}

// cborRecord writes all but the time.
func cborRecord(r Reading) (map[int64]any, error) {
	record := map[int64]any{0: r.Name}
	if r.Update != 0 {
		record[7] = fraction(r.Update.Milliseconds(), 3)
	}
	switch r.Kind {
	case Number:
		record[1], record[2] = r.Unit, fraction(r.Value, waymark.ScaleOf(r.Unit))
	case Sum:
		record[1], record[5] = r.Unit, fraction(r.Value, waymark.ScaleOf(r.Unit))
	case Boolean:
		record[4] = r.Value != 0
	case Text:
		record[3] = r.Body
		return record, checkText(r)
	case Data:
		record[8] = []byte(r.Body)
	default:
		return nil, unknownKind(r)
	}
	return record, nil
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
