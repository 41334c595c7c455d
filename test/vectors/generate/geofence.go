package main

import (
	"fmt"
	"math"
	"slices"
)

// geofences is the content of geofence.json.
type geofences struct {
	About string       `json:"about"`
	Areas []areaVector `json:"areas"`
	Bad   []badArea    `json:"bad"`
}

// areaVector is an area, with places that are in it and places that are not.
type areaVector struct {
	Name    string  `json:"name"`
	About   string  `json:"about"`
	Polygon []place `json:"polygon,omitempty"`
	Circle  *circle `json:"circle,omitempty"`
	Inside  []place `json:"inside"`
	Outside []place `json:"outside"`
}

// badArea is one that is refused, with the pointer to what is wrong.
type badArea struct {
	Name    string  `json:"name"`
	Polygon []place `json:"polygon,omitempty"`
	Circle  *circle `json:"circle,omitempty"`
	Field   string  `json:"field"`
}

// place is in degrees.
type place struct {
	Latitude  string `json:"latitude"`
	Longitude string `json:"longitude"`
}

type circle struct {
	Center       place `json:"center"`
	RadiusMeters int64 `json:"radius_meters"`
}

// places makes them of pairs of degrees: latitude, longitude.
func places(pairs ...string) []place {
	list := []place{}
	for pair := range slices.Chunk(pairs, 2) {
		list = append(list, place{pair[0], pair[1]})
	}
	return list
}

func geofenceFile() *geofences {
	return &geofences{
		About: "Places in areas; README.md says how to read this file.",
		Areas: append(polygons(), circles()...),
		Bad:   badAreas(),
	}
}

func polygons() []areaVector {
	return []areaVector{
		{
			Name: "triangle", About: "sides and corners are inside; a step of 10^-7 degrees beside them is not",
			Polygon: places("52", "4", "52", "5", "53", "4"),
			Inside:  places("52.2", "4.2", "52", "4", "53", "4", "52", "4.5", "52.5", "4.5", "52.4999999", "4.5", "52.25", "4.75"),
			Outside: places("52.6", "4.6", "52.5000001", "4.5", "52.5", "4.5000001", "51.9999999", "4.5", "52.5", "3.9999999", "53.0000001", "4", "52", "5.0000001"),
		},
		{
			Name: "clockwise", About: "the direction does not matter",
			Polygon: places("53", "4", "52", "5", "52", "4"),
			Inside:  places("52.2", "4.2", "52", "4"), Outside: places("52.6", "4.6"),
		},
		{
			Name: "notch", About: "a hollow side; places at the height of a corner",
			Polygon: places("0", "0", "0", "10", "10", "10", "5", "5", "10", "0"),
			Inside:  places("5", "2", "5", "8", "5", "5", "4", "5", "10", "0", "10", "10"),
			Outside: places("6", "5", "10", "5", "5", "-1", "5", "11", "10", "-1", "10", "11"),
		},
		{
			Name: "antimeridian", About: "a side goes the shorter way round: across 180 degrees",
			Polygon: places("-10", "170", "-10", "-170", "10", "-170", "10", "170"),
			Inside:  places("0", "175", "0", "-175", "0", "180", "0", "-180", "0", "170", "10", "-170"),
			Outside: places("0", "169.9999999", "0", "-169.9999999", "0", "0", "11", "180"),
		},
		{
			Name: "straight corner", About: "a corner in the middle of a straight side",
			Polygon: places("0", "0", "0", "1", "0", "2", "1", "1"),
			Inside:  places("0", "1", "0.5", "1"), Outside: places("-0.0000001", "1", "0", "2.0000001"),
		},
		{
			Name: "thin", About: "narrower than a step of 10^-7 degrees, over half the Earth: the products need 63 bits",
			Polygon: places("-90", "-90", "90", "89.9999998", "90", "89.9999999"),
			Inside:  places("90", "89.9999998", "-90", "-90", "0", "-0.0000001"), Outside: places("0", "0", "0", "-0.0000002", "45", "-45"),
		},
	}
}

// earthMeters is the mean radius of WGS 84, (2a + b)/3.
const earthMeters = 6371008.8

// along returns the longitudes of the last place inside and the first outside of a circle
// around 0, 0, on the equator, where the distance is the angle.
func along(meters int64) (last, first string) {
	steps := int64(math.Floor(float64(meters) / earthMeters * 180 / math.Pi * 1e7))
	text := func(steps int64) string { return fmt.Sprintf("%d.%07d", steps/1e7, steps%1e7) }
	return text(steps), text(steps + 1)
}

func circles() []areaVector {
	var made []areaVector
	for _, meters := range []int64{1, 10, 500, 20_000, 1_000_000} {
		last, first := along(meters)
		made = append(made, areaVector{
			Name: fmt.Sprintf("circle of %d m", meters), About: "its last place and the first beyond, in all four directions",
			Circle:  &circle{place{"0", "0"}, meters},
			Inside:  places("0", last, "0", "-"+last, last, "0", "-"+last, "0", "0", "0"),
			Outside: places("0", first, "0", "-"+first, first, "0", "-"+first, "0", "0", "180"),
		})
	}
	last, first := along(5_000)
	return append(made,
		areaVector{
			Name: "circle on the antimeridian", About: "across 180 degrees",
			Circle: &circle{place{"0", "180"}, 5_000},
			Inside: places("0", "-180", "0", "179.96", "0", "-179.96", last, "180"), Outside: places("0", "179.95", "0", "-179.95", first, "-180", "0", "0"),
		},
		areaVector{
			Name: "circle around the pole", About: "every longitude is near",
			Circle: &circle{place{"90", "0"}, 1_000},
			Inside: places("90", "123", "89.9911", "0", "89.9911", "180", "89.9911", "-90"), Outside: places("89.991", "0", "89.991", "90", "-90", "0"),
		},
	)
}

func badAreas() []badArea {
	return []badArea{
		{Name: "neither", Field: ""},
		{Name: "both", Polygon: places("0", "0", "0", "1", "1", "0"), Circle: &circle{place{"0", "0"}, 1}, Field: ""},
		{Name: "two corners", Polygon: places("0", "0", "0", "1"), Field: "/polygon"},
		{Name: "north of the pole", Polygon: places("0", "0", "90.0000001", "0", "0", "1"), Field: "/polygon/1/latitude"},
		{Name: "east of all", Polygon: places("0", "0", "1", "0", "0", "180.0000001"), Field: "/polygon/2/longitude"},
		{Name: "first corner repeated", Polygon: places("0", "0", "0", "1", "1", "1", "0", "0"), Field: "/polygon/3"},
		{Name: "one place by two names", Polygon: places("0", "180", "1", "179", "0", "-180"), Field: "/polygon/2"},
		{Name: "in line", Polygon: places("0", "0", "1", "1", "2", "2"), Field: "/polygon/2"},
		{Name: "hourglass", Polygon: places("0", "0", "1", "1", "1", "0", "0", "1"), Field: "/polygon/2"},
		{Name: "corner on a side", Polygon: places("0", "0", "0", "4", "4", "4", "0", "2"), Field: "/polygon/2"},
		{Name: "spike", Polygon: places("0", "0", "0", "4", "0", "2", "4", "2"), Field: "/polygon/1"},
		{Name: "half the Earth", Polygon: places("0", "-90", "0", "90", "1", "0"), Field: "/polygon"},
		{Name: "around a pole", Polygon: places("80", "0", "80", "120", "80", "-120"), Field: "/polygon"},
		{Name: "no radius", Circle: &circle{place{"0", "0"}, 0}, Field: "/circle/radius_meters"},
		{Name: "radius too large", Circle: &circle{place{"0", "0"}, 1_000_001}, Field: "/circle/radius_meters"},
		{Name: "centre nowhere", Circle: &circle{place{"-90.0000001", "0"}, 1}, Field: "/circle/center/latitude"},
	}
}
