package geofence

import (
	"cmp"
	"strconv"
)

// flat is a place in the plane of a polygon: degrees north of the equator and east of the
// polygon's first corner, in 10^-7. East is from -180 degrees to less than 180.
type flat struct{ north, east int64 }

// offset places p in the plane of a polygon that begins at origin.
func offset(origin, p Point) flat {
	east := p.LongitudeE7 - origin.LongitudeE7
	switch {
	case east >= maxLongitude:
		east -= 2 * maxLongitude
	case east < -maxLongitude:
		east += 2 * maxLongitude
	}
	return flat{p.LatitudeE7, east}
}

// outline is the corners of a polygon in its plane.
type outline []flat

func flatten(origin Point, corners []Point) outline {
	o := make(outline, len(corners))
	for i, corner := range corners {
		o[i] = offset(origin, corner)
	}
	return o
}

func validatePolygon(at string, corners []Point) *Error {
	if n := len(corners); n < MinCorners || n > MaxCorners {
		return fault(at, "must have from %d to %d corners, has %d", MinCorners, MaxCorners, n)
	}
	for i, corner := range corners {
		if e := corner.validate(at + "/" + strconv.Itoa(i)); e != nil {
			return e
		}
	}
	o := flatten(corners[0], corners)
	if o.width() >= maxLongitude {
		return fault(at, "spans 180 degrees of longitude or more: make it several areas")
	}
	for i, corner := range o {
		for j, other := range o[:i] {
			if corner == other {
				return fault(at+"/"+strconv.Itoa(i), "is the same place as corner %d", j)
			}
		}
	}
	return o.validateSides(at)
}

func (o outline) width() int64 {
	west, east := o[0].east, o[0].east
	for _, corner := range o {
		west, east = min(west, corner.east), max(east, corner.east)
	}
	return east - west
}

// validateSides refuses an outline that meets itself anywhere but where one side ends and
// the next begins. One whose corners are all on a line does, so what is left has an inside.
func (o outline) validateSides(at string) *Error {
	for i := range o {
		for j := range i {
			if o.side(i).meets(o.side(j)) {
				return fault(at+"/"+strconv.Itoa(i), "begins a side that touches the one that begins at corner %d: a polygon must not touch or cross itself", j)
			}
		}
	}
	return nil
}

// side returns side i, from corner i to the next.
func (o outline) side(i int) side { return side{o[i], o[(i+1)%len(o)]} }

// contains counts the sides that are crossed on the way east.
func (o outline) contains(p flat) bool {
	inside := false
	for i := range o {
		s := o.side(i)
		if s.has(p) {
			return true
		}
		up := s.to.north > p.north
		if (s.from.north > p.north) != up && (s.turn(p) > 0) == up {
			inside = !inside
		}
	}
	return inside
}

// side is a straight line between two corners.
type side struct{ from, to flat }

// turn is positive if p is to the left of the side, negative if to the right, 0 if in line
// with it. It compares two products rather than subtract them: differences of north are at
// most 1.8e9 and those of east below 3.6e9, so each product fits an int64, and their difference
// might not.
func (s side) turn(p flat) int {
	return cmp.Compare(
		(s.to.east-s.from.east)*(p.north-s.from.north),
		(s.to.north-s.from.north)*(p.east-s.from.east))
}

// has reports whether p is on the side, ends included.
func (s side) has(p flat) bool {
	return s.turn(p) == 0 &&
		between(p.north, s.from.north, s.to.north) && between(p.east, s.from.east, s.to.east)
}

// meets reports whether two sides have a place in common, other than a corner that ends both.
func (s side) meets(o side) bool {
	if s.touches(o.from) || s.touches(o.to) || o.touches(s.from) || o.touches(s.to) {
		return true
	}
	return s.turn(o.from)*s.turn(o.to) < 0 && o.turn(s.from)*o.turn(s.to) < 0
}

// touches reports whether p is on the side but not at an end.
func (s side) touches(p flat) bool { return p != s.from && p != s.to && s.has(p) }

func between(x, a, b int64) bool { return min(a, b) <= x && x <= max(a, b) }
