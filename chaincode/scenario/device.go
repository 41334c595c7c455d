package scenario

import (
	"crypto"
	"encoding/json"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/rules/registry"
	"github.com/waymark-ledger/waymark/chaincode/rules/telemetry"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/chaincode/waymark/senml"
)

// Device is a device that signs.
type Device struct {
	ID, Owner, KeyID string
	Edge             string // the device that holds the key and signs with it; empty if the device does
	Key              crypto.Signer
	Next             uint64
	Previous         []byte
	c                *Consortium
}

// NewDevice makes a device with a key that is not registered yet.
func (c *Consortium) NewDevice(id, owner string) *Device {
	return &Device{ID: id, Owner: owner, KeyID: "k1", Key: c.key(attest.Ed25519), Next: 1, c: c}
}

// Device makes a device and registers it.
func (c *Consortium) Device(id, owner string) *Device {
	c.T.Helper()
	d := c.NewDevice(id, owner)
	Must(c, c.As(owner, waymark.Operator), registry.RegisterDevice, waymark.RegisterDeviceRequest{Registration: d.Registration(), Activate: true})
	return d
}

// NewHeld makes a device for which an edge signs, with its own key. It is not registered yet.
func (c *Consortium) NewHeld(id string, edge *Device) *Device {
	return &Device{ID: id, Owner: edge.Owner, KeyID: "k1", Edge: edge.ID, Key: edge.Key, Next: 1, c: c}
}

// Held makes a device for which an edge signs and registers it.
func (c *Consortium) Held(id string, edge *Device) *Device {
	c.T.Helper()
	d := c.NewHeld(id, edge)
	Must(c, c.As(d.Owner, waymark.Operator), registry.RegisterDevice, waymark.RegisterDeviceRequest{Registration: d.Registration(), Activate: true})
	return d
}

func (c *Consortium) key(algorithm attest.Algorithm) crypto.Signer {
	key, err := attest.GenerateKey(algorithm)
	if err != nil {
		c.T.Fatal(err)
	}
	return key
}

// Statement is what the device says of itself.
func (d *Device) Statement() waymark.Registration {
	jwk, err := attest.PublicJWK(d.Key)
	if err != nil {
		d.c.T.Fatal(err)
	}
	return waymark.Registration{Device: d.ID, Owner: d.Owner, Model: "TL-20", KeyID: d.KeyID, JWK: jwk, Edge: d.Edge}
}

// Registration is the statement, signed.
func (d *Device) Registration() string {
	payload, err := json.Marshal(d.Statement())
	if err != nil {
		d.c.T.Fatal(err)
	}
	return d.sign(attest.Header{Device: d.ID, Consortium: Channel, KeyID: d.KeyID, Kind: attest.Registration}, payload).Text()
}

// Rotation makes a new key with an id and returns the signed request to rotate to it.
func (d *Device) Rotation(id string) string {
	next := *d
	next.Key, next.KeyID, next.Edge = d.c.key(attest.ES256), id, ""
	return d.RotationTo(next)
}

// RotationTo returns the signed request to rotate to the key of the same device with another one.
func (d *Device) RotationTo(next Device) string {
	old := *d
	d.Key, d.KeyID, d.Edge = next.Key, next.KeyID, next.Edge
	inner := d.Registration()
	return old.sign(attest.Header{Device: d.ID, Consortium: Channel, KeyID: old.KeyID, Kind: attest.Rotation}, []byte(inner)).Text()
}

// Replacement makes a new key with an id and returns its signed registration.
func (d *Device) Replacement(id string) string {
	d.Key, d.KeyID, d.Edge = d.c.key(attest.Ed25519), id, ""
	return d.Registration()
}

// Present signs what the device says of its presence.
func (d *Device) Present(p waymark.Presence) string {
	payload, err := json.Marshal(p)
	if err != nil {
		d.c.T.Fatal(err)
	}
	return d.Sign(attest.Header{Device: d.ID, Consortium: Channel, KeyID: d.KeyID, Kind: attest.Presence}, payload)
}

// Attest signs what the device says at a handoff: the number of its last message, and what
// it found of seals.
func (d *Device) Attest(h waymark.Handoff, seals []waymark.Seal) string {
	return d.AttestAs(waymark.Attestation{Shipment: h.Shipment, Handoff: h.Number, Nonce: h.Nonce, Last: d.Next - 1, Seals: seals, At: d.c.Now.Unix()})
}

// AttestAs signs an attestation as it is.
func (d *Device) AttestAs(a waymark.Attestation) string {
	payload, err := json.Marshal(a)
	if err != nil {
		d.c.T.Fatal(err)
	}
	return d.Sign(attest.Header{Device: d.ID, Consortium: Channel, KeyID: d.KeyID, Kind: attest.Attestation}, payload)
}

// Pack signs the next message of the stream, with one temperature for each value
// in centi-degrees, a second apart, the first one now.
func (d *Device) Pack(centiCelsius ...int64) string {
	text, _ := d.PackDigest(centiCelsius...)
	return text
}

// PackDigest is Pack that returns the digest too.
func (d *Device) PackDigest(centiCelsius ...int64) (string, attest.Digest) {
	var readings []senml.Reading
	for i, value := range centiCelsius {
		readings = append(readings, senml.Reading{Name: "temperature", Unit: "Cel", Value: value, Time: d.c.Now.Add(time.Duration(i) * time.Second)})
	}
	payload, err := senml.EncodeJSON(readings)
	if err != nil {
		d.c.T.Fatal(err)
	}
	return d.next(payload)
}

// PackSealed signs the next message of the stream with readings of now that it seals, and
// returns it alone and with its disclosures.
func (d *Device) PackSealed(readings ...senml.Reading) (message, withDisclosures string) {
	var disclosures [][]byte
	for i, r := range readings {
		r.Time = d.c.Now
		sealed, disclosure, err := senml.SealJSON(r, senml.NewSalt())
		if err != nil {
			d.c.T.Fatal(err)
		}
		readings[i], disclosures = sealed, append(disclosures, disclosure)
	}
	payload, err := senml.EncodeJSON(readings)
	if err != nil {
		d.c.T.Fatal(err)
	}
	message, _ = d.next(payload)
	return message, attest.WithDisclosures(message, disclosures)
}

// SignPack signs the next message of the stream with any pack in SenML JSON.
func (d *Device) SignPack(payload []byte) string {
	text, _ := d.next(payload)
	return text
}

func (d *Device) next(payload []byte) (string, attest.Digest) {
	signed := d.sign(d.Header(), payload)
	d.Next, d.Previous = d.Next+1, signed.Digest[:]
	return signed.Text(), signed.Digest
}

// Header is the header of the next message.
func (d *Device) Header() attest.Header {
	return attest.Header{Device: d.ID, Consortium: Channel, KeyID: d.KeyID, Kind: attest.PackJSON, Sequence: d.Next, Previous: d.Previous}
}

// Sign signs any payload under any header with the device's key.
func (d *Device) Sign(h attest.Header, payload []byte) string { return d.sign(h, payload).Text() }

func (d *Device) sign(h attest.Header, payload []byte) attest.Signed {
	signed, err := attest.Sign(attest.JWS, d.Key, h, payload)
	if err != nil {
		d.c.T.Fatal(err)
	}
	return signed
}

// Record submits messages through a relay and returns their outcomes.
func (c *Consortium) Record(messages ...string) []waymark.MessageResult {
	c.T.Helper()
	return Must(c, c.As("producer", waymark.Relay), telemetry.Record, waymark.RecordRequest{Messages: messages}).Results
}
