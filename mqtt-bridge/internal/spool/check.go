package spool

import (
	"bytes"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/boltfile"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/sealed"
)

// Report is what was found in a spool's file.
type Report struct {
	boltfile.Findings
	Messages    int64 // that wait, with a good checksum
	Quarantined int64
	Held        int64
	Corrupt     int64 // records of these without a good checksum: they go into quarantine when their turn comes
	// Unreadable counts the messages of a damaged file that could not be found again, unless Uncounted says that what tells how many
	// there should be is lost, too.
	Unreadable int64
	Uncounted  bool
	Made       bool  // there never was a file: it is a new one
	Unmarked   error // why it is not marked that there is a file, so that it would not be missed; nil if it is

	layout     int
	waits      *shares // nil if the file was not looked at
	indexFails bool    // the quarantine's index does not fit it
}

// Check looks at the whole file of a spool that no process has open, changes nothing but a flipped bit in
// a meta page, and returns ErrDamaged if anything is not as it was written but for records without their checksum.
func Check(dir string) (Report, error) { return examine(filepath.Join(dir, fileName)) }

// examine reads every page that the tree has, and compares it with the state.
func examine(path string) (Report, error) {
	unlock, err := boltfile.Lock(path)
	if err != nil {
		return Report{}, fmt.Errorf("look at spool: %w", err)
	}
	defer unlock()
	c := check{report: Report{waits: newShares()}}
	c.report.Findings, err = boltfile.Examine(path, c.bucket)
	if err != nil {
		return c.report, err
	}
	return c.report, c.compare()
}

// check is told what a file has.
type check struct {
	report  Report
	found   state    // what is there
	stored  state    // what its state says
	buckets int      // that the layout has
	account [5]int64 // sums of the quarantine's index
}

// bucket says who is told of the records of a bucket. Of one that the layout does not have only its form is looked at.
func (c *check) bucket(name []byte) boltfile.Visit {
	if slices.ContainsFunc(buckets(), func(b []byte) bool { return bytes.Equal(b, name) }) {
		c.buckets++
	}
	switch string(name) {
	case metaBucket:
		return c.metaRecord
	case accountBucket:
		return c.accountRecord
	}
	for pile := range piles {
		if bytes.Equal(bucketOf(pile), name) {
			return func(key, value []byte) error { return c.piled(pile, key, value) }
		}
	}
	return func([]byte, []byte) error { return nil }
}

func (c *check) metaRecord(key, value []byte) (err error) {
	switch string(key) {
	case layoutKey:
		if len(value) == 1 {
			c.report.layout = int(value[0])
		}
	case stateKey:
		c.stored, err = decodeState(value)
	}
	return err
}

// piled counts a message. One without its checksum does not make the file a damaged one: it goes the way of
// all, into quarantine.
func (c *check) piled(pile int, key, value []byte) error {
	number, ok := numberIn(key)
	if !ok || pile != heldPile && len(key) != keySize {
		return fmt.Errorf("a key of %d bytes in %s", len(key), bucketOf(pile))
	}
	c.found.add(pile, number, value)
	if device, waits := whose(pile, value); waits {
		c.report.waits.add(device, int64(len(value)))
	}
	*c.countOf(pile, key, value)++
	return nil
}

func (c *check) countOf(pile int, key, value []byte) *int64 {
	if _, err := sealed.Open(bucketOf(pile), key, value); err != nil {
		return &c.report.Corrupt
	}
	switch pile {
	case quarantinePile:
		return &c.report.Quarantined
	case heldPile:
		return &c.report.Held
	}
	return &c.report.Messages
}

func (c *check) accountRecord(key, value []byte) error {
	n := decodeAccount(key, value)
	if n == nil {
		c.report.indexFails = true
		return nil
	}
	for i := range n {
		c.account[i] += n[i]
	}
	return nil
}

// compare holds what is there against the state. An older layout has none.
func (c *check) compare() error {
	switch {
	case c.report.layout == 0 || c.report.layout == layoutVersion && (c.buckets != len(buckets()) || c.report.Listed):
		return fmt.Errorf("%w: it has %d of %d buckets", ErrDamaged, c.buckets, len(buckets()))
	case c.report.layout != layoutVersion && c.stored != state{}:
		return fmt.Errorf("%w: it says that its layout is version %d, and is another", ErrDamaged, c.report.layout)
	case c.report.layout != layoutVersion:
		return nil
	}
	c.found.last = c.stored.last
	if c.found != c.stored {
		return fmt.Errorf("%w: it should have %d messages and has %d, in quarantine %d and has %d, held %d and has %d, or has others", ErrDamaged,
			c.stored.Messages, c.found.Messages, c.stored.QuarantineMessages, c.found.QuarantineMessages, c.stored.Held, c.found.Held)
	}
	u := c.stored.Usage
	if [4]int64(c.account[:4]) != [4]int64{u.QuarantineMessages, u.QuarantineBytes, u.Held, u.HeldBytes} {
		c.report.indexFails = true
	}
	return nil
}
