package geofence

import "math/bits"

// contains compares the haversines of two angles at the Earth's centre: that between the
// place and the circle's centre, and that of the radius.
//
//	hav(d/R) = sin²(d/2R) = sin²(Δlat/2) + cos(lat1) cos(lat2) sin²(Δlon/2)
//
// The Earth is a sphere of its mean radius. On WGS 84 a distance differs from that by at
// most 0.6 per cent, since the ellipsoid's radii of curvature are from 6335 to 6400 km.
// Against the formula the integers err by less than a millimetre: a haversine by at most some ten
// units of 2^-62, which weighs most at the rim of the smallest circle, and there is 0.2 mm.
func (c *Circle) contains(p Point) bool {
	north := sine(radians(distance(p.LatitudeE7, c.Center.LatitudeE7)))
	turn := distance(p.LongitudeE7, c.Center.LongitudeE7)
	east := sine(radians(min(turn, 2*maxLongitude-turn)))
	across := times(cosine(p.LatitudeE7), cosine(c.Center.LatitudeE7))
	radius := sine(reach(c.RadiusMeters))
	return times(north, north)+times(across, times(east, east)) <= times(radius, radius)
}

func (c *Circle) validate(at string) *Error {
	if c.RadiusMeters < 1 || c.RadiusMeters > MaxRadiusMeters {
		return fault(at+"/radius_meters", "must be from 1 to %d meters, is %d", MaxRadiusMeters, c.RadiusMeters)
	}
	return c.Center.validate(at + "/center")
}

// earthRadiusDecimeters is the mean one, (2a + b)/3 of WGS 84: 6371008.8 m.
const earthRadiusDecimeters = 63_710_088

// Fractions are kept in units of 2^-62.
const (
	fractionBits = 62
	unity        = 1 << fractionBits
	// perHalfStep is 2^94 pi/3600000000: the radians of half of 10^-7 degrees, in 2^-94.
	perHalfStep = 0xefe050567cbf1170
)

// distance is the difference of two angles in 10^-7 degrees. Taken as half steps, it is half
// the difference.
func distance(a, b int64) uint64 { return uint64(max(a, b) - min(a, b)) } //nolint:gosec // of two places on Earth, and not negative

// radians turns an angle of half steps of 10^-7 degrees, at most 90 degrees, into a fraction.
func radians(halfSteps uint64) uint64 {
	hi, lo := bits.Mul64(halfSteps, perHalfStep)
	return hi<<32 | lo>>32
}

// reach returns half the angle at the Earth's centre that a length on its surface has.
func reach(meters int64) uint64 {
	hi, lo := bits.Mul64(uint64(meters)*10, unity) //nolint:gosec // from 1 to MaxRadiusMeters
	angle, _ := bits.Div64(hi, lo, 2*earthRadiusDecimeters)
	return angle
}

// cosine of a latitude.
func cosine(latitudeE7 int64) uint64 {
	return sine(radians(2 * (maxLatitude - distance(latitudeE7, 0))))
}

// sine of an angle from 0 to a right one, by its series: x(1 - x²/(2*3) (1 - x²/(4*5) (1 - ...
func sine(x uint64) uint64 {
	square, sum := times(x, x), uint64(unity)
	for k := uint64(24); k > 0; k -= 2 { // what follows is below 2^-62
		sum = unity - times(square, sum)/(k*(k+1))
	}
	return times(x, sum)
}

// times returns the product of two fractions, rounded down.
func times(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	return hi<<(64-fractionBits) | lo>>fractionBits
}
