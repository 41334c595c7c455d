package source

import (
	"bytes"
	"encoding/json"
	"io"
	"math/big"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/senml"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/edge/config"
)

// maxJSON bounds a JSON message, in bytes.
const maxJSON = 128 << 10

// jsonReader picks values out of JSON objects.
type jsonReader struct {
	topic
	ids    map[string]string
	time   pointer
	timed  bool
	format config.TimeFormat
	fields []jsonField
}

type jsonField struct {
	from       pointer
	name, unit string
}

func newJSON(s config.Source, ids map[string]string) jsonReader {
	j := jsonReader{topic: newTopic(s.Topic), ids: ids, time: parsePointer(s.Time), timed: s.Time != "", format: s.TimeFormat}
	for _, f := range s.Fields {
		j.fields = append(j.fields, jsonField{parsePointer(f.From), f.Name, f.Unit})
	}
	return j
}

func (j jsonReader) read(m Message, r *Result) bool {
	address, ours := j.match(m.Topic)
	if !ours {
		return false
	}
	id, listed := j.ids[address]
	if !listed {
		r.refuse(UnknownDevice, 1)
		return true
	}
	if len(m.Payload) > maxJSON {
		r.refuse(TooLarge, 1)
		return true
	}
	document, err := decodeJSON(m.Payload)
	if err != nil {
		r.refuse(Malformed, 1)
		return true
	}
	at, known := j.at(document, m.Received)
	if !known {
		r.refuse(BadTime, 1)
		return true
	}
	for _, f := range j.fields {
		value, there := f.from.in(document)
		if !there || value == nil {
			continue // not every message has everything
		}
		reading, ok := f.reading(value, at)
		if !ok {
			r.refuse(BadValue, 1)
			continue
		}
		r.Readings = append(r.Readings, Reading{id, reading})
	}
	return true
}

func decodeJSON(payload []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(payload))
	d.UseNumber()
	var document any
	if err := d.Decode(&document); err != nil {
		return nil, err
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, waymark.Errorf(waymark.Invalid, "there is text after the document")
	}
	return document, nil
}

// at returns when it was measured, false if the document should say so and does not.
func (j jsonReader) at(document any, received time.Time) (time.Time, bool) {
	if !j.timed {
		return received, true
	}
	value, _ := j.time.in(document)
	text, isText := value.(string)
	switch j.format {
	case config.Unix:
		return fromEpoch(value, 3)
	case config.UnixMillis:
		return fromEpoch(value, 0)
	default:
		at, err := time.Parse(time.RFC3339, text)
		return at.UTC(), isText && err == nil
	}
}

// fromEpoch reads a number of 10^scale milliseconds since 1970.
func fromEpoch(value any, scale int) (time.Time, bool) {
	n, ok := value.(json.Number)
	if !ok {
		return time.Time{}, false
	}
	millis, err := waymark.Decimal(n).Scaled(scale)
	if err != nil || millis < 0 || millis > maxMillis {
		return time.Time{}, false
	}
	return time.UnixMilli(millis).UTC(), true
}

// maxMillis is the end of the year 9999, in milliseconds since 1970.
const maxMillis = 253402300799999

// reading makes a reading of a value. With a unit it is a number, which many loggers write as a
// text; without one it is true, false or a text.
func (f jsonField) reading(value any, at time.Time) (senml.Reading, bool) {
	switch v := value.(type) {
	case json.Number:
		return f.number(string(v), at)
	case string:
		if f.unit != "" {
			return f.number(v, at)
		}
		return textReading(f.name, v, at), true
	case bool:
		if f.unit == "" {
			return flagReading(f.name, v, at)
		}
	}
	return senml.Reading{}, false
}

func (f jsonField) number(text string, at time.Time) (senml.Reading, bool) {
	n, err := waymark.Decimal(text).Rat()
	if err != nil || f.unit == "" {
		return senml.Reading{}, false
	}
	return numberReading(f.name, f.unit, n, at)
}

func numberReading(name, unit string, n *big.Rat, at time.Time) (senml.Reading, bool) {
	scaled, err := waymark.ScaleRat(n, waymark.ScaleOf(unit))
	return senml.Reading{Kind: senml.Number, Name: name, Unit: unit, Value: scaled, Time: at.UTC().Truncate(time.Millisecond)}, err == nil
}

func textReading(name, text string, at time.Time) senml.Reading {
	return senml.Reading{Kind: senml.Text, Name: name, Body: text, Time: at.UTC().Truncate(time.Millisecond)}
}

// ratio is the unit of a boolean (RFC 8428, clause 12.1, note 1).
const ratio = "/"

func flagReading(name string, on bool, at time.Time) (senml.Reading, bool) {
	r, ok := numberReading(name, ratio, new(big.Rat), at)
	if on {
		r, ok = numberReading(name, ratio, big.NewRat(1, 1), at)
	}
	r.Kind = senml.Boolean
	return r, ok
}
