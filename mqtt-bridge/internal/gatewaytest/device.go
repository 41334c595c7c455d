package gatewaytest

import (
	"crypto"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/chaincode/waymark/senml"
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
	return waymark.Device{ID: d.ID, Owner: owner, State: state, Keys: []waymark.DeviceKey{{ID: "k1", JWK: jwk}}}
}

// Next signs the device's next message.
func (d *Device) Next(t testing.TB) []byte {
	t.Helper()
	return d.sign(t, []byte(`[{"n":"t","u":"Cel","t":1.7e9,"v":4}]`)).Raw
}

// NextOf signs the device's next message, of about so many bytes.
func (d *Device) NextOf(t testing.TB, size int) []byte {
	t.Helper()
	return d.sign(t, []byte(`[{"n":"note","t":1.7e9,"vs":"`+strings.Repeat("x", size)+`"}]`)).Raw
}

// NextSealed signs the device's next message with one sealed reading, a text, and returns
// what it publishes: the message followed by the disclosure.
func (d *Device) NextSealed(t testing.TB, secret string) []byte {
	t.Helper()
	sealed, disclosure, err := senml.SealJSON(senml.Reading{Name: "note", Kind: senml.Text, Body: secret,
		Time: time.Unix(1.7e9, 0)}, senml.NewSalt())
	check(t, err)
	payload, err := senml.EncodeJSON([]senml.Reading{sealed})
	check(t, err)
	return []byte(attest.WithDisclosures(d.sign(t, payload).Text(), [][]byte{disclosure}))
}

// Say signs a statement of a kind that is of no stream, and returns what the device publishes.
func (d *Device) Say(t testing.TB, kind attest.Kind, statement any) []byte {
	t.Helper()
	payload, err := json.Marshal(statement)
	check(t, err)
	signed, err := attest.Sign(d.Format, d.Key, attest.Header{Device: d.ID, Consortium: Consortium, KeyID: "k1", Kind: kind}, payload)
	check(t, err)
	return signed.Raw
}

func (d *Device) sign(t testing.TB, payload []byte) attest.Signed {
	t.Helper()
	d.sequence++
	signed, err := attest.Sign(d.Format, d.Key, attest.Header{Device: d.ID, Consortium: Consortium, KeyID: "k1",
		Kind: attest.PackJSON, Sequence: d.sequence, Previous: d.previous}, payload)
	check(t, err)
	d.previous = signed.Digest[:]
	return signed
}

// Password signs a login that is good for an hour from the given time.
func (d *Device) Password(t testing.TB, from time.Time) string {
	t.Helper()
	signed, err := attest.Sign(attest.JWS, d.Key, attest.Header{Device: d.ID, Consortium: Consortium, KeyID: "k1",
		Kind: attest.Connect}, attest.NewLogin(from, time.Hour))
	check(t, err)
	return signed.Text()
}
