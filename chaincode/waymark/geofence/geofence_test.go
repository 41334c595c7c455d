package geofence_test

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"github.com/waymark-ledger/waymark/chaincode/waymark/geofence"
)

const at = "/conditions/0/area"

// point makes a place of degrees.
func point(latitude, longitude float64) geofence.Point {
	return geofence.Point{LatitudeE7: int64(math.Round(latitude * 1e7)), LongitudeE7: int64(math.Round(longitude * 1e7))}
}

// haversine is the distance in meters on the sphere, in floating point.
func haversine(a, b geofence.Point) float64 {
	radians := func(e7 int64) float64 { return float64(e7) * math.Pi / 180e7 }
	north, east := math.Sin(radians(a.LatitudeE7-b.LatitudeE7)/2), math.Sin(radians(a.LongitudeE7-b.LongitudeE7)/2)
	h := north*north + math.Cos(radians(a.LatitudeE7))*math.Cos(radians(b.LatitudeE7))*east*east
	return 2 * 6371008.8 * math.Asin(math.Sqrt(min(h, 1)))
}

// TestCircleIsRightToTheMillimetre draws places near the rim, where alone it matters.
func TestCircleIsRightToTheMillimetre(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		center := geofence.Point{
			LatitudeE7:  rapid.Int64Range(-90e7, 90e7).Draw(rt, "latitude"),
			LongitudeE7: rapid.Int64Range(-180e7, 180e7).Draw(rt, "longitude"),
		}
		radius := rapid.Int64Range(1, geofence.MaxRadiusMeters).Draw(rt, "radius")
		place := onRim(center, float64(radius)+rapid.Float64Range(-2, 2).Draw(rt, "off"), rapid.Float64Range(0, 2*math.Pi).Draw(rt, "bearing"))
		a := geofence.Area{Circle: &geofence.Circle{Center: center, RadiusMeters: radius}}
		if e := a.Validate(at); e != nil {
			rt.Fatal(e)
		}
		d := haversine(center, place)
		if got := a.Contains(place); math.Abs(d-float64(radius)) > 0.001 && got != (d < float64(radius)) {
			rt.Errorf("%v at %.4f m of %d m from %v: %t", place, d, radius, center, got)
		}
	})
}

// onRim returns about the place that lies so many meters from another, on a bearing.
func onRim(from geofence.Point, meters, bearing float64) geofence.Point {
	lat, lon, angle := float64(from.LatitudeE7)*math.Pi/180e7, float64(from.LongitudeE7)*math.Pi/180e7, meters/6371008.8
	to := math.Asin(math.Sin(lat)*math.Cos(angle) + math.Cos(lat)*math.Sin(angle)*math.Cos(bearing))
	lon += math.Atan2(math.Sin(bearing)*math.Sin(angle)*math.Cos(lat), math.Cos(angle)-math.Sin(lat)*math.Sin(to))
	return point(to*180/math.Pi, math.Remainder(lon, 2*math.Pi)*180/math.Pi)
}
