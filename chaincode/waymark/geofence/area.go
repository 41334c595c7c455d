package geofence

import "fmt"

// Bounds of an area.
const (
	MinCorners      = 3
	MaxCorners      = 32
	MaxRadiusMeters = 1_000_000
)

// Bounds of a place, in 10^-7 degrees.
const (
	maxLatitude  = 90_0000000
	maxLongitude = 180_0000000
)

// Area is a polygon or a circle: one of the two. Its boundary belongs to it.
type Area struct {
	// Polygon lists the corners, in one direction or the other; the last is joined to the first
	// without being repeated. A side is a straight line in latitude and longitude, and goes the
	// shorter way round the Earth: a polygon may lie across the antimeridian, but not
	// around a pole.
	Polygon []Point
	Circle  *Circle
}

// Point is a place, in 10^-7 degrees (WGS 84): north and east are positive.
type Point struct {
	LatitudeE7  int64
	LongitudeE7 int64
}

// Circle holds the places at most so far from its centre.
type Circle struct {
	Center       Point
	RadiusMeters int64
}

// Error says what is wrong with an area.
type Error struct {
	Field   string // JSON pointer to the faulty member
	Message string
}

// Error returns the message with the field in front.
func (e *Error) Error() string { return e.Field + ": " + e.Message }

func fault(field, format string, args ...any) *Error {
	return &Error{Field: field, Message: fmt.Sprintf(format, args...)}
}

// Validate returns what is wrong with the area, or nil; its pointer begins with at. Wrong are a
// polygon of fewer than MinCorners or more than MaxCorners, one that touches or crosses
// itself or has no inside, and one that spans 180 degrees of longitude or more; and
// a radius outside 1 to MaxRadiusMeters.
func (a Area) Validate(at string) *Error {
	switch {
	case (a.Circle != nil) == (len(a.Polygon) > 0):
		return fault(at, "must have a polygon or a circle, one of the two")
	case a.Circle != nil:
		return a.Circle.validate(at + "/circle")
	default:
		return validatePolygon(at+"/polygon", a.Polygon)
	}
}

// Contains reports whether a place is in the area or on its boundary. Of a place that is not
// on Earth it is false. The area must be valid.
func (a Area) Contains(p Point) bool {
	switch {
	case p.validate("") != nil:
		return false
	case a.Circle != nil:
		return a.Circle.contains(p)
	default:
		return flatten(a.Polygon[0], a.Polygon).contains(offset(a.Polygon[0], p))
	}
}

func (p Point) validate(at string) *Error {
	if p.LatitudeE7 < -maxLatitude || p.LatitudeE7 > maxLatitude {
		return fault(at+"/latitude", "must be from -90 to 90 degrees, in 10^-7 degrees")
	}
	if p.LongitudeE7 < -maxLongitude || p.LongitudeE7 > maxLongitude {
		return fault(at+"/longitude", "must be from -180 to 180 degrees, in 10^-7 degrees")
	}
	return nil
}
