package geofence_test

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/geofence"
)

// place is in degrees.
type place struct{ Latitude, Longitude waymark.Decimal }

func (p place) point(t *testing.T) geofence.Point {
	t.Helper()
	latitude, err := p.Latitude.Scaled(7)
	if err != nil {
		t.Fatal(err)
	}
	longitude, err := p.Longitude.Scaled(7)
	if err != nil {
		t.Fatal(err)
	}
	return geofence.Point{LatitudeE7: latitude, LongitudeE7: longitude}
}

// shape is an area of test/vectors/geofence.json; its README says what the members mean.
type shape struct {
	Name    string
	Polygon []place
	Circle  *struct {
		Center       place
		RadiusMeters int64 `json:"radius_meters"`
	}
	Inside, Outside []place
	Field           string
}

func (s shape) area(t *testing.T) geofence.Area {
	t.Helper()
	var a geofence.Area
	for _, p := range s.Polygon {
		a.Polygon = append(a.Polygon, p.point(t))
	}
	if s.Circle != nil {
		a.Circle = &geofence.Circle{Center: s.Circle.Center.point(t), RadiusMeters: s.Circle.RadiusMeters}
	}
	return a
}

func TestVectors(t *testing.T) {
	data, err := os.ReadFile("../../../test/vectors/geofence.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Areas, Bad []shape }
	if err := json.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	if len(file.Areas) < 10 || len(file.Bad) < 10 {
		t.Fatalf("only %d areas and %d bad ones", len(file.Areas), len(file.Bad))
	}
	for _, v := range file.Areas {
		a := v.area(t)
		if e := a.Validate(""); e != nil {
			t.Errorf("%s: %v", v.Name, e)
			continue
		}
		for want, places := range map[bool][]place{true: v.Inside, false: v.Outside} {
			for _, p := range places {
				if got := a.Contains(p.point(t)); got != want {
					t.Errorf("%s: %v inside: %t", v.Name, p, got)
				}
			}
		}
	}
	for _, v := range file.Bad {
		if e := v.area(t).Validate(""); e == nil || e.Field != v.Field {
			t.Errorf("bad %s: %v, want a fault at %q", v.Name, e, v.Field)
		}
	}
}
