package senml

// Kind is what a Reading holds. The numbers are part of what is hashed: they do
// not change.
type Kind uint8

// The kinds, with the field of the record that they come from (RFC 8428, clause 4.2).
const (
	Number  Kind = 0 // v: the value, in the scale of the unit
	Sum     Kind = 1 // s: the integral of the value over time, in the scale of the unit, times a second
	Boolean Kind = 2 // vb: the value 0 or 1 in the unit "/"
	Text    Kind = 3 // vs: the body, in UTF-8
	Data    Kind = 4 // vd: the body, any bytes
)

// Kinds returns every kind.
func Kinds() []Kind { return []Kind{Number, Sum, Boolean, Text, Data} }

func (k Kind) String() string {
	switch k {
	case Number:
		return "number"
	case Sum:
		return "sum"
	case Boolean:
		return "boolean"
	case Text:
		return "text"
	case Data:
		return "data"
	}
	return "unknown"
}

// Measures reports whether a reading of this kind is a value of what it names: only
// such a one belongs into a series and is judged by conditions. A sum is of another
// quantity than the values that it integrates; a text is no number.
func (k Kind) Measures() bool { return k == Number || k == Boolean }

// booleanUnit is the ratio, which RFC 8428 gives to switches: 0 is off, 1 is on
// (clause 12.1, note 1).
const booleanUnit = "/"
