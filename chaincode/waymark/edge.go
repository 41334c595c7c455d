package waymark

import (
	"slices"
	"time"
)

// CheckEdge checks that the edge which holds a key for the device signs with it at a time: it is another
// device of the same owner and active, and has the key itself, in force. A key that the device has
// itself needs no edge. edge is nil if there is no such device.
//
// Codes: Forbidden with ReasonEdge for an edge that does not sign for the device, Unauthenticated with ReasonKey
// for a key that is not, or no longer, the edge's own.
func (d Device) CheckEdge(edge *Device, k DeviceKey, at time.Time) error {
	if k.Edge == "" {
		return nil
	}
	what := ""
	switch {
	case k.Edge == d.ID:
		what = "is the device itself"
	case edge == nil:
		what = "is not registered"
	case edge.Owner != d.Owner:
		what = "does not belong to " + d.Owner
	case edge.State != DeviceActive:
		what = "is " + string(edge.State)
	}
	if what != "" {
		return Errorf(Forbidden, "edge %s, which holds key %s of device %s, %s", k.Edge, k.ID, d.ID, what).Because(ReasonEdge)
	}
	own, found := edge.OwnKey(k.JWK)
	if _, inForce := edge.KeyInForce(own.ID, at); !found || !inForce {
		return Errorf(Unauthenticated, "key %s of device %s is not in force at edge %s, as its own", k.ID, d.ID, k.Edge).Because(ReasonKey)
	}
	return nil
}

// OwnKey returns the key that the device has or had itself, by what it is: one that an edge holds
// for it is none.
func (d Device) OwnKey(jwk JWK) (key DeviceKey, found bool) {
	for _, k := range d.Keys {
		if k.JWK == jwk && k.Edge == "" {
			return k, true
		}
	}
	return DeviceKey{}, false
}

// Edges are the devices that hold a key of the device which is in force for a transaction of time at, each once, by the
// newest of these keys first: while keys overlap there can be several, and the device have one itself beside.
func (d Device) Edges(at time.Time) []string {
	var edges []string
	for _, k := range slices.Backward(d.Keys) {
		if k.Edge != "" && k.InForce(d.JudgedAt(at)) && !slices.Contains(edges, k.Edge) {
			edges = append(edges, k.Edge)
		}
	}
	return edges
}

// Edge is the first of Edges; empty for a device that nobody but itself signs for.
func (d Device) Edge(at time.Time) string {
	if edges := d.Edges(at); len(edges) > 0 {
		return edges[0]
	}
	return ""
}
