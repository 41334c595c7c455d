package memledger

import (
	"errors"
	"maps"
	"slices"

	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
)

// ErrInvalid is the fate of a transaction that read what another one changed
// before it: Fabric's MVCC_READ_CONFLICT and PHANTOM_READ_CONFLICT.
var ErrInvalid = errors.New("read conflict")

type record struct {
	value   []byte
	version int // of the transaction that wrote it
	quorum  *ledger.Quorum
}

// World is the committed state.
type World struct {
	records map[string]record
	history map[string][]ledger.Version
	height  int
}

// New returns an empty world.
func New() *World {
	return &World{records: map[string]record{}, history: map[string][]ledger.Version{}}
}

// Clone returns a world of its own with the same records and history.
func (w *World) Clone() *World {
	history := make(map[string][]ledger.Version, len(w.history))
	for key, versions := range w.history {
		history[key] = slices.Clone(versions)
	}
	return &World{records: maps.Clone(w.records), history: history, height: w.height}
}

// Submit runs f as one transaction and commits what it wrote. If f fails
// nothing is written and its error is returned. It returns the event.
func (w *World) Submit(tx ledger.Tx, f func(ledger.Ledger) error) (Event, error) {
	t := w.Begin(tx)
	if err := f(t); err != nil {
		return Event{}, err
	}
	return t.event, t.Commit()
}

// Begin starts a transaction on the present state.
func (w *World) Begin(tx ledger.Tx) *Transaction {
	return &Transaction{
		world: w, tx: tx,
		reads: map[string]int{}, writes: map[string][]byte{}, quorums: map[string]ledger.Quorum{},
	}
}

// Quorum returns the key-level endorsement policy of a key, if it has one.
func (w *World) Quorum(key ledger.Key) (ledger.Quorum, bool) {
	q := w.records[key.String()].quorum
	if q == nil {
		return ledger.Quorum{}, false
	}
	return *q, true
}

// Keys returns every key in order.
func (w *World) Keys() []string { return slices.Sorted(maps.Keys(w.records)) }

// Value returns the committed value under a key's text, nil if absent.
func (w *World) Value(key string) []byte { return slices.Clone(w.records[key].value) }

func (w *World) keysIn(r ledger.Range) []string {
	var keys []string
	for key := range w.records {
		if r.From <= key && key < r.To {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys
}
