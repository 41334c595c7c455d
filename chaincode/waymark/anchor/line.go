package anchor

import (
	"cmp"
	"math/bits"
	"slices"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/chaincode/waymark/senml"
	"github.com/waymark-ledger/waymark/chaincode/waymark/window"
)

// Hash is a SHA-256 hash.
type Hash = [window.HashSize]byte

// Bounds of the times of a line, in milliseconds since 1970: those that a pack can have.
const (
	leastTime = (1 << 28) * 1000
	mostTime  = 253402300799000
)

// Line is what one message comes to: of its readings, which are numbers and booleans,
// their totals and the root of the tree over them. Its encoding is an array of six.
type Line struct {
	_        struct{}      `cbor:",toarray"`
	Digest   attest.Digest // that which the device signed and the next message names
	Readings int64         // 1 to senml.MaxReadings
	Root     Hash          // over the leaves of the readings in their order, window.Leaves
	From     int64         // time of the earliest reading, milliseconds since 1970
	Span     int64         // milliseconds from there to the latest reading
	Series   []Series      // sorted by name and unit, 1 to waymark.MaxMeasured
}

// Series is the totals of one measurement in a message, in the fixed scale of its unit
// (waymark.ScaleOf). Its encoding is an array of seven.
type Series struct {
	_      struct{} `cbor:",toarray"`
	Name   string   // SenML name
	Unit   string   // SenML unit
	Count  int64
	Min    int64
	Max    int64
	Sum    int64
	Latest int64 // time of its latest reading, in milliseconds after Line.From
}

// LineOf is the line of a message that was verified, which gave its digest, and parsed, which gave
// its readings. It returns Invalid for a message that cannot be anchored: one that has anything but
// numbers and booleans, more than waymark.MaxMeasured measurements, or a measurement whose sum, as it
// grows from reading to reading, leaves int64.
func LineOf(m *attest.Message, digest attest.Digest, readings []senml.Reading) (Line, error) {
	l := Line{Digest: digest, Readings: int64(len(readings))}
	if len(readings) == 0 {
		return Line{}, waymark.Errorf(waymark.Invalid, "message %d has no reading", m.Sequence)
	}
	first := slices.MinFunc(readings, func(a, b senml.Reading) int { return a.Time.Compare(b.Time) })
	l.From = first.Time.UnixMilli()
	for _, r := range readings {
		if !r.Kind.Measures() {
			return Line{}, waymark.Errorf(waymark.Invalid, "message %d has a %s, and only numbers and booleans can be anchored", m.Sequence, r.Kind)
		}
		if err := l.add(r); err != nil {
			return Line{}, err
		}
	}
	if len(l.Series) > waymark.MaxMeasured {
		return Line{}, waymark.Errorf(waymark.Invalid, "message %d has more than %d different measurements", m.Sequence, waymark.MaxMeasured)
	}
	l.Root = Hash(window.Root(hashes(window.Leaves(m.Device, m.Sequence, readings))))
	return l, nil
}

// add takes one more reading into the totals.
func (l *Line) add(r senml.Reading) error {
	at := r.Time.UnixMilli() - l.From
	l.Span = max(l.Span, at)
	fresh := Series{Name: r.Name, Unit: r.Unit, Count: 1, Min: r.Value, Max: r.Value, Sum: r.Value, Latest: at}
	i, found := slices.BinarySearchFunc(l.Series, fresh, compareSeries)
	if !found {
		l.Series = slices.Insert(l.Series, i, fresh)
		return nil
	}
	s := &l.Series[i]
	sum := s.Sum + r.Value
	if (sum > s.Sum) != (r.Value > 0) && r.Value != 0 {
		return waymark.Errorf(waymark.Invalid, "the sum of %s is too large to be anchored", r.Name)
	}
	s.Count++
	s.Min, s.Max, s.Sum, s.Latest = min(s.Min, r.Value), max(s.Max, r.Value), sum, max(s.Latest, at)
	return nil
}

// Encode returns the line in deterministic CBOR.
func (l Line) Encode() []byte { return encode(l) }

// DecodeLine reads a line. It returns Invalid for anything that is not exactly one that can be that of some message.
func DecodeLine(encoded []byte) (Line, error) {
	var l Line
	if err := decode(encoded, &l, "a line"); err != nil {
		return Line{}, err
	}
	return l, l.validate()
}

func compareSeries(a, b Series) int {
	return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Unit, b.Unit))
}

// validate checks all that can be known of a line without its message: that its totals can be those
// of some readings.
func (l Line) validate() error {
	if !l.timed() {
		return waymark.Errorf(waymark.Invalid, "a line has times that no pack can have")
	}
	if l.Readings < 1 || l.Readings > senml.MaxReadings || len(l.Series) < 1 || len(l.Series) > waymark.MaxMeasured {
		return waymark.Errorf(waymark.Invalid, "a line has 1 to %d readings in 1 to %d series", senml.MaxReadings, waymark.MaxMeasured)
	}
	for i, s := range l.Series {
		if err := s.validate(l); err != nil {
			return err
		}
		if i > 0 && compareSeries(l.Series[i-1], s) >= 0 {
			return waymark.Errorf(waymark.Invalid, "the series of a line are sorted by name and unit, each once")
		}
	}
	return l.addsUp()
}

// timed reports whether the times are such as a pack can have.
func (l Line) timed() bool {
	return l.From >= leastTime && l.From <= mostTime && l.Span >= 0 && l.Span <= mostTime-l.From
}

// addsUp checks that the series have all of the readings, the latest one too.
func (l Line) addsUp() error {
	var readings, latest int64
	for _, s := range l.Series {
		readings, latest = readings+s.Count, max(latest, s.Latest)
	}
	if readings != l.Readings || latest != l.Span {
		return waymark.Errorf(waymark.Invalid, "the series of a line do not add up to its readings and their time")
	}
	return nil
}

func (s Series) validate(l Line) error {
	if err := waymark.ValidateMeasurement("/name", s.Name); err != nil {
		return err
	}
	if err := waymark.ValidateUnit("/unit", s.Unit); err != nil {
		return err
	}
	if s.Count < 1 || s.Count > l.Readings || s.Latest < 0 || s.Latest > l.Span || !s.possible() {
		return waymark.Errorf(waymark.Invalid, "no readings have the count, least, greatest, sum and time that a line gives for %s", s.Name)
	}
	return nil
}

// possible reports whether so many readings have that least, greatest and sum: one of them is the least, one the greatest (the
// same one, if there is one reading), and any other is between. So what they are above the least sums up to at least what the
// greatest is above it, and at most that for all but one. It is compared in 128 bits, so that nothing overflows. Booleans are
// not told from ratios here, which have their unit.
func (s Series) possible() bool {
	if s.Min > s.Max {
		return false
	}
	between := uint64(s.Max) - uint64(s.Min)                //nolint:gosec // the difference, whatever the signs
	high, low := bits.Mul64(uint64(s.Count), uint64(s.Min)) //nolint:gosec // in two's complement, with the next line
	if s.Min < 0 {
		high -= uint64(s.Count) //nolint:gosec // validate wants 1 at least
	}
	low, borrow := bits.Sub64(uint64(s.Sum), low, 0)            //nolint:gosec // in two's complement
	high, _ = bits.Sub64(uint64(s.Sum>>63), high, borrow)       //nolint:gosec // its sign
	mostHigh, mostLow := bits.Mul64(uint64(s.Count-1), between) //nolint:gosec // validate wants 1 at least
	atLeast := high > 0 || low >= between
	atMost := high < mostHigh || high == mostHigh && low <= mostLow
	return high>>63 == 0 && atLeast && atMost
}
