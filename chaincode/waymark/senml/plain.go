package senml

import (
	"encoding/binary"
	"math"
	"unicode/utf8"
)

// Major types of CBOR (RFC 8949, clause 3.1) that a plain pack is made of.
const (
	unsignedType = 0
	negativeType = 1
	bytesType    = 2
	textType     = 3
	arrayType    = 4
	mapType      = 5
	tagType      = 6
	simpleType   = 7
)

// plainCBOR reads a pack that has nothing but known labels, as numbers, each once and with a
// value of its type: what sensors send. It reports false for any other, right or wrong: that
// is for anyCBOR, which comes to the same for what this takes, and is slower.
func plainCBOR(payload []byte) ([]record, bool) {
	p := plain{payload, true}
	n := p.begin(arrayType, MaxReadings)
	records := make([]record, 0, min(n, uint64(len(payload))))
	for range n {
		records = append(records, p.record())
		if !p.ok {
			return nil, false
		}
	}
	return records, p.ok && len(p.rest) == 0
}

// plain is what is left to read of a pack; nothing that it returns counts unless ok.
type plain struct {
	rest []byte
	ok   bool
}

func (p *plain) fail() { p.ok, p.rest = false, nil }

// take returns the next n bytes.
func (p *plain) take(n uint64) []byte {
	if n > uint64(len(p.rest)) {
		p.fail()
		return nil
	}
	taken := p.rest[:n]
	p.rest = p.rest[n:]
	return taken
}

// head reads the head of an item: its major type, additional information and argument.
func (p *plain) head() (major, info byte, argument uint64) {
	first := p.take(1)
	if !p.ok {
		return 0, 0, 0
	}
	major, info = first[0]>>5, first[0]&0x1f
	if info < 24 {
		return major, info, uint64(info)
	}
	if info > 27 { // reserved, or of no definite length
		p.fail()
		return 0, 0, 0
	}
	var padded [8]byte
	size := 1 << (info - 24)
	copy(padded[8-size:], p.take(uint64(size))) //nolint:gosec // 1 to 8
	return major, info, binary.BigEndian.Uint64(padded[:])
}

// begin reads the head of an item of one type, with an argument up to a bound.
func (p *plain) begin(want byte, most uint64) uint64 {
	major, _, n := p.head()
	if major != want || n > most {
		p.fail()
		return 0
	}
	return n
}

// integer reads a number of 64 bits with its sign.
func (p *plain) integer() int64 {
	major, _, n := p.head()
	switch {
	case n > math.MaxInt64:
	case major == unsignedType:
		return int64(n)
	case major == negativeType:
		return -1 - int64(n)
	}
	p.fail()
	return 0
}

func (p *plain) text() *string {
	s := string(p.take(p.begin(textType, uint64(len(p.rest)))))
	if !utf8.ValidString(s) {
		p.fail()
	}
	return &s
}

func (p *plain) data() *string {
	s := string(p.take(p.begin(bytesType, uint64(len(p.rest)))))
	return &s
}

func (p *plain) boolean() *bool {
	major, info, _ := p.head()
	if major != simpleType || info != 20 && info != 21 {
		p.fail()
	}
	on := info == 21
	return &on
}

// number reads an integer, a decimal fraction or a float of 32 or 64 bits.
func (p *plain) number() number {
	if len(p.rest) == 0 {
		p.fail()
		return number{}
	}
	switch p.rest[0] {
	case tagType<<5 | tagDecimalFraction:
		p.take(1)
		if p.begin(arrayType, 2) != 2 {
			p.fail()
			return number{}
		}
		exponent, mantissa := p.integer(), p.integer()
		if exponent < -maxExponent || exponent > maxExponent {
			p.fail()
			return number{}
		}
		return decimal(mantissa, exponent)
	case simpleType<<5 | 26, simpleType<<5 | 27:
		return p.float()
	}
	return whole(p.integer())
}

func (p *plain) float() number {
	_, info, argument := p.head()
	f := math.Float64frombits(argument)
	if info == 26 {
		f = float64(math.Float32frombits(uint32(argument))) //nolint:gosec // of 32 bits
	}
	if math.IsNaN(f) || math.IsInf(f, 0) {
		p.fail()
		return number{}
	}
	return float(f)
}

// record reads the map of one record.
func (p *plain) record() record {
	var r record
	var seen uint32 // a bit for each label
	for range p.begin(mapType, MaxMembers) {
		label := p.integer()
		if label < -6 || label > 8 || seen&(1<<(label+6)) != 0 {
			p.fail()
			return r
		}
		seen |= 1 << (label + 6)
		p.member(&r, label)
		if !p.ok {
			return r
		}
	}
	return r
}

// member reads the value of a label (RFC 8428, table 4).
func (p *plain) member(r *record, label int64) {
	name := labelName(label)
	switch {
	case r.text(name) != nil:
		*r.text(name) = p.text()
	case name == "vb":
		r.boolean = p.boolean()
	case name == "vd":
		r.rawData = p.data()
	case r.quantity(name) != nil:
		n := p.number()
		if *r.quantity(name) = n; p.ok && name == "bver" && !supported(n) {
			p.fail()
		}
	default:
		p.fail()
	}
}
