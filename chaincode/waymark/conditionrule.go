package waymark

import (
	"strconv"
	"time"
)

// Bounds of rules over time.
const (
	DefaultInterval = time.Hour
	MaxInterval     = 24 * time.Hour
	MaxBudget       = 366 * 24 * time.Hour
	MinMKTWindow    = time.Hour
	MaxMKTWindow    = 366 * 24 * time.Hour
	MinCorners      = 3
	MaxCorners      = 32
	MaxRadiusMeters = 1_000_000
)

// BudgetMode says which time outside a budget counts.
type BudgetMode string

// The modes.
const (
	BudgetConsecutive BudgetMode = "consecutive" // each stretch of time by itself
	BudgetCumulative  BudgetMode = "cumulative"  // all of the journey together
)

// BudgetModes returns every mode.
func BudgetModes() []BudgetMode { return []BudgetMode{BudgetConsecutive, BudgetCumulative} }

// Budget is the time outside that breaks a rule: less of it is shown and breaks nothing.
type Budget struct {
	Seconds int64      `json:"seconds" form:"budget"` // 1 to MaxBudget
	Mode    BudgetMode `json:"mode"`
}

// Duration is the time outside that breaks the rule.
func (b Budget) Duration() time.Duration { return time.Duration(b.Seconds) * time.Second }

func (b *Budget) validate(at string) error {
	if b == nil {
		return nil
	}
	switch b.Mode {
	case BudgetConsecutive, BudgetCumulative:
		return nil
	}
	return InvalidField(at+"/mode", "must be one of %v", BudgetModes())
}

// MKTLimit bounds the mean kinetic temperature (USP <1079.2>, ICH Q1A(R2)): the known time
// since a device was attached is cut into windows, and in each of them it is at most Limit.
type MKTLimit struct {
	Limit         Decimal `json:"limit"`                                                           // degrees Celsius
	WindowSeconds int64   `json:"window_seconds,omitempty" metadata:",optional" form:"mkt_window"` // MinMKTWindow to MaxMKTWindow; one window for all if it is left out
}

// mktBound is the largest limit on either side, in degrees: that of kinetic.Maximum.
const mktBound = 100_00

func (c Condition) validateMKT(at string) error {
	if c.Unit != "Cel" {
		return InvalidField(at+"/unit", "must be Cel")
	}
	if v, err := c.MKT.Limit.Scaled(ScaleOf(c.Unit)); err != nil || v < -mktBound || v > mktBound || finer(c.MKT.Limit, c.Unit) {
		return InvalidField(at+"/mkt/limit", "must be degrees Celsius from -100 to 100 with at most %d decimals", ScaleOf(c.Unit))
	}
	return nil
}

// Position is a place on Earth (WGS 84), in degrees with at most seven decimals.
type Position struct {
	Latitude  Decimal `json:"latitude"`
	Longitude Decimal `json:"longitude"`
}

// Fence is where goods may be: inside a polygon or a circle, one of the two. A position is a
// reading of latitude and one of longitude of the same time in one message.
type Fence struct {
	LongitudeName string     `json:"longitude_name" form:"measurement"`                     // SenML name of the longitude, in unit lon
	Polygon       []Position `json:"polygon,omitempty" metadata:",optional" form:"corners"` // MinCorners to MaxCorners, in order, the last joined to the first; it must not cross itself
	Circle        *Circle    `json:"circle,omitempty" metadata:",optional"`
}

// Circle holds the places at most so far from its center.
type Circle struct {
	Center       Position `json:"center"`
	RadiusMeters int64    `json:"radius_meters" form:"radius"` // 1 to MaxRadiusMeters
}

func (c Condition) validateGeofence(at string) error {
	if c.Unit != UnitLatitude {
		return InvalidField(at+"/unit", "must be %s", UnitLatitude)
	}
	switch hasPolygon := len(c.Fence.Polygon) > 0; {
	case hasPolygon == (c.Fence.Circle != nil):
		return InvalidField(at+"/fence", "must have a polygon or a circle, one of the two")
	case hasPolygon:
		return c.Fence.validatePolygon(at + "/fence/polygon")
	}
	return c.Fence.Circle.validate(at + "/fence/circle")
}

// The units of a position (RFC 8428, clause 12.1).
const (
	UnitLatitude  = "lat"
	UnitLongitude = "lon"
)

func (c Circle) validate(at string) error {
	return c.Center.validate(at + "/center")
}

func (f Fence) validatePolygon(at string) error {
	for i, p := range f.Polygon {
		if err := p.validate(at + "/" + strconv.Itoa(i)); err != nil {
			return err
		}
	}
	return nil
}

func (p Position) validate(at string) error {
	for _, part := range []struct {
		name   string
		degree Decimal
		unit   string
		bound  int64
	}{{"latitude", p.Latitude, UnitLatitude, 90_0000000}, {"longitude", p.Longitude, UnitLongitude, 180_0000000}} {
		v, err := part.degree.Scaled(ScaleOf(part.unit))
		if err != nil || v < -part.bound || v > part.bound || finer(part.degree, part.unit) {
			return InvalidField(at+"/"+part.name, "must be degrees from -%d to %d with at most 7 decimals", part.bound/1e7, part.bound/1e7)
		}
	}
	return nil
}
