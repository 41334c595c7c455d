package gatewaytest

import (
	"crypto"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
)

// Consortium is the audience of the fake's devices.
const Consortium = "waymark"

// Device signs as a real one does.
type Device struct {
	ID       string
	Key      crypto.Signer
	Format   attest.Format
	sequence uint64
	previous []byte
}

// NewDevice makes a device that the gateway does not know yet.
func NewDevice(t testing.TB, id string, format attest.Format) *Device {
	t.Helper()
	key, err := attest.GenerateKey(attest.Ed25519)
	check(t, err)
	return &Device{ID: id, Key: key, Format: format}
}

// Record is what the registry says of the device, in the given state.
func (d *Device) Record(t testing.TB, state waymark.DeviceState) waymark.Device {
	t.Helper()
	jwk, err := attest.PublicJWK(d.Key)
	check(t, err)
	return waymark.Device{ID: d.ID, Owner: "producer", State: state, Keys: []waymark.DeviceKey{{ID: "k1", JWK: jwk}}}
}

// Next signs the device's next message.
func (d *Device) Next(t testing.TB) []byte {
	t.Helper()
	d.sequence++
	signed, err := attest.Sign(d.Format, d.Key, attest.Header{Device: d.ID, Consortium: Consortium, KeyID: "k1",
		Kind: attest.PackJSON, Sequence: d.sequence, Previous: d.previous}, []byte(`[{"n":"t","u":"Cel","t":1.7e9,"v":4}]`))
	check(t, err)
	d.previous = signed.Digest[:]
	return signed.Raw
}

// Password signs a login that is good for an hour from the given time.
func (d *Device) Password(t testing.TB, from time.Time) string {
	t.Helper()
	signed, err := attest.Sign(attest.JWS, d.Key, attest.Header{Device: d.ID, Consortium: Consortium, KeyID: "k1",
		Kind: attest.Connect}, attest.NewLogin(from, time.Hour))
	check(t, err)
	return signed.Text()
}
