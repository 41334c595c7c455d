package outbox

import (
	"bytes"
	"errors"
	"fmt"
	"os"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	bolt "go.etcd.io/bbolt"
)

// Recovery is what Recover came to.
type Recovery struct {
	LeftOut uint64   // the number that stays a gap; 0: there was nothing to recover, and nothing was changed
	Dropped int      // messages that waited of the device
	Waiting []string // devices that have yet to be recovered before the outbox can be opened
}

// Recover puts a device's place behind what the ledger has of it, as docs/device-protocol.md, section 10, has it for a
// device that lost its place: one number is left out, since it may have been used, and so is every message that waits.
// recorded is the last number on the ledger. A place that is as it was written, and beyond that, is the newest there is: it stays, with what waits (recorded has to be the last word: a copy whose later messages are yet under way passes for the newest), unless somebody else
// used the device's numbers; then the device goes on. The edge must not run. A file that is damaged in
// another way cannot be recovered: nobody knows of which devices something is missing. If there is none it makes one, which can be opened once
// each of devices was recovered, and never begins one at number 1. It returns Invalid for a number that leaves the device none.
func Recover(dir string, devices []string, device string, recorded uint64) (r Recovery, err error) {
	if recorded+1 >= waymark.MaxSequence {
		return r, waymark.Errorf(waymark.Invalid, "after %d a device has no number left: take what the ledger says is its last", recorded)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return r, fmt.Errorf("make outbox: %w", err)
	}
	file, _, err := open(dir, prepareToRecover)
	if err != nil {
		return r, err
	}
	err = file.Update(func(tx *bolt.Tx) (err error) {
		r, err = recoverPlace(tx, device, recorded)
		r.Waiting = recovering(tx, devices)
		return err
	})
	if err != nil {
		err = fmt.Errorf("recover device %s: %w", device, err)
	}
	return r, errors.Join(err, file.Close())
}

// Drop deletes what waits of a device, and returns how many messages that were: their numbers stay gaps, and the next goes on behind them.
// The edge must not run.
func Drop(dir, device string) (n int, err error) {
	file, _, err := open(dir, prepare)
	if err != nil {
		return 0, err
	}
	err = file.Update(func(tx *bolt.Tx) error {
		b, err := openBooks(tx)
		if err != nil {
			return err
		}
		if n, err = drop(b, device); err != nil {
			return err
		}
		return b.close()
	})
	if err != nil {
		err = fmt.Errorf("drop messages of device %s: %w", device, err)
	}
	return n, errors.Join(err, file.Close())
}

// recovered returns ErrUnrecovered if Recover has made the outbox and not all of devices were recovered.
func (o *Outbox) recovered(devices []string) error {
	var waiting []string
	err := o.file.View(func(tx *bolt.Tx) error { waiting = recovering(tx, devices); return nil })
	if err == nil && len(waiting) > 0 {
		err = fmt.Errorf("%w: %d, as %s: docs/operations/edge.md says how", ErrUnrecovered, len(waiting), waiting[0])
	}
	return err
}

func recoverPlace(tx *bolt.Tx, device string, recorded uint64) (r Recovery, err error) {
	b, err := openBooks(tx)
	if err != nil {
		return r, err
	}
	meta, fork := tx.Bucket([]byte(metaBucket)), []byte(forkedPrefix+device)
	known, broken := placeOf(tx, device)
	if broken == nil && recorded < known.number && meta.Get(fork) == nil {
		return r, nil
	}
	if r.Dropped, err = drop(b, device); err != nil {
		return r, err
	}
	if err := meta.Delete(fork); err != nil {
		return r, err
	}
	r.LeftOut = max(recorded, known.number) + 1
	next := place{number: r.LeftOut, digest: make([]byte, attest.DigestSize), latest: known.latest}
	if err := next.put(b, device); err != nil {
		return r, err
	}
	b.all, err = recount(tx) // what a damaged place added to the sum is not known
	return r, errors.Join(err, b.close())
}

// drop deletes the messages of a device, and counts them.
func drop(b *books, device string) (n int, err error) {
	prefix := prefixOf(device)
	for c := b.tx.Bucket([]byte(messageBucket)).Cursor(); ; n++ {
		key, _ := c.Seek(prefix)
		if !bytes.HasPrefix(key, prefix) {
			return n, nil
		}
		if err := b.delete(messages, bytes.Clone(key)); err != nil {
			return n, err
		}
	}
}
