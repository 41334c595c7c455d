package geofence_test

import (
	"math"
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/waymark/geofence"
)

// ring makes n corners on a circle of some degrees.
func ring(n int) geofence.Area {
	var a geofence.Area
	for i := range n {
		north, east := math.Sincos(2 * math.Pi * float64(i) / float64(n))
		a.Polygon = append(a.Polygon, point(10*north, 10*east))
	}
	return a
}

func circle(latitude, longitude float64, meters int64) geofence.Area {
	return geofence.Area{Circle: &geofence.Circle{Center: point(latitude, longitude), RadiusMeters: meters}}
}

func TestValidate(t *testing.T) {
	both := ring(3)
	both.Circle = circle(0, 0, 1).Circle
	tests := []struct {
		name string
		give geofence.Area
		want string // the faulty member
	}{
		{"nothing", geofence.Area{}, ""},
		{"both", both, ""},
		{"two corners", ring(2), "/polygon"},
		{"33 corners", ring(33), "/polygon"},
		{"north of the pole", polygon(0, 0, 90.0000001, 0, 0, 1), "/polygon/1/latitude"},
		{"west of all", polygon(0, 0, 1, 0, 0, -180.0000001), "/polygon/2/longitude"},
		{"overflow", geofence.Area{Polygon: []geofence.Point{{}, {LatitudeE7: math.MinInt64}, {LatitudeE7: math.MaxInt64}}}, "/polygon/1/latitude"},
		{"closed as in GeoJSON", polygon(0, 0, 0, 1, 1, 1, 0, 0), "/polygon/3"},
		{"the antimeridian twice", polygon(0, 180, 1, 179, 0, -180), "/polygon/2"},
		{"in line", polygon(0, 0, 1, 1, 2, 2), "/polygon/2"},
		{"a spike", polygon(0, 0, 0, 4, 0, 2, 4, 2), "/polygon/1"},
		{"a spike at the first corner", polygon(0, 0, 0, 4, 4, 4, 0, 6), "/polygon/3"},
		{"an hourglass", polygon(0, 0, 1, 1, 1, 0, 0, 1), "/polygon/2"},
		{"a corner on a side", polygon(0, 0, 0, 4, 4, 4, 0, 2), "/polygon/2"},
		{"two sides on one another", polygon(0, 0, 0, 4, 1, 4, 0, 3, 0, 1, 1, 0), "/polygon/2"},
		{"half the Earth", polygon(0, -90, 0, 90, 1, 0), "/polygon"},
		{"around a pole", polygon(80, 0, 80, 120, 80, -120), "/polygon"},
		{"no radius", circle(0, 0, 0), "/circle/radius_meters"},
		{"radius too large", circle(0, 0, geofence.MaxRadiusMeters+1), "/circle/radius_meters"},
		{"radius overflow", circle(0, 0, math.MinInt64), "/circle/radius_meters"},
		{"centre nowhere", circle(-91, 0, 1), "/circle/center/latitude"},
	}
	for _, tt := range tests {
		if e := tt.give.Validate(at); e == nil || e.Field != at+tt.want || e.Message == "" {
			t.Errorf("%s: %v, want a fault at %s", tt.name, e, at+tt.want)
		}
	}
	for _, good := range []geofence.Area{ring(3), ring(32), polygon(0, 0, 0, 1, 0, 2, 1, 1), polygon(-90, -90, -90, 89.9999999, 90, 0),
		polygon(0, 179, 0, -179, 1, 180), circle(90, 180, 1), circle(-90, -180, geofence.MaxRadiusMeters)} {
		if e := good.Validate(at); e != nil {
			t.Errorf("%v: %v", good, e)
		}
	}
}
