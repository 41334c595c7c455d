package memledger

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
)

// Event is what a transaction emitted; the name is empty if it emitted nothing.
type Event struct {
	Name    string
	Payload []byte
}

// Transaction is a transaction that has not committed.
type Transaction struct {
	world   *World
	tx      ledger.Tx
	reads   map[string]int // version seen, -1 for absent
	scans   []scan
	writes  map[string][]byte // nil deletes
	quorums map[string]ledger.Quorum
	purges  []string // keys whose history goes, too
	event   Event
}

// scan is a range that was read, with the keys found there.
type scan struct {
	in   ledger.Range
	keys []string
}

var _ ledger.Ledger = (*Transaction)(nil)

// Get implements ledger.Reader.
func (t *Transaction) Get(key ledger.Key) ([]byte, error) {
	return t.read(key.String()), nil
}

// GetMany implements ledger.Reader.
func (t *Transaction) GetMany(keys []ledger.Key) ([][]byte, error) {
	values := make([][]byte, 0, len(keys))
	for _, key := range keys {
		values = append(values, t.read(key.String()))
	}
	return values, nil
}

func (t *Transaction) read(key string) []byte {
	r, ok := t.world.records[key]
	version := -1
	if ok {
		version = r.version
	}
	if _, again := t.reads[key]; !again { // what was seen first is what was relied on
		t.reads[key] = version
	}
	return slices.Clone(r.value)
}

// Scan implements ledger.Reader.
func (t *Transaction) Scan(r ledger.Range, visit func([]byte) error) error {
	keys := t.world.keysIn(r)
	t.scans = append(t.scans, scan{r, keys})
	for _, key := range keys {
		if err := visit(t.read(key)); err != nil {
			return err
		}
	}
	return nil
}

// private is a key of a member's private collection, among the world's own.
func private(member string, key ledger.Key) string { return "private " + member + " " + key.String() }

// GetPrivate implements ledger.PrivateReader, on a peer that the member has.
func (t *Transaction) GetPrivate(member string, key ledger.Key) (ledger.Private, error) {
	return ledger.NewPrivate(t.read(private(member, key))), nil
}

// PrivateHash implements ledger.PrivateReader.
func (t *Transaction) PrivateHash(member string, key ledger.Key) ([]byte, error) {
	value := t.read(private(member, key))
	if value == nil {
		return nil, nil
	}
	hash := sha256.Sum256(value)
	return hash[:], nil
}

// PutPrivate implements ledger.Writer.
func (t *Transaction) PutPrivate(member string, key ledger.Key, value ledger.Private) error {
	if value.Absent() {
		return fmt.Errorf("put private %s: the value is empty", key)
	}
	t.writes[private(member, key)] = slices.Clone(value.Reveal()) //private: into a collection
	return nil
}

// PurgePrivate implements ledger.Writer.
func (t *Transaction) PurgePrivate(member string, key ledger.Key) error {
	text := private(member, key)
	t.writes[text], t.purges = nil, append(t.purges, text)
	return nil
}

// Put implements ledger.Writer.
func (t *Transaction) Put(key ledger.Key, value []byte) error {
	if len(value) == 0 {
		return fmt.Errorf("put %s: the value is empty", key)
	}
	t.writes[key.String()] = slices.Clone(value)
	return nil
}

// Delete implements ledger.Writer.
func (t *Transaction) Delete(key ledger.Key) error {
	t.writes[key.String()] = nil
	return nil
}

// Protect implements ledger.Writer.
func (t *Transaction) Protect(key ledger.Key, q ledger.Quorum) error {
	if err := q.Validate(); err != nil {
		return fmt.Errorf("protect %s: %w", key, err)
	}
	t.quorums[key.String()] = q
	return nil
}

// Tx implements ledger.Ledger.
func (t *Transaction) Tx() ledger.Tx { return t.tx }

// Emit implements ledger.Ledger.
func (t *Transaction) Emit(name string, payload any) error {
	switch {
	case name == "":
		return errors.New("emit: the event has no name")
	case t.event.Name != "":
		return errors.New("emit: the transaction has its event already")
	}
	encoded, err := json.Marshal(payload)
	if err != nil {
		return fmt.Errorf("encode event: %w", err)
	}
	t.event = Event{name, encoded}
	return nil
}

// History implements ledger.Ledger.
func (t *Transaction) History(key ledger.Key, limit int) ([]ledger.Version, bool, error) {
	all := t.world.history[key.String()]
	omitted := max(0, len(all)-limit)
	return slices.Clone(all[omitted:]), omitted > 0, nil
}

// Commit validates the reads and applies the writes, or returns ErrInvalid.
func (t *Transaction) Commit() error {
	if !t.valid() {
		return ErrInvalid
	}
	w := t.world
	w.height++
	for _, key := range slices.Sorted(maps.Keys(t.writes)) {
		t.apply(key)
	}
	for _, key := range t.purges {
		delete(w.history, key)
	}
	for key, quorum := range t.quorums {
		if r, ok := w.records[key]; ok {
			r.quorum, r.version = &quorum, w.height
			w.records[key] = r
		}
	}
	return nil
}

func (t *Transaction) valid() bool {
	for key, seen := range t.reads {
		version := -1
		if r, ok := t.world.records[key]; ok {
			version = r.version
		}
		if version != seen {
			return false
		}
	}
	return !slices.ContainsFunc(t.scans, func(s scan) bool {
		return !slices.Equal(t.world.keysIn(s.in), s.keys)
	})
}

func (t *Transaction) apply(key string) {
	w, value := t.world, t.writes[key]
	if value == nil {
		delete(w.records, key)
	} else {
		w.records[key] = record{value: value, version: w.height, quorum: w.records[key].quorum}
	}
	w.history[key] = append(w.history[key], ledger.Version{TxID: t.tx.ID, Value: value})
}
