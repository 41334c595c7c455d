package device

import (
	"crypto"
	"errors"
	"fmt"
	"os"

	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
)

// ErrUnacknowledged is returned by Rotate while messages wait in the outbox: the
// ledger refuses messages of a key that has been replaced.
var ErrUnacknowledged = errors.New("messages in the outbox are signed with the old key: publish them, and wait until they are recorded, before you rotate")

// ErrRotating is returned by Sign between Rotate and Activate (or Abandon): no
// message may be signed with a key that the ledger may have replaced by now.
var ErrRotating = errors.New("a rotation is under way: activate or abandon it first")

// Rotate makes the next key and returns the signed request to rotate to it, for
// the owner to send to the ledger. Called again before Activate, it returns the
// same request.
func (d *Device) Rotate(algorithm attest.Algorithm) (string, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.profile.Rotation != "" {
		return d.profile.Rotation, nil
	}
	if len(d.journal.waiting) > 0 {
		return "", ErrUnacknowledged
	}
	p := d.profile
	p.NextKeyID = nextKeyID(d.dir)
	key, err := attest.GenerateKey(algorithm)
	if err != nil {
		return "", err
	}
	if p.Rotation, err = d.rotation(p, key); err != nil {
		return "", err
	}
	if err := saveKey(d.dir, p.NextKeyID, key); err != nil {
		return "", err
	}
	if err := p.save(d.dir); err != nil {
		return "", err
	}
	d.profile = p
	return p.Rotation, nil
}

func (d *Device) rotation(p profile, next crypto.Signer) (string, error) {
	inner, err := statement(p, p.NextKeyID, next)
	if err != nil {
		return "", err
	}
	signed, err := attest.Sign(attest.JWS, d.key, d.header(attest.Rotation), []byte(inner))
	if err != nil {
		return "", fmt.Errorf("sign rotation: %w", err)
	}
	return signed.Text(), nil
}

// Activate puts the key of Rotate in force. Call it once the rotation is on the
// ledger. Without a rotation under way it changes nothing.
func (d *Device) Activate() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.profile.NextKeyID == "" {
		return nil
	}
	p := d.profile
	p.KeyID, p.NextKeyID, p.Rotation = p.NextKeyID, "", ""
	key, err := loadKey(d.dir, p.KeyID)
	if err != nil {
		return err
	}
	if err := p.save(d.dir); err != nil {
		return err
	}
	d.profile, d.key = p, key
	return nil
}

// Abandon gives up a rotation that the ledger does not have and never will.
func (d *Device) Abandon() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	p := d.profile
	p.NextKeyID, p.Rotation = "", ""
	if err := p.save(d.dir); err != nil {
		return err
	}
	d.profile = p
	return nil
}

// nextKeyID is the first of k1, k2, ... that has no key file: an id is never
// used again, whatever became of its rotation.
func nextKeyID(home string) string {
	for n := 1; ; n++ {
		id := fmt.Sprintf("k%d", n)
		if _, err := os.Stat(keyPath(home, id)); errors.Is(err, os.ErrNotExist) {
			return id
		}
	}
}
