package memledger

import (
	"crypto/sha256"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/waymark-ledger/waymark/chaincode/rules/backing"
	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
)

// Writes returns the keys that the transaction would change, in order.
func (t *Transaction) Writes() []string { return slices.Sorted(maps.Keys(t.writes)) }

// Backed fails for an event that nobody believes who reads blocks.
func (t *Transaction) Backed() error {
	if t.event.Name == "" {
		return nil
	}
	w := backing.Writes{Private: map[string]map[[sha256.Size]byte]bool{}}
	for _, key := range t.Writes() {
		of, hidden := strings.CutPrefix(key, "private ")
		if !hidden {
			if t.writes[key] != nil {
				w.Public = append(w.Public, key)
			}
			continue
		}
		member, text, _ := strings.Cut(of, " ")
		if w.Private[member] == nil {
			w.Private[member] = map[[sha256.Size]byte]bool{}
		}
		w.Private[member][sha256.Sum256([]byte(text))] = true
	}
	return backing.Check(backing.Told{Name: t.event.Name, Payload: t.event.Payload, TxID: t.tx.ID, Member: t.tx.Caller.Member}, w)
}

// Effects returns all that endorsers of the transaction must agree on, in one
// canonical form: what it read, what it would write and protect, and its event.
func (t *Transaction) Effects() []byte {
	type scanned struct {
		In   ledger.Range
		Keys []string
	}
	scans := make([]scanned, 0, len(t.scans))
	for _, s := range t.scans {
		scans = append(scans, scanned{s.in, s.keys})
	}
	return canonical(struct {
		Reads   map[string]int
		Scans   []scanned
		Writes  map[string][]byte
		Quorums map[string]ledger.Quorum
		Purges  []string
		Event   Event
	}{t.reads, scans, t.writes, t.quorums, t.purges, t.event})
}

// Snapshot returns the whole world in one canonical form: every record with its
// quorum, and every key's history.
func (w *World) Snapshot() []byte {
	type kept struct {
		Value   []byte
		Version int
		Quorum  *ledger.Quorum
	}
	records := map[string]kept{}
	for key, r := range w.records {
		records[key] = kept{r.value, r.version, r.quorum}
	}
	return canonical(struct {
		Records map[string]kept
		History map[string][]ledger.Version
		Height  int
	}{records, w.history, w.height})
}

// canonical encodes v with the keys of its maps in order.
func canonical(v any) []byte {
	encoded, err := json.Marshal(v)
	if err != nil { // maps of bytes, texts and numbers always marshal
		panic("memledger: encode: " + err.Error())
	}
	return encoded
}
