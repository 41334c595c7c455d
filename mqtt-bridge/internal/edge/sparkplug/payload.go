package sparkplug

// Payload is what an edge node publishes (Sparkplug 3.0, clause 6.4.4).
type Payload struct {
	Timestamp uint64  // when it was published, in milliseconds since 1970; 0 if it does not say
	Seq       *uint64 // nil in a death of a node
	Metrics   []Metric
}

// Metric is one value with what is said about it (clause 6.4.6).
type Metric struct {
	Name      string // empty if Alias stands for it
	Alias     *uint64
	Timestamp uint64   // when the value was captured, in milliseconds since 1970; 0 if it does not say
	Type      DataType // 0 if a birth has said it
	Transient bool     // it is not to be stored
	Null      bool
	Unit      string  // its property engUnit
	Quality   *uint64 // its property Quality: nil means good

	value field // of the value's own field number, 0 if there is none
}

// The numbers of the fields, in Payload and in Metric.
const (
	payloadTimestamp = 1
	payloadMetrics   = 2
	payloadSeq       = 3

	metricName       = 1
	metricAlias      = 2
	metricTimestamp  = 3
	metricType       = 4
	metricTransient  = 6
	metricNull       = 7
	metricProperties = 9
	metricInt        = 10
	metricLong       = 11
	metricFloat      = 12
	metricDouble     = 13
	metricBoolean    = 14
	metricString     = 15
	metricExtension  = 19
)

// Decode reads a payload. It errs on what is no payload, and on one that has more than MaxBytes
// or MaxMetrics.
func Decode(b []byte) (Payload, error) {
	var p Payload
	if len(b) > MaxBytes {
		return p, errTooLarge
	}
	return p, fields(b, func(f field) error {
		switch {
		case f.varint(payloadTimestamp):
			p.Timestamp = f.bits
		case f.varint(payloadSeq):
			p.Seq = &f.bits
		case f.block(payloadMetrics):
			if len(p.Metrics) == MaxMetrics {
				return errTooLarge
			}
			m, err := decodeMetric(f.bytes)
			p.Metrics = append(p.Metrics, m)
			return err
		}
		return nil
	})
}

func decodeMetric(b []byte) (Metric, error) {
	var m Metric
	err := fields(b, func(f field) (err error) {
		switch {
		case f.block(metricName):
			m.Name, err = f.text()
		case f.varint(metricAlias):
			m.Alias = &f.bits
		case f.varint(metricTimestamp):
			m.Timestamp = f.bits
		case f.varint(metricType):
			m.Type = typeOf(f.bits)
		case f.varint(metricTransient):
			m.Transient = f.bits != 0
		case f.varint(metricNull):
			m.Null = f.bits != 0
		case f.block(metricProperties):
			err = m.properties(f.bytes)
		case f.number >= metricInt && f.number <= metricExtension:
			m.value = f // the last one counts, as in every oneof
		}
		return err
	})
	return m, err
}

// The fields of a PropertySet, and of a PropertyValue in it (clauses 6.4.8 and 6.4.9).
const (
	propertyKeys   = 1
	propertyValues = 2

	propertyNull   = 2
	propertyInt    = 3
	propertyLong   = 4
	propertyString = 8
)

// properties reads the unit and the quality; all else that may be there is passed over.
func (m *Metric) properties(b []byte) error {
	var keys []string
	var values [][]byte
	err := fields(b, func(f field) error {
		switch {
		case f.block(propertyKeys):
			key, err := f.text()
			keys = append(keys, key)
			return err
		case f.block(propertyValues):
			values = append(values, f.bytes)
		}
		return nil
	})
	if err != nil || len(keys) != len(values) {
		return errMalformed
	}
	for i, key := range keys {
		if key != "engUnit" && key != "Quality" {
			continue
		}
		if err := m.property(key, values[i]); err != nil {
			return err
		}
	}
	return nil
}

func (m *Metric) property(key string, value []byte) error {
	return fields(value, func(f field) (err error) {
		switch {
		case key == "engUnit" && f.block(propertyString) && len(f.bytes) <= maxUnit:
			m.Unit, err = f.text()
		case key == "Quality" && (f.varint(propertyInt) || f.varint(propertyLong)):
			m.Quality = &f.bits
		case key == "Quality" && f.varint(propertyNull) && f.bits != 0:
			m.Quality = new(uint64)
		}
		return err
	})
}
