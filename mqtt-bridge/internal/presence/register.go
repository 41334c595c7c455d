package presence

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/spool"
	"go.uber.org/zap"
)

const (
	// MaxDevices bounds the devices that may be connected. So many and spare are known; beyond it those that were seen longest ago are
	// forgotten, but for the connected ones.
	MaxDevices = 50_000
	// flushEvery is how much of what was seen a crash may cost, but for when a device was last seen: of that, seenEvery.
	flushEvery = 5 * time.Second
	seenEvery  = time.Minute
	// maxFlushed bounds the records of one transaction.
	maxFlushed = 2000
	// spare is how many are forgotten at once, even if MaxDevices are connected, so that the oldest are not looked for with each new one.
	spare = 500
)

// Store keeps records.
type Store interface {
	// Write makes all changes durably, or none.
	Write(changes []spool.Change) error
	// Each calls visit with all that is on a shelf, and counts what is damaged.
	Each(shelf spool.Shelf, visit func(key string, value []byte) error) (damaged int, err error)
}

// Register has the records. It is safe for concurrent use.
type Register struct {
	store Store
	log   *zap.Logger
	limit int

	mu        sync.Mutex
	records   map[string]*Record
	connected int             // of the records
	dirty     map[string]bool // to be written soon
}

// Open reads the records. A device that was connected when the bridge ended is not any more.
func Open(store Store, log *zap.Logger) (*Register, error) {
	r := &Register{store: store, log: log, limit: MaxDevices + spare, records: map[string]*Record{}, dirty: map[string]bool{}}
	damaged, err := store.Each(spool.ShelfPresence, func(key string, value []byte) error {
		record := new(Record)
		if err := json.Unmarshal(value, record); err != nil {
			return fmt.Errorf("read presence of a device: %w", err)
		}
		if record.Connected {
			record.Connected, record.Ended = false, &End{At: record.LastSeen, Why: Shutdown}
			r.dirty[key] = true
		}
		record.marked = record.LastSeen
		r.records[key] = record
		return nil
	})
	if damaged > 0 {
		log.Error("presences of devices are damaged: check the disk", zap.Int("devices", damaged))
	}
	return r, err
}

// Seen notes that a device sent something, in an envelope.
func (r *Register) Seen(device string, format attest.Format, at time.Time) {
	r.change(device, at, func(record *Record) bool {
		was := record.Envelope
		record.Envelope = format
		return was != format
	})
}

// Knows reports whether a device was ever connected here, or said something.
func (r *Register) Knows(device string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.records[device] != nil
}

// Envelope is the one that a device used last, JWS if it is not known.
func (r *Register) Envelope(device string) attest.Format {
	r.mu.Lock()
	defer r.mu.Unlock()
	if record := r.records[device]; record != nil && record.Envelope != "" {
		return record.Envelope
	}
	return attest.JWS
}

// Connected notes a connection, by its number at the broker.
func (r *Register) Connected(device string, connection uint64, at time.Time) {
	r.change(device, at, func(record *Record) bool {
		record.Connected, record.Since, record.connection = true, at, connection
		record.Connections++
		return true
	})
}

// Disconnected notes the end of a connection. That of an older one, which a takeover ended, changes no more than
// how many there were.
func (r *Register) Disconnected(device string, connection uint64, at time.Time, why Why) {
	r.change(device, at, func(record *Record) bool {
		if why == Takeover {
			record.Takeovers++
		}
		if record.connection == connection {
			record.Connected, record.Ended = false, &End{At: at, Why: why}
		}
		return true
	})
}

// Said notes what a device has signed, if it is newer than what is known. What is from the future, which no ledger takes, would hide
// all that the device says until then: it is not noted.
func (r *Register) Said(device string, said waymark.Presence, at time.Time) {
	if time.Unix(said.At, 0).After(at.Add(attest.MaxClockSkew)) {
		return
	}
	r.change(device, at, func(record *Record) bool {
		news := record.Said == nil || said.After(*record.Said)
		if news {
			record.Said = &said
		}
		return news
	})
}

// change notes that a device was there, and what else change does, which reports whether that is anything. That alone is
// written now and then: it is so with each message of each device.
func (r *Register) change(device string, at time.Time, change func(*Record) bool) {
	at = at.UTC()
	r.mu.Lock()
	defer r.mu.Unlock()
	record := r.records[device]
	if record == nil {
		record = &Record{Device: device, FirstSeen: at}
		r.records[device] = record
	}
	if at.After(record.LastSeen) || record.LastSeen.Sub(at) > attest.MaxClockSkew { // that was by a clock that was ahead
		record.LastSeen = at
	}
	r.count(record, -1)
	if change(record) || record.LastSeen.Sub(record.marked).Abs() >= seenEvery {
		r.mark(record)
	}
	r.count(record, 1)
	if len(r.records) > r.limit {
		r.forget()
	}
}

// mark has a record written as it is by then.
func (r *Register) mark(record *Record) {
	record.marked = record.LastSeen
	r.dirty[record.Device] = true
}

// count counts a record among those that are connected, or no more.
func (r *Register) count(record *Record, by int) {
	if record.Connected {
		r.connected += by
	}
}

// forget drops the devices that were seen longest ago, some more than it must; the connected ones only if it must.
func (r *Register) forget() {
	all, connected := make([]*Record, 0, len(r.records)), r.connected
	for _, record := range r.records {
		all = append(all, record)
	}
	slices.SortFunc(all, func(a, b *Record) int {
		switch {
		case a.Connected == b.Connected:
			return a.LastSeen.Compare(b.LastSeen)
		case a.Connected:
			return 1
		}
		return -1
	})
	must := len(all) - r.limit
	for _, record := range all[:max(must, min(must+spare, len(all)-1-connected))] {
		r.count(record, -1)
		delete(r.records, record.Device)
		r.dirty[record.Device] = true
	}
}

// List returns records by device, those after a device id, at most limit.
func (r *Register) List(after string, limit int) []Record {
	r.mu.Lock()
	defer r.mu.Unlock()
	var names []string
	for device := range r.records {
		if device > after {
			names = append(names, device)
		}
	}
	slices.Sort(names)
	listed := []Record{}
	for _, device := range names[:min(limit, len(names))] {
		listed = append(listed, *r.records[device])
	}
	return listed
}

// Counts says how many devices are known, and how many are connected.
func (r *Register) Counts() (known, connected int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.records), r.connected
}

// Run brings what was seen to the disk from time to time, until ctx ends, and then the rest.
func (r *Register) Run(ctx context.Context) {
	ticker := time.NewTicker(flushEvery)
	defer ticker.Stop()
	for ctx.Err() == nil {
		select {
		case <-ticker.C:
			r.flush()
		case <-ctx.Done():
		}
	}
	r.Flush()
}

// Flush brings all that was seen to the disk. What cannot be written is written with the next.
func (r *Register) Flush() {
	r.mu.Lock()
	for _, record := range r.records {
		if !record.LastSeen.Equal(record.marked) {
			r.mark(record)
		}
	}
	r.mu.Unlock()
	r.flush()
}

// flush brings what is marked to the disk.
func (r *Register) flush() {
	for {
		changes, err := r.changes()
		if err == nil && len(changes) > 0 {
			err = r.store.Write(changes)
		}
		if err != nil {
			r.log.Warn("presences are not on the disk", zap.Error(err))
			r.again(changes)
			return
		}
		if len(changes) < maxFlushed {
			return
		}
	}
}

// changes takes what is to be written next.
func (r *Register) changes() ([]spool.Change, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	var changes []spool.Change
	for device := range r.dirty {
		if len(changes) == maxFlushed {
			break
		}
		change := spool.Change{Shelf: spool.ShelfPresence, Key: device}
		if record := r.records[device]; record != nil {
			value, err := json.Marshal(record)
			if err != nil {
				return changes, fmt.Errorf("encode presence: %w", err)
			}
			change.Value = value
		}
		changes = append(changes, change)
		delete(r.dirty, device)
	}
	slices.SortFunc(changes, func(a, b spool.Change) int { return cmp.Compare(a.Key, b.Key) })
	return changes, nil
}

// again has what could not be written written once more.
func (r *Register) again(changes []spool.Change) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range changes {
		r.dirty[c.Key] = true
	}
}
