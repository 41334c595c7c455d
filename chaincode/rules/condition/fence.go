package condition

import (
	"errors"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/geofence"
)

// areaOf reads a fence. It returns Invalid for a shape that is none, as a polygon that crosses itself.
func areaOf(at string, f waymark.Fence) (geofence.Area, error) {
	var area geofence.Area
	for _, corner := range f.Polygon {
		p, err := point(corner)
		if err != nil {
			return area, err
		}
		area.Polygon = append(area.Polygon, p)
	}
	if f.Circle != nil {
		center, err := point(f.Circle.Center)
		if err != nil {
			return area, err
		}
		area.Circle = &geofence.Circle{Center: center, RadiusMeters: f.Circle.RadiusMeters}
	}
	if err := area.Validate(at); err != nil {
		fault := &geofence.Error{Field: at, Message: err.Error()}
		errors.As(err, &fault)
		return area, waymark.InvalidField(fault.Field, "%s", fault.Message)
	}
	return area, nil
}

func point(p waymark.Position) (geofence.Point, error) {
	latitude, err := p.Latitude.Scaled(waymark.ScaleOf(waymark.UnitLatitude))
	if err != nil {
		return geofence.Point{}, err
	}
	longitude, err := p.Longitude.Scaled(waymark.ScaleOf(waymark.UnitLongitude))
	return geofence.Point{LatitudeE7: latitude, LongitudeE7: longitude}, err
}
