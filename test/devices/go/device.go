// Command go is a device in Go, short enough to read: it makes a key, signs its registration, and signs, chains and
// publishes readings, and keeps each until the bridge has signed that the ledger has it (docs/device-protocol.md). The packages attest and senml do the envelope and the
// pack; all else is here and in the standard library.
package main

import (
	"crypto"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/chaincode/waymark/senml"
)

// Device has a key, and in a file the state of its chain.
type Device struct {
	ID, Consortium, KeyID string
	Key                   crypto.Signer
	Format                attest.Format

	path  string
	state state
}

// state is what a device must never forget: two messages with one number are a fork.
type state struct {
	Sequence uint64   `json:"sequence"` // of the last message signed
	Digest   []byte   `json:"digest"`   // of that message; the next carries it
	Waiting  [][]byte `json:"waiting"`  // signed, and not known to be on the ledger, oldest first
}

// Load reads the state of the chain from a file, which need not be there.
func (d *Device) Load(path string) error {
	d.path = path
	raw, err := os.ReadFile(path) //nolint:gosec // the device's own file
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read state: %w", err)
	}
	return json.Unmarshal(raw, &d.state)
}

// save has the state on the disk when it returns: the new one or, whatever happens, the old one.
func (d *Device) save(s state) error {
	raw, err := json.Marshal(s)
	if err != nil {
		return fmt.Errorf("write state: %w", err)
	}
	file, err := os.Create(d.path + ".new")
	if err != nil {
		return fmt.Errorf("write state: %w", err)
	}
	_, err = file.Write(raw)
	if err := errors.Join(err, file.Sync(), file.Close()); err != nil {
		return fmt.Errorf("write state: %w", err)
	}
	if err := os.Rename(d.path+".new", d.path); err != nil {
		return fmt.Errorf("write state: %w", err)
	}
	folder, err := os.Open(filepath.Dir(d.path))
	if err != nil {
		return fmt.Errorf("write state: %w", err)
	}
	if err := errors.Join(folder.Sync(), folder.Close()); err != nil {
		return fmt.Errorf("write state: %w", err)
	}
	d.state = s
	return nil
}

// Sign signs readings as the next message and keeps it until it is freed.
func (d *Device) Sign(readings []senml.Reading) error {
	kind, encode := attest.PackCBOR, senml.EncodeCBOR
	if d.Format == attest.JWS {
		kind, encode = attest.PackJSON, senml.EncodeJSON
	}
	payload, err := encode(readings)
	if err != nil {
		return err
	}
	h := d.header(kind)
	h.Sequence, h.Previous = d.state.Sequence+1, d.state.Digest
	signed, err := attest.Sign(d.Format, d.Key, h, payload)
	if err != nil {
		return err
	}
	return d.save(state{Sequence: h.Sequence, Digest: signed.Digest[:], Waiting: append(d.state.Waiting, signed.Raw)})
}

// Waiting returns what is to be published, in order: at a new start or connection, all of it again.
func (d *Device) Waiting() [][]byte { return d.state.Waiting }

// Registration is what the owner sends to the ledger: signed by the key that it names.
func (d *Device) Registration(owner, model string) (string, error) {
	jwk, err := attest.PublicJWK(d.Key)
	if err != nil {
		return "", err
	}
	return d.say(attest.Registration, waymark.Registration{Device: d.ID, Owner: owner, Model: model, KeyID: d.KeyID, JWK: jwk})
}

// Password is good at the broker for an hour.
func (d *Device) Password(now time.Time) (string, error) {
	return d.say(attest.Connect, attest.Login{IssuedAt: now.Unix(), ExpiresAt: now.Add(time.Hour).Unix()})
}

func (d *Device) header(kind attest.Kind) attest.Header {
	return attest.Header{Device: d.ID, Consortium: d.Consortium, KeyID: d.KeyID, Kind: kind}
}

// say signs a statement that is not part of the chain, as text.
func (d *Device) say(kind attest.Kind, statement any) (string, error) {
	signed, err := d.sign(kind, statement)
	return signed.Text(), err
}

func (d *Device) sign(kind attest.Kind, statement any) (attest.Signed, error) {
	payload, err := json.Marshal(statement)
	if err != nil {
		return attest.Signed{}, err
	}
	return attest.Sign(d.Format, d.Key, d.header(kind), payload)
}
