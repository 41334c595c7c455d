package device

import (
	"crypto"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
)

// Settings say which device to create.
type Settings struct {
	ID         string           // the device id, also its MQTT client id and user name
	Algorithm  attest.Algorithm // of its key; empty means Ed25519
	Consortium string           // the audience of its messages; empty means DefaultConsortium
	Owner      string           // the member that is to register it; may be empty until Enroll
	Model      string           // what it is; may be empty until Enroll
}

// DefaultConsortium is the audience of messages when nothing else is said.
const DefaultConsortium = "waymark"

// firstKeyID names the key that a device is created with.
const firstKeyID = "k1"

// ErrExists is returned by Create for a device that is there already.
var ErrExists = errors.New("the device exists already")

// Device is one device with its folder. It is safe for concurrent use; the
// folder is locked against other processes until Close.
type Device struct {
	dir  string
	lock *os.File

	mu      sync.Mutex
	profile profile
	key     crypto.Signer
	journal *journal
}

// Create makes a device with a new key in dir/ID and opens it. It returns
// ErrExists if there is one, and an Invalid error for a bad id or algorithm.
func Create(dir string, s Settings) (*Device, error) {
	if err := waymark.ValidateID("/id", s.ID); err != nil {
		return nil, err
	}
	p := profile{ID: s.ID, Consortium: s.Consortium, Owner: s.Owner, Model: s.Model, KeyID: firstKeyID}
	if p.Consortium == "" {
		p.Consortium = DefaultConsortium
	}
	if s.Algorithm == "" {
		s.Algorithm = attest.Ed25519
	}
	key, err := attest.GenerateKey(s.Algorithm)
	if err != nil {
		return nil, err
	}
	home := filepath.Join(dir, s.ID)
	if err := os.MkdirAll(home, 0o700); err != nil {
		return nil, fmt.Errorf("create device %s: %w", s.ID, err)
	}
	lock, err := acquire(home)
	if err != nil {
		return nil, fmt.Errorf("create device %s: %w", s.ID, err)
	}
	if err := establish(home, p, key); err != nil {
		return nil, fmt.Errorf("create device %s: %w", s.ID, errors.Join(err, lock.Close()))
	}
	return load(home, lock)
}

// establish writes the key first and the profile last: a device without a
// profile does not exist.
func establish(home string, p profile, key crypto.Signer) error {
	if _, err := os.Stat(profilePath(home)); err == nil {
		return ErrExists
	}
	if err := saveKey(home, p.KeyID, key); err != nil {
		return err
	}
	return p.save(home)
}

// Open opens the device id in dir. The error wraps os.ErrNotExist if there is
// none, and ErrInUse if another process has it open.
func Open(dir, id string) (*Device, error) {
	if err := waymark.ValidateID("/id", id); err != nil {
		return nil, err
	}
	home := filepath.Join(dir, id)
	if _, err := os.Stat(profilePath(home)); err != nil {
		return nil, fmt.Errorf("open device %s: %w", id, err)
	}
	lock, err := acquire(home)
	if err != nil {
		return nil, fmt.Errorf("open device %s: %w", id, err)
	}
	return load(home, lock)
}

func load(home string, lock *os.File) (*Device, error) {
	d := &Device{dir: home, lock: lock}
	err := d.read()
	if err != nil {
		return nil, fmt.Errorf("open device %s: %w", filepath.Base(home), errors.Join(err, lock.Close()))
	}
	return d, nil
}

func (d *Device) read() (err error) {
	if d.profile, err = loadProfile(d.dir); err != nil {
		return err
	}
	if d.key, err = loadKey(d.dir, d.profile.KeyID); err != nil {
		return err
	}
	d.journal, err = openJournal(filepath.Join(d.dir, "outbox.jsonl"))
	return err
}

// Close writes what is left to write and lets other processes open the device.
func (d *Device) Close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return errors.Join(d.journal.close(), d.lock.Close())
}

// ID returns the device's id.
func (d *Device) ID() string { return d.profile.ID }

// Consortium returns the audience of the device's messages.
func (d *Device) Consortium() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.profile.Consortium
}

// KeyID names the key in force.
func (d *Device) KeyID() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.profile.KeyID
}

// Last returns the number and digest of the last message that was signed, 0 and
// nil before the first.
func (d *Device) Last() (uint64, []byte) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.journal.last, d.journal.digest
}

// Outbox returns the messages that were signed and not acknowledged, oldest first.
func (d *Device) Outbox() []Message {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.journal.outbox()
}
