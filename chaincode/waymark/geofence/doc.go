// Package geofence says whether a place is in an area: a polygon or a circle, by
// integers alone, so that everyone comes to the same. It needs only the standard
// library.
package geofence
