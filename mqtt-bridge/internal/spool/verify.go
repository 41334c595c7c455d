package spool

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/sealed"
)

// root is told of each bucket. One that the layout does not have is looked at for its form.
func (w *walker) root(e element) error {
	if slices.ContainsFunc(buckets(), func(name []byte) bool { return bytes.Equal(name, e.key) }) {
		w.buckets++
	}
	switch string(e.key) {
	case metaBucket:
		return w.bucket(e, w.metaRecord)
	case accountBucket:
		return w.bucket(e, w.accountRecord)
	}
	for pile := range piles {
		if bytes.Equal(bucketOf(pile), e.key) {
			return w.bucket(e, func(e element) error { return w.piled(pile, e) })
		}
	}
	return w.bucket(e, func(element) error { return nil })
}

func (w *walker) metaRecord(e element) (err error) {
	switch string(e.key) {
	case layoutKey:
		if len(e.value) == 1 {
			w.report.layout = int(e.value[0])
		}
	case stateKey:
		w.stored, err = decodeState(e.value)
	}
	return err
}

// piled counts a message. One without its checksum does not make the file a damaged one: it goes the way of
// all, into quarantine.
func (w *walker) piled(pile int, e element) error {
	number, ok := numberIn(e.key)
	if !ok || pile != heldPile && len(e.key) != keySize {
		return fmt.Errorf("a key of %d bytes in %s", len(e.key), bucketOf(pile))
	}
	w.found.add(pile, number, e.value)
	*w.countOf(pile, e)++
	return nil
}

func (w *walker) countOf(pile int, e element) *int64 {
	if _, err := sealed.Open(bucketOf(pile), e.key, e.value); err != nil {
		return &w.report.Corrupt
	}
	switch pile {
	case quarantinePile:
		return &w.report.Quarantined
	case heldPile:
		return &w.report.Held
	}
	return &w.report.Messages
}

func (w *walker) accountRecord(e element) error {
	n := decodeAccount(e.key, e.value)
	if n == nil {
		w.report.indexFails = true
		return nil
	}
	for i := range n {
		w.account[i] += n[i]
	}
	return nil
}

// compare holds what is there against the state. An older layout has none.
func (w *walker) compare() error {
	switch {
	case w.report.layout == 0 || w.report.layout == layoutVersion && (w.buckets != len(buckets()) || w.listed):
		return fmt.Errorf("%w: it has %d of %d buckets", ErrDamaged, w.buckets, len(buckets()))
	case w.report.layout != layoutVersion && w.stored != state{}:
		return fmt.Errorf("%w: it says that its layout is version %d, and is another", ErrDamaged, w.report.layout)
	case w.report.layout != layoutVersion:
		return nil
	}
	w.found.last = w.stored.last
	if w.found != w.stored {
		return fmt.Errorf("%w: it should have %d messages and has %d, in quarantine %d and has %d, held %d and has %d, or has others", ErrDamaged,
			w.stored.Messages, w.found.Messages, w.stored.QuarantineMessages, w.found.QuarantineMessages, w.stored.Held, w.found.Held)
	}
	u := w.stored.Usage
	if w.account != [4]int64{u.QuarantineMessages, u.QuarantineBytes, u.Held, u.HeldBytes} {
		w.report.indexFails = true
	}
	return nil
}
