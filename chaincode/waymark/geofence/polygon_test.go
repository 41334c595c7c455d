package geofence_test

import (
	"math"
	"math/big"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/waymark-ledger/waymark/chaincode/waymark/geofence"
)

// polygon makes an area of pairs of degrees: latitude, longitude.
func polygon(degrees ...float64) geofence.Area {
	var a geofence.Area
	for pair := range slices.Chunk(degrees, 2) {
		a.Polygon = append(a.Polygon, point(pair[0], pair[1]))
	}
	return a
}

// exactlyInside is what a triangle holds, by integers without bound: a place is inside if it
// lies on no side's other hand. Its corners must span less than 180 degrees, and not
// the antimeridian.
func exactlyInside(corners []geofence.Point, p geofence.Point) bool {
	left, right := false, false
	for i, from := range corners {
		to := corners[(i+1)%len(corners)]
		one := new(big.Int).Mul(big.NewInt(to.LongitudeE7-from.LongitudeE7), big.NewInt(p.LatitudeE7-from.LatitudeE7))
		other := new(big.Int).Mul(big.NewInt(to.LatitudeE7-from.LatitudeE7), big.NewInt(p.LongitudeE7-from.LongitudeE7))
		turn := one.Cmp(other)
		left, right = left || turn > 0, right || turn < 0
	}
	return !left || !right
}

// TestTriangles compares with exact integers, over the whole range and close to the corners.
func TestTriangles(t *testing.T) {
	coordinates := rapid.Custom(func(rt *rapid.T) geofence.Point {
		return geofence.Point{LatitudeE7: rapid.Int64Range(-90e7, 90e7).Draw(rt, "latitude"), LongitudeE7: rapid.Int64Range(-90e7, 90e7-1).Draw(rt, "longitude")}
	})
	triangles := rapid.SliceOfN(coordinates, 3, 3).Filter(func(corners []geofence.Point) bool { // not in line
		return geofence.Area{Polygon: corners}.Validate("") == nil
	})
	rapid.Check(t, func(rt *rapid.T) {
		corners := triangles.Draw(rt, "corners")
		a := geofence.Area{Polygon: corners}
		// A place anywhere, one next to a corner, and one next to the middle of a side.
		near := corners[rapid.IntRange(0, 2).Draw(rt, "corner")]
		if rapid.Bool().Draw(rt, "side") {
			near = geofence.Point{LatitudeE7: (corners[0].LatitudeE7 + corners[1].LatitudeE7) / 2, LongitudeE7: (corners[0].LongitudeE7 + corners[1].LongitudeE7) / 2}
		}
		near.LatitudeE7 = min(90e7, max(-90e7, near.LatitudeE7+rapid.Int64Range(-3, 3).Draw(rt, "north")))
		near.LongitudeE7 += rapid.Int64Range(-3, 3).Draw(rt, "east")
		for _, p := range []geofence.Point{coordinates.Draw(rt, "p"), near, corners[2]} {
			if got, want := a.Contains(p), exactlyInside(corners, p); got != want {
				rt.Errorf("%v in %v: %t, want %t", p, corners, got, want)
			}
		}
	})
}

// TestTurnedAndMoved: neither where the list begins, nor its direction, nor the longitude at
// which it all lies changes what is inside.
func TestTurnedAndMoved(t *testing.T) {
	comb := polygon(0, 0, 0, 10, 10, 10, 10, 8, 3, 8, 3, 6, 10, 6, 10, 4, 3, 4, 3, 2, 10, 2, 10, 0).Polygon
	rapid.Check(t, func(rt *rapid.T) {
		p := geofence.Point{LatitudeE7: rapid.Int64Range(-1, 11).Draw(rt, "latitude") * 1e7, LongitudeE7: rapid.Int64Range(-1, 11).Draw(rt, "longitude") * 1e7}
		want := geofence.Area{Polygon: comb}.Contains(p)
		i := rapid.IntRange(0, len(comb)-1).Draw(rt, "first")
		turned := slices.Concat(comb[i:], comb[:i])
		if rapid.Bool().Draw(rt, "reverse") {
			slices.Reverse(turned)
		}
		east := rapid.Int64Range(0, 359).Draw(rt, "east") * 1e7
		for i := range turned {
			turned[i].LongitudeE7 = round(turned[i].LongitudeE7 + east)
		}
		a := geofence.Area{Polygon: turned}
		if e := a.Validate(at); e != nil {
			rt.Fatal(e)
		}
		p.LongitudeE7 = round(p.LongitudeE7 + east)
		if got := a.Contains(p); got != want {
			rt.Errorf("%v in %v: %t, want %t", p, turned, got, want)
		}
	})
}

// round brings a longitude back to -180 to 180 degrees.
func round(longitudeE7 int64) int64 {
	if longitudeE7 > 180e7 {
		longitudeE7 -= 360e7
	}
	return longitudeE7
}

// TestStars draws polygons of any number of corners around 0, 0, each side less than half a turn
// long: a place is inside if, in the cone of one side, it is not beyond that side.
func TestStars(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		n := rapid.IntRange(geofence.MinCorners, geofence.MaxCorners).Draw(rt, "corners")
		star := geofence.Area{Polygon: make([]geofence.Point, n)}
		for i := range star.Polygon {
			radius := float64(rapid.IntRange(100, 1000).Draw(rt, "radius"))
			north, east := math.Sincos(2 * math.Pi * (float64(i) + rapid.Float64Range(0, 0.45).Draw(rt, "angle")) / float64(n))
			star.Polygon[i] = geofence.Point{LatitudeE7: int64(radius * north), LongitudeE7: int64(radius * east)}
		}
		if e := star.Validate(at); e != nil {
			rt.Fatal(e)
		}
		for range 20 {
			p := geofence.Point{LatitudeE7: rapid.Int64Range(-1000, 1000).Draw(rt, "north"), LongitudeE7: rapid.Int64Range(-1000, 1000).Draw(rt, "east")}
			if got, want := star.Contains(p), inStar(star.Polygon, p); got != want {
				rt.Errorf("%v in %v: %t, want %t", p, star.Polygon, got, want)
			}
		}
	})
}

func inStar(corners []geofence.Point, p geofence.Point) bool {
	cross := func(a, b geofence.Point) int64 { return a.LongitudeE7*b.LatitudeE7 - a.LatitudeE7*b.LongitudeE7 }
	minus := func(a, b geofence.Point) geofence.Point {
		return geofence.Point{LatitudeE7: a.LatitudeE7 - b.LatitudeE7, LongitudeE7: a.LongitudeE7 - b.LongitudeE7}
	}
	for i, from := range corners {
		to := corners[(i+1)%len(corners)]
		if cross(from, p) >= 0 && cross(p, to) >= 0 && cross(minus(to, from), minus(p, from)) >= 0 {
			return true
		}
	}
	return false
}

// TestSwappedCorners: of places on a ring only their order around it is without a crossing.
func TestSwappedCorners(t *testing.T) {
	for n := 5; n <= geofence.MaxCorners; n++ {
		for i := range n {
			for j := range i {
				a := ring(n)
				a.Polygon[i], a.Polygon[j] = a.Polygon[j], a.Polygon[i]
				if a.Validate(at) == nil {
					t.Fatalf("corners %d and %d of %d swapped, and no crossing", j, i, n)
				}
			}
		}
	}
}

// FuzzArea: whatever the numbers, there is an answer; a valid polygon has its corners, and no
// place off the Earth.
func FuzzArea(f *testing.F) {
	f.Add(int64(0), int64(0), int64(10), int64(0), int64(0), int64(10), int64(3), int64(3), int64(5))
	f.Add(int64(90e7), int64(180e7), int64(-90e7), int64(-180e7), int64(0), int64(1), int64(1<<62), int64(-1<<62), int64(1_000_000))
	f.Fuzz(func(t *testing.T, a, b, c, d, e, g, north, east, radius int64) {
		corners := []geofence.Point{{LatitudeE7: a, LongitudeE7: b}, {LatitudeE7: c, LongitudeE7: d}, {LatitudeE7: e, LongitudeE7: g}}
		p := geofence.Point{LatitudeE7: north, LongitudeE7: east}
		for _, area := range []geofence.Area{{Polygon: corners}, {Circle: &geofence.Circle{Center: corners[0], RadiusMeters: radius}}} {
			if area.Validate(at) != nil {
				continue
			}
			if !area.Contains(corners[0]) {
				t.Errorf("%v does not hold %v", area, corners[0])
			}
			if off := north < -90e7 || north > 90e7 || east < -180e7 || east > 180e7; area.Contains(p) && off {
				t.Errorf("%v holds %v", area, p)
			}
		}
	})
}
