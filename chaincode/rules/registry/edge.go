package registry

import (
	"time"

	"github.com/waymark-ledger/waymark/chaincode/rules/access"
	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// Edges are the devices that sign for others, as one transaction sees them: each is read once.
type Edges struct {
	reader ledger.Reader
	known  map[string]*edge
}

// edge is what is known of one.
type edge struct {
	device  *waymark.Device // nil if there is none
	revoked map[string]bool // by key id: a certificate that the key came with is
}

// NewEdges makes the edges of a transaction.
func NewEdges(r ledger.Reader) *Edges { return &Edges{reader: r, known: map[string]*edge{}} }

// of returns what is known of an edge.
func (e *Edges) of(id string) (*edge, error) {
	if known := e.known[id]; known != nil {
		return known, nil
	}
	device, err := ledger.Load[waymark.Device](e.reader, ledger.DeviceKey(id))
	if err != nil {
		return nil, err
	}
	e.known[id] = &edge{device: device, revoked: map[string]bool{}}
	return e.known[id], nil
}

// Holds checks that the edge which holds a key for a device signs with it at a time, as Device.CheckEdge says, and that
// no certificate is revoked that the key came with at the edge. It passes a key that the device has itself.
//
// Codes: Forbidden for an edge that does not sign for the device, Unauthenticated for a key that is not, or no longer,
// the edge's own; Internal if the ledger cannot be read.
func (e *Edges) Holds(d *waymark.Device, k waymark.DeviceKey, now time.Time) error {
	if k.Edge == "" {
		return nil
	}
	known, err := e.of(k.Edge)
	if err != nil {
		return err
	}
	if err := d.CheckEdge(known.device, k, now); err != nil {
		return err
	}
	own, _ := known.device.OwnKey(k.JWK)
	revoked, err := known.certificateRevoked(e.reader, own)
	if err == nil && revoked {
		err = waymark.Errorf(waymark.Unauthenticated, "a certificate that the key of edge %s came with is revoked", k.Edge).Because(waymark.ReasonRevoked)
	}
	return err
}

func (e *edge) certificateRevoked(r ledger.Reader, own waymark.DeviceKey) (bool, error) {
	if revoked, known := e.revoked[own.ID]; known {
		return revoked, nil
	}
	revoked, err := CertificateRevoked(r, own)
	if err == nil {
		e.revoked[own.ID] = revoked
	}
	return revoked, err
}

// Disputed reports whether what was recorded of a device at a time under a key is disputed: the
// key has been revoked back to that time or before, by the device's owner or at the edge that held it.
func (e *Edges) Disputed(d *waymark.Device, keyID string, recorded time.Time) (bool, error) {
	k, _ := d.Key(keyID)
	if k.Edge == "" || d.Disputed(keyID, recorded) {
		return d.Disputed(keyID, recorded), nil
	}
	known, err := e.of(k.Edge)
	if err != nil || known.device == nil {
		return false, err
	}
	own, _ := known.device.OwnKey(k.JWK)
	return known.device.Disputed(own.ID, recorded), nil
}

// Speaks checks that what a device signed with one of its keys is to be believed now: the device is active, the
// key in force, no certificate revoked that it came with, and an edge that holds it signs.
//
// Codes: Forbidden, Unauthenticated; Internal if the ledger cannot be read.
func Speaks(l ledger.Ledger, d *waymark.Device, k waymark.DeviceKey) error {
	now, device := l.Tx().Time, access.DeviceBy(*d, k)
	if err := access.AuthorizeRequest(access.Request{Principal: device, Action: waymark.ActReport, Resource: device}); err != nil {
		return err
	}
	if _, inForce := d.KeyInForce(k.ID, now); !inForce {
		return waymark.Errorf(waymark.Unauthenticated, "key %s of device %s is not in force", k.ID, d.ID).Because(waymark.ReasonKey)
	}
	revoked, err := CertificateRevoked(l, k)
	if err != nil {
		return err
	}
	if revoked {
		return waymark.Errorf(waymark.Unauthenticated, "a certificate that key %s of device %s came with is revoked", k.ID, d.ID).Because(waymark.ReasonRevoked)
	}
	return NewEdges(l).Holds(d, k, now)
}
