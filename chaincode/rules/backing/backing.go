package backing

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
)

// Told is what a transaction told.
type Told struct {
	Name    string // of its event
	Payload []byte // JSON
	TxID    string
	Member  string // MSP id of who submitted it
}

// Record is one that the transaction must have written.
type Record struct {
	// Range holds its key, and others where the event does not say all of that.
	ledger.Range
	// Private says that it is in the private collection of a holder.
	Private bool
	Holder  string // MSP id
	// Other says that it is in that of any other member than the holder.
	Other bool
}

// Writes are the keys that a transaction wrote.
type Writes struct {
	// Public are those of records that it put, sorted. What it deletes backs nothing.
	Public []string
	// Private are, by the member whose collection it is, the SHA-256 of those that it put or purged: no more is in a block.
	Private map[string]map[[sha256.Size]byte]bool
}

var (
	errUnknown = errors.New("the chaincode tells no such event")
	errSubject = errors.New("it is about nothing that there can be")
)

// Events returns the names of all events that the chaincode tells, sorted.
func Events() []string { return slices.Sorted(maps.Keys(records)) }

// Records returns what a transaction has written that told an event, nothing if that is about nothing. It fails for what is no event of the chaincode.
func Records(t Told) ([]Record, error) {
	of := records[t.Name]
	if of == nil {
		return nil, errUnknown
	}
	var s subject
	if err := json.Unmarshal(t.Payload, &s); err != nil {
		return nil, fmt.Errorf("payload: %w", err)
	}
	s.txID, s.by = t.TxID, t.Member
	return of(s)
}

// Check fails for an event that is not backed by what its transaction wrote. The error names no key.
func Check(t Told, w Writes) error {
	all, err := Records(t)
	if err != nil {
		return err
	}
	for n, r := range all {
		if !w.have(r) {
			return fmt.Errorf("the transaction did not write record %d of the %d that it tells of", n+1, len(all))
		}
	}
	return nil
}

func (w Writes) have(r Record) bool {
	if !r.Private {
		i, _ := slices.BinarySearch(w.Public, r.From)
		return i < len(w.Public) && w.Public[i] < r.To
	}
	hash := sha256.Sum256([]byte(r.From))
	if !r.Other {
		return w.Private[r.Holder][hash]
	}
	for _, member := range slices.Sorted(maps.Keys(w.Private)) {
		if member != r.Holder && w.Private[member][hash] {
			return true
		}
	}
	return false
}
