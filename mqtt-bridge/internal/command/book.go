package command

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/spool"
	"go.uber.org/zap"
)

// MaxOpen bounds the commands that the book has. What is beyond is read from the gateway when there is room. Commands of all members come
// here, so those of devices that were never heard of here give way to others: they are read when their device appears.
const MaxOpen = 10_000

// Store keeps what is open.
type Store interface {
	// Write makes all changes durably, or none.
	Write(changes []spool.Change) error
	// Each calls visit with all that is on a shelf, and counts what is damaged.
	Each(shelf spool.Shelf, visit func(key string, value []byte) error) (damaged int, err error)
}

// Sender reaches devices.
type Sender interface {
	// Send signs a statement and hands it to the broker for a device's down topic, once. It returns an error if the broker is not
	// connected. That it succeeds does not say that the device has it.
	Send(ctx context.Context, device string, kind attest.Kind, statement waymark.Validator) error
}

// Gateway knows what is open.
type Gateway interface {
	// OpenCommands returns the commands that wait for a device. gateway.NotFound holds for the error if there is no such device.
	OpenCommands(ctx context.Context, device string) ([]waymark.Command, error)
}

// Presences know devices.
type Presences interface {
	// Knows reports whether a device was ever connected here, or said something.
	Knows(device string) bool
}

// Observer is told what happens.
type Observer interface {
	// CommandPublished is told of each time that a command was handed to the broker, or could not be.
	CommandPublished(err error)
}

// Book has the open commands. It is safe for concurrent use.
type Book struct {
	store    Store
	sender   Sender
	gateway  Gateway
	here     Presences
	observer Observer
	log      *zap.Logger
	limit    int
	began    time.Time

	writing sync.Mutex // held by whoever changes what is open, until that is on the disk

	mu    sync.Mutex
	open  map[string]map[string]*waiting // by device and id
	queue schedule                       // of all of them
	wake  chan struct{}                  // holds a token when the schedule was changed
	stale stale                          // devices of which the gateway is to be asked
	ended ended                          // what its answers open no more
}

// Open makes a book of what the store has, of which the gateway is asked anew. What is damaged there is told in the log, and comes again
// from the gateway.
func Open(store Store, sender Sender, gateway Gateway, here Presences, observer Observer, log *zap.Logger) (*Book, error) {
	b := &Book{store: store, sender: sender, gateway: gateway, here: here, observer: observer, log: log, limit: MaxOpen, began: time.Now(),
		open: map[string]map[string]*waiting{}, wake: make(chan struct{}, 1), stale: newStale(), ended: newEnded()}
	damaged, err := store.Each(spool.ShelfCommands, func(_ string, value []byte) error {
		c, err := waymark.ParseDeliveredCommand(value)
		if err != nil {
			return fmt.Errorf("read open command: %w", err)
		}
		b.put(c, b.began.Add(rand.N(firstPause))) //nolint:gosec // to spread them, not a secret
		return nil
	})
	if damaged > 0 {
		log.Error("open commands are damaged: check the disk; they are read again when their devices connect", zap.Int("commands", damaged))
	}
	return b, err
}

// Len counts the open commands.
func (b *Book) Len() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.queue)
}

// Stale counts the devices of which commands may be missing.
func (b *Book) Stale() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.stale.len()
}

// name is a command among all.
type name struct{ device, id string }

func nameOf(c waymark.DeliveredCommand) name { return name{c.Device, c.ID} }

// key is a command on its shelf: no id holds a NUL.
func (n name) key() string { return n.device + "\x00" + n.id }

// put adds a command that is not there, and is not confirmed.
func (b *Book) put(c waymark.DeliveredCommand, due time.Time) {
	w := &waiting{command: c, due: due, pause: firstQuestion, since: time.Now()}
	if b.open[c.Device] == nil {
		b.open[c.Device] = map[string]*waiting{}
	}
	b.open[c.Device][c.ID] = w
	b.queue.add(w)
}

// confirm lets a command be published.
func (b *Book) confirm(n name) {
	w := b.open[n.device][n.id]
	if w == nil || w.confirmed {
		return
	}
	w.confirmed, w.pause = true, firstPause
	if now := time.Now(); w.due.After(now.Add(afterConnect)) {
		b.plan(w, now)
	}
}

func (b *Book) drop(n name) {
	w := b.open[n.device][n.id]
	if w == nil {
		return
	}
	b.queue.remove(w)
	delete(b.open[n.device], n.id)
	if len(b.open[n.device]) == 0 {
		delete(b.open, n.device)
	}
}

// change opens commands, closes those that have ended, of which a nil is given, and makes other changes of the store, in one
// transaction. What there is no room for is left to the gateway.
func (b *Book) change(changed map[name]*waymark.DeliveredCommand, others ...spool.Change) error {
	b.writing.Lock()
	defer b.writing.Unlock()
	b.noteEnded(changed)
	return b.write(changed, false, others...)
}

// correct makes the changes of an answer of the gateway that was asked for at a time, and confirms what it has. A nil is given of what it
// lacks.
func (b *Book) correct(asked time.Time, answer map[name]*waymark.DeliveredCommand) error {
	b.writing.Lock()
	defer b.writing.Unlock()
	b.withhold(asked, answer)
	return b.write(answer, true)
}

// write does the work of both. To be called with writing held.
func (b *Book) write(changed map[name]*waymark.DeliveredCommand, confirmed bool, others ...spool.Change) error {
	opened, closed := b.divide(changed)
	changes := slices.Clone(others)
	for _, n := range closed {
		changes = append(changes, spool.Change{Shelf: spool.ShelfCommands, Key: n.key()})
	}
	for _, c := range opened {
		value, err := json.Marshal(c)
		if err != nil {
			return fmt.Errorf("encode command: %w", err)
		}
		changes = append(changes, spool.Change{Shelf: spool.ShelfCommands, Key: nameOf(c).key(), Value: value})
	}
	if len(changes) > 0 {
		if err := b.store.Write(changes); err != nil {
			return fmt.Errorf("keep open commands: %w", err)
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.apply(opened, closed)
	for n, c := range changed {
		if confirmed && c != nil {
			b.confirm(n)
		}
	}
	return nil
}

// divide returns what is new of what is to be opened, as far as there is room, and what is there of what is to be closed.
func (b *Book) divide(changed map[name]*waymark.DeliveredCommand) (opened []waymark.DeliveredCommand, closed []name) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for n, c := range changed {
		if c == nil && b.has(n) {
			closed = append(closed, n)
		}
	}
	room := b.limit - len(b.queue) + len(closed)
	var left []waymark.DeliveredCommand
	for n, c := range changed {
		switch {
		case c == nil || b.has(n):
		case len(opened) >= room:
			left = append(left, *c)
		default:
			opened = append(opened, *c)
		}
	}
	if len(left) == 0 {
		return opened, closed
	}
	return b.giveWay(left, opened, closed)
}

// giveWay lets what is left without room take that of devices that are not known here. The gateway is asked for the rest.
func (b *Book) giveWay(left, opened []waymark.DeliveredCommand, closed []name) ([]waymark.DeliveredCommand, []name) {
	strangers := b.strangers(len(left), closed)
	for _, c := range left {
		if len(strangers) == 0 || !b.here.Knows(c.Device) {
			b.stale.leaveOut(c.Device, b.here.Knows(c.Device))
			continue
		}
		b.stale.leaveOut(strangers[0].device, false)
		opened, closed, strangers = append(opened, c), append(closed, strangers[0]), strangers[1:]
	}
	return opened, closed
}

// strangers finds at most n commands of devices that are not known here, but for those that are closed already.
func (b *Book) strangers(n int, closed []name) (found []name) {
	for device, of := range b.open {
		if b.here.Knows(device) {
			continue
		}
		for id := range of {
			if len(found) == n {
				return found
			}
			if n := (name{device, id}); !slices.Contains(closed, n) {
				found = append(found, n)
			}
		}
	}
	return found
}

func (b *Book) apply(opened []waymark.DeliveredCommand, closed []name) {
	for _, n := range closed {
		b.drop(n)
	}
	for _, c := range opened {
		b.put(c, time.Now())
	}
	if len(closed) > 0 {
		b.stale.signal() // there is room
	}
	b.rouse()
}

func (b *Book) has(n name) bool { return b.open[n.device][n.id] != nil }

// rouse lets the scheduler look again.
func (b *Book) rouse() {
	select {
	case b.wake <- struct{}{}:
	default: // it will
	}
}
