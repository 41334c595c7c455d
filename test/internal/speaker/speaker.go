// Package speaker is a device with a key, Ed25519, and its place in its chain in memory alone: one that
// benches let speak, and which keeps nothing.
package speaker

import (
	"crypto"
	"encoding/json"
	"fmt"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/chaincode/waymark/senml"
)

// Speaker is one device. It is not safe for concurrent use.
type Speaker struct {
	ID string

	header   attest.Header
	key      crypto.Signer
	sequence uint64
	previous []byte
}

// New makes a device whose messages are for a consortium.
func New(id, consortium string) (*Speaker, error) {
	key, err := attest.GenerateKey(attest.Ed25519)
	return &Speaker{ID: id, key: key, header: attest.Header{Device: id, Consortium: consortium, KeyID: "k1"}}, err
}

// Key is the device's public key.
func (s *Speaker) Key() (waymark.JWK, error) { return attest.PublicJWK(s.key) }

// Registration is what the owner registers the device by.
func (s *Speaker) Registration(owner string) (string, error) {
	jwk, err := attest.PublicJWK(s.key)
	if err != nil {
		return "", err
	}
	statement, err := json.Marshal(waymark.Registration{Device: s.ID, Owner: owner, Model: "TL-20", KeyID: s.header.KeyID, JWK: jwk})
	if err != nil {
		return "", fmt.Errorf("encode registration: %w", err)
	}
	signed, err := s.sign(attest.JWS, attest.Registration, statement)
	return signed.Text(), err
}

// Login is the device's password at its broker, for as long as one may be good.
func (s *Speaker) Login(now time.Time) (string, error) {
	signed, err := s.sign(attest.JWS, attest.Connect, attest.NewLogin(now, attest.MaxLoginLifetime))
	return signed.Text(), err
}

// sign signs what is not of the device's stream.
func (s *Speaker) sign(format attest.Format, kind attest.Kind, payload []byte) (attest.Signed, error) {
	h := s.header
	h.Kind = kind
	return attest.Sign(format, s.key, h, payload)
}

// Say is the next message of the device: a pack of temperatures, a millisecond apart, the first at a time.
func (s *Speaker) Say(at time.Time, readings int) (attest.Signed, error) {
	at = at.UTC().Truncate(time.Millisecond)
	pack := make([]senml.Reading, readings)
	for i := range pack {
		pack[i] = senml.Reading{Name: "temperature", Unit: "Cel", Value: 400 + int64(s.sequence+uint64(i))%200, Time: at.Add(time.Duration(i) * time.Millisecond)} //nolint:gosec // small
	}
	payload, err := senml.EncodeCBOR(pack)
	if err != nil {
		return attest.Signed{}, err
	}
	h := s.header
	h.Kind, h.Sequence, h.Previous = attest.PackCBOR, s.sequence+1, s.previous
	signed, err := attest.Sign(attest.COSE, s.key, h, payload)
	if err != nil {
		return attest.Signed{}, err
	}
	s.sequence, s.previous = s.sequence+1, signed.Digest[:]
	return signed, nil
}
