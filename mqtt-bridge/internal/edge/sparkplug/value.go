package sparkplug

import (
	"math"
	"math/big"
	"unicode/utf8"
)

// DataType is what a metric's value is (Sparkplug 3.0, clause 6.4.16).
type DataType uint32

// The types that can become a reading. Data sets, templates, bytes, files, dates and arrays cannot.
const (
	Int8    DataType = 1
	Int16   DataType = 2
	Int32   DataType = 3
	Int64   DataType = 4
	UInt8   DataType = 5
	UInt16  DataType = 6
	UInt32  DataType = 7
	UInt64  DataType = 8
	Float   DataType = 9
	Double  DataType = 10
	Boolean DataType = 11
	String  DataType = 12
	Text    DataType = 14
	UUID    DataType = 15
)

// typeOf keeps a number that is no data type from becoming one when it is cut to 32 bits.
func typeOf(bits uint64) DataType {
	if bits > math.MaxUint32 {
		return math.MaxUint32
	}
	return DataType(bits)
}

// Value is what a metric says: one member is set.
type Value struct {
	Number *big.Rat
	Flag   *bool
	Text   *string
}

// valueAs reads the value as a type, and says why it cannot.
func (m Metric) valueAs(t DataType) (Value, Refusal) {
	switch t {
	case Int8, Int16, Int32, Int64, UInt8, UInt16, UInt32, UInt64:
		return integer(t, m.value)
	case Float, Double:
		return float(m.value)
	case Boolean:
		flag := m.value.bits != 0
		if !m.value.varint(metricBoolean) {
			return Value{}, BadValue
		}
		return Value{Flag: &flag}, ""
	case String, Text, UUID:
		text := string(m.value.bytes)
		if !m.value.block(metricString) || !utf8.ValidString(text) || len(text) > maxText {
			return Value{}, BadValue
		}
		return Value{Text: &text}, ""
	}
	return Value{}, Unsupported
}

// float reads a number from either of the two fields for them.
func float(f field) (Value, Refusal) {
	x, ok := f.float()
	if !ok || f.number != metricFloat && f.number != metricDouble || math.IsNaN(x) || math.IsInf(x, 0) {
		return Value{}, BadValue
	}
	return Value{Number: new(big.Rat).SetFloat64(x)}, ""
}

// width is how many bits an integer type has.
func width(t DataType) int {
	switch t {
	case Int8, UInt8:
		return 8
	case Int16, UInt16:
		return 16
	case Int32, UInt32:
		return 32
	default:
		return 64
	}
}

// integer reads a number from either of the two fields for integers: encoders differ in which
// they use for 32 bits.
func integer(t DataType, f field) (Value, Refusal) {
	if !f.varint(metricLong) && (!f.varint(metricInt) || width(t) > 32) {
		return Value{}, BadValue
	}
	unused := 64 - width(t)
	narrow := f.bits<<unused>>unused == f.bits
	if t >= UInt8 {
		if !narrow {
			return Value{}, BadValue
		}
		return Value{Number: new(big.Rat).SetUint64(f.bits)}, ""
	}
	// A negative one is two's complement, in its own width or in that of the field.
	n, whole := int64(f.bits<<unused)>>unused, int64(f.bits) //nolint:gosec // that is what it means
	if f.number == metricInt && f.bits <= math.MaxUint32 {
		whole = int64(int32(f.bits)) //nolint:gosec // likewise
	}
	if !narrow && whole != n {
		return Value{}, BadValue
	}
	return Value{Number: new(big.Rat).SetInt64(n)}, ""
}
