package outbox

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/boltfile"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/sealed"
)

// errMissing says that what was written is not there: a page of the file is damaged, or of before.
var errMissing = fmt.Errorf("%w: places of devices in their chains, or messages, are missing: docs/operations/edge.md says how to recover", boltfile.ErrDamaged)

// examine reads every page of the file, and holds what is there against the totals.
func examine(path string) (boltfile.Findings, error) {
	unlock, err := boltfile.Lock(path)
	if err != nil {
		return boltfile.Findings{}, err
	}
	defer unlock()
	var c check
	found, err := boltfile.Examine(path, c.bucket)
	if err != nil {
		return found, err
	}
	return found, c.compare(found.Listed)
}

// check is told what a file has.
type check struct {
	layout  []byte
	buckets int // that the layout has
	found   totals
	stored  totals
	unsure  bool // a place does not have its checksum: its number may not be what it was
	strange bool // the bucket meta has what nobody wrote
}

func (c *check) bucket(name []byte) boltfile.Visit {
	if string(name) == metaBucket {
		c.buckets++
		return c.meta
	}
	for p := range piles {
		if bytes.Equal(p.bucket(), name) {
			c.buckets++
			return func(key, value []byte) error { return c.piled(p, key, value) }
		}
	}
	return func([]byte, []byte) error { return fmt.Errorf("a bucket %.20q", name) }
}

func (c *check) meta(key, value []byte) (err error) {
	switch name := string(key); {
	case name == layoutKey:
		c.layout = bytes.Clone(value)
	case name == totalsKey:
		if c.stored, err = decodeTotals(value); err != nil && !slices.Equal(c.layout, []byte{layoutVersion}) {
			err = nil // compare says that it is of another version
		}
	case name == recoveringKey, strings.HasPrefix(name, forkedPrefix):
		_, broken := sealed.Open([]byte(metaBucket), key, value)
		c.strange = c.strange || broken != nil
	default:
		c.strange = true
	}
	return err
}

func (c *check) piled(p pile, key, value []byte) error {
	c.found.add(p, key, value)
	if p == places {
		_, err := sealed.Open(p.bucket(), key, value)
		c.unsure = c.unsure || err != nil
	}
	return nil
}

// compare returns ErrDamaged unless what there is comes to the totals.
func (c *check) compare(listed bool) error {
	if c.unsure {
		c.found[places].sum = c.stored[places].sum
	}
	switch {
	case len(c.layout) == 1 && c.layout[0] != layoutVersion:
		return fmt.Errorf("its layout is version %d, this program knows %d", c.layout[0], layoutVersion)
	case len(c.layout) != 1 || c.buckets != 1+int(piles) || listed || c.strange || c.found != c.stored:
		return errMissing
	}
	return nil
}
