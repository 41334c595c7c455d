package waymark

import (
	"regexp"
	"slices"
	"strconv"
	"time"
)

// Reading is one measured number or boolean that the ledger has in the open, as a caller may have it.
type Reading struct {
	// ID is device, message and reading, as in "logger-1:17:0": what its proof is asked by.
	ID       string    `json:"id" form:"reading_id"`
	Name     string    `json:"name" form:"measurement"` // SenML name, as in "temperature"
	Unit     string    `json:"unit"`                    // SenML unit, as in "Cel"; "/" of a boolean, which is 0 or 1
	Class    DataClass `json:"class" form:"id"`         // as the owner had it when it was recorded
	Value    Decimal   `json:"value"`
	Time     time.Time `json:"time"`     // of the reading, by the device's clock
	Sequence uint64    `json:"sequence"` // of the message
	Index    int       `json:"index"`    // of the reading in the message, from 0
	Window   uint64    `json:"window"`   // sequence number of the first message of the window that summarises it
	Shipment string    `json:"shipment,omitempty" metadata:",optional" form:"id"`
	TxID     string    `json:"tx_id" form:"transaction"` // the transaction that recorded it
	Block    uint64    `json:"block"`                    // and its block
	// Edge is the device that signed it for this one; absent if the device did itself.
	Edge string `json:"edge,omitempty" metadata:",optional" form:"id"`
	// Disputed says that the key has been revoked back to a time before it was recorded.
	Disputed bool `json:"disputed"`
}

// ReadingRef names a reading.
type ReadingRef struct {
	Device   string
	Sequence uint64 // of the message
	Index    int    // of the reading in the message, from 0
}

// String is the id of the reading.
func (r ReadingRef) String() string {
	return r.Device + ":" + strconv.FormatUint(r.Sequence, 10) + ":" + strconv.Itoa(r.Index)
}

// ParseReadingRef reads the id of a reading: Invalid for what is none.
func ParseReadingRef(id string) (ReadingRef, error) {
	parts := readingIDPattern.FindStringSubmatch(id)
	if parts == nil {
		return ReadingRef{}, errReadingID
	}
	sequence, err := strconv.ParseUint(parts[2], 10, 64)
	if err != nil || sequence > MaxSequence {
		return ReadingRef{}, errReadingID
	}
	index, err := strconv.Atoi(parts[3])
	if err != nil {
		return ReadingRef{}, errReadingID
	}
	return ReadingRef{Device: parts[1], Sequence: sequence, Index: index}, nil
}

var errReadingID = Errorf(Invalid, "the id of a reading is its device, the number of its message and its place in that, as in logger-1:17:0")

// ProofQuery asks for what proves a reading.
type ProofQuery struct {
	Reading string `json:"reading" form:"reading_id"`
	Purpose string `json:"purpose,omitempty" metadata:",optional" form:"id"` // what it is read for
}

// Validate checks the form of the query.
func (q ProofQuery) Validate() error { return CheckForms(q) }

// ReadingsQuery asks for a page of the readings of one measurement of a device, by time.
type ReadingsQuery struct {
	Device   string    `json:"device" form:"id"`
	Name     string    `json:"name" form:"measurement"`
	From     time.Time `json:"from,omitzero" metadata:",optional"` // the earliest; that of the first if it is left out
	To       time.Time `json:"to,omitzero" metadata:",optional"`   // what they are before
	Shipment string    `json:"shipment,omitempty" metadata:",optional" form:"id"`
	Purpose  string    `json:"purpose,omitempty" metadata:",optional" form:"id"`    // what they are read for
	At       uint64    `json:"at,omitempty" metadata:",optional" form:"block"`      // that the answer is to have
	Limit    int       `json:"limit,omitempty" metadata:",optional" form:"page"`    // 1 to MaxPage; DefaultPage if it is left out
	Cursor   string    `json:"cursor,omitempty" metadata:",optional" form:"cursor"` // of the page before
}

// Validate checks the form of the query.
func (q ReadingsQuery) Validate() error { return first(CheckForms(q), checkSpan(q.From, q.To)) }

// ReadingList is a page of readings. It can have fewer than were asked for, and go on.
type ReadingList struct {
	Readings []Reading `json:"readings"` // by time, message and place in that
	Shared
	Cursor string `json:"cursor,omitempty" metadata:",optional"` // for the next page; absent at the end
}

// Shared is what an answer says beside the readings that a caller may have.
type Shared struct {
	Withheld    []DataClass  `json:"withheld,omitempty" metadata:",optional"`  // classes of which readings are left out
	Coarsened   []DataClass  `json:"coarsened,omitempty" metadata:",optional"` // classes of which readings are rounded
	Obligations []Obligation `json:"obligations,omitempty" metadata:",optional"`
	Block       uint64       `json:"block"` // the last one that the answer has
}

// LatestQuery asks for the latest reading of each measurement of a device.
type LatestQuery struct {
	Device  string `json:"device" form:"id"`
	Purpose string `json:"purpose,omitempty" metadata:",optional" form:"id"`
	At      uint64 `json:"at,omitempty" metadata:",optional" form:"block"`
}

// Validate checks the form of the query.
func (q LatestQuery) Validate() error { return CheckForms(q) }

// LatestReadings has the latest reading of each measurement that the caller may have one of, by name.
type LatestReadings struct {
	Readings []Reading `json:"readings"`
	More     bool      `json:"more,omitempty" metadata:",optional"` // not all was looked at: older measurements may be missing
	Shared
}

// Bounds of buckets.
const (
	MinBucketSeconds = 60
	MaxBucketSeconds = 86400
)

// BucketSeconds are how long the buckets of a series can be.
func BucketSeconds() []int { return []int{MinBucketSeconds, 300, 900, 3600, 21600, MaxBucketSeconds} }

// SeriesQuery asks for a page of the readings of one measurement of a device, down-sampled into buckets
// of time. Buckets begin at whole multiples of their length since 1970, and are whole: one that the
// time asked for begins or ends in is in the answer with all of its readings.
type SeriesQuery struct {
	Device   string    `json:"device" form:"id"`
	Name     string    `json:"name" form:"measurement"`
	Bucket   int       `json:"bucket" form:"bucket"` // seconds, one of BucketSeconds
	From     time.Time `json:"from,omitzero" metadata:",optional"`
	To       time.Time `json:"to,omitzero" metadata:",optional"`
	Shipment string    `json:"shipment,omitempty" metadata:",optional" form:"id"`
	Purpose  string    `json:"purpose,omitempty" metadata:",optional" form:"id"`
	At       uint64    `json:"at,omitempty" metadata:",optional" form:"block"`
	Limit    int       `json:"limit,omitempty" metadata:",optional" form:"page"`
	Cursor   string    `json:"cursor,omitempty" metadata:",optional" form:"cursor"`
}

// Validate checks the form of the query.
func (q SeriesQuery) Validate() error {
	err := first(CheckForms(q), checkSpan(q.From, q.To))
	if err == nil && !slices.Contains(BucketSeconds(), q.Bucket) {
		err = InvalidField("/bucket", "must be one of %v", BucketSeconds())
	}
	return err
}

// BucketList is a page of buckets. It can have fewer than were asked for, and go on.
type BucketList struct {
	Buckets []Bucket `json:"buckets"` // by time and unit; those without readings are left out
	Shared
	Cursor string `json:"cursor,omitempty" metadata:",optional"` // for the next page; absent at the end
}

// Bucket summarises the readings of one unit in some time, of those that the caller may have.
type Bucket struct {
	Start time.Time `json:"start"` // included; it lasts as long as was asked for
	Unit  string    `json:"unit"`
	Count int64     `json:"count"`
	Min   Decimal   `json:"min"`
	Max   Decimal   `json:"max"`
	// Mean is rounded to what the unit has decimals on the ledger, half away from zero. Absent if any
	// reading is coarsened: that of the exact ones would tell more than the rounded ones do.
	Mean Decimal `json:"mean,omitempty" metadata:",optional"`
}

// lastInstant is what times in queries are before: those that RFC 3339 can say.
var lastInstant = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)

// checkSpan checks a time from which and one before which things are. Either can be zero, for none.
func checkSpan(from, to time.Time) error {
	epoch := time.Unix(0, 0)
	switch {
	case !from.IsZero() && (from.Before(epoch) || !from.Before(lastInstant)):
		return InvalidField("/from", "must be after 1970 and before 10000")
	case !to.IsZero() && (to.Before(epoch) || !to.Before(lastInstant)):
		return InvalidField("/to", "must be after 1970 and before 10000")
	case !from.IsZero() && !to.IsZero() && !from.Before(to):
		return InvalidField("/to", "must be after the time from which it is asked for")
	}
	return nil
}

var readingIDPattern = regexp.MustCompile(`^([A-Za-z0-9][A-Za-z0-9_:-]{0,63}):([1-9][0-9]{0,15}):(0|[1-9][0-9]{0,2})$`)

func checkReadingID(pointer, text string) error {
	if _, err := ParseReadingRef(text); err != nil {
		return InvalidField(pointer, "must be the id of a reading, as in logger-1:17:0")
	}
	return nil
}
