package device

import (
	"crypto"
	"encoding/json"
	"fmt"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
)

// Enroll notes who owns the device, what it is and for which consortium it
// speaks, and returns the signed registration that the owner sends to the
// ledger. Empty arguments keep what was noted before.
func (d *Device) Enroll(owner, model, consortium string) (string, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	p := d.profile
	p.Owner, p.Model, p.Consortium = or(owner, p.Owner), or(model, p.Model), or(consortium, p.Consortium)
	text, err := statement(p, p.KeyID, d.key)
	if err != nil {
		return "", err
	}
	if err := p.save(d.dir); err != nil {
		return "", err
	}
	d.profile = p
	return text, nil
}

func or(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}

// Registration returns the signed registration of the key in force.
func (d *Device) Registration() (string, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return statement(d.profile, d.profile.KeyID, d.key)
}

// statement signs a registration of key under its id with that key itself.
func statement(p profile, keyID string, key crypto.Signer) (string, error) {
	jwk, err := attest.PublicJWK(key)
	if err != nil {
		return "", err
	}
	r := waymark.Registration{Device: p.ID, Owner: p.Owner, Model: p.Model, KeyID: keyID, JWK: jwk}
	if err := r.Validate(); err != nil {
		return "", fmt.Errorf("registration of %s: %w", p.ID, err)
	}
	payload, err := json.Marshal(r)
	if err != nil {
		return "", fmt.Errorf("encode registration: %w", err)
	}
	h := attest.Header{Device: p.ID, Consortium: p.Consortium, KeyID: keyID, Kind: attest.Registration}
	signed, err := attest.Sign(attest.JWS, key, h, payload)
	if err != nil {
		return "", fmt.Errorf("sign registration: %w", err)
	}
	return signed.Text(), nil
}
