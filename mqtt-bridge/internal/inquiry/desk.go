package inquiry

import (
	"context"
	"encoding/hex"
	"sync"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/spool"
	"go.uber.org/zap"
)

const (
	// maxWaiting bounds the devices whose inquiry waits.
	maxWaiting = 4096
	// minPause is the shortest time between the beginnings of two answers to a device.
	minPause = time.Second
	// workers bounds the questions to the gateway at once.
	workers       = 8
	lookUpTimeout = 10 * time.Second
)

// Ledger knows what is recorded.
type Ledger interface {
	// Message returns where the ledger has a message. gateway.NotFound holds for the error if it has none of that number.
	Message(ctx context.Context, device string, number uint64) (waymark.RecordedMessage, error)
}

// Quarantine knows what is not.
type Quarantine interface {
	// QuarantinedOf calls visit with a device's messages there, the newest first, until it returns false: at most so many, of at most
	// so many bytes together.
	QuarantinedOf(device string, messages, bytes int, visit func(spool.Quarantined) bool) error
}

// Devices knows who may ask.
type Devices interface {
	// Signed checks that a device that is active has signed a message with a key in force. The error is Unavailable if that cannot be told now.
	Signed(ctx context.Context, m *attest.Message) error
}

// Sender reaches devices.
type Sender interface {
	// Send signs a statement and hands it to the broker for a device's down topic, once.
	Send(ctx context.Context, device string, kind attest.Kind, statement waymark.Validator) error
}

// The outcomes of inquiries besides the states of a commit receipt.
const (
	Limited = "limited" // too many wait, or a newer one came
	Refused = "refused" // its device has not signed it, or may not speak
	Unsent  = "unsent"  // the answer could not be published
	Untold  = "untold"  // the gateway was away for as long as an inquiry waits
)

// Observer is told what became of an inquiry: a state of a commit receipt, or one of the outcomes above.
type Observer interface {
	Inquired(outcome string)
}

// Parts are what a desk works with.
type Parts struct {
	Ledger     Ledger
	Quarantine Quarantine
	Devices    Devices
	Sender     Sender
	Observer   Observer
	Log        *zap.Logger
}

// Desk has at most one inquiry of each device, the newest. It is safe for concurrent use.
type Desk struct {
	Parts

	mu      sync.Mutex
	waiting map[string]*question // by device
	wake    chan struct{}        // holds a token when there may be something to do
}

// New makes a desk. Run answers.
func New(parts Parts) *Desk {
	return &Desk{Parts: parts, waiting: map[string]*question{}, wake: make(chan struct{}, 1)}
}

// Len counts the inquiries that wait.
func (d *Desk) Len() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.waiting)
}

// Ask takes an inquiry, whose signature is not checked yet. It does not block.
func (d *Desk) Ask(m *attest.Message) {
	asked, err := waymark.ParseInquiry(m.Payload)
	if err != nil {
		d.Observer.Inquired(Refused)
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	now, before := time.Now(), d.waiting[m.Device]
	if before == nil && len(d.waiting) >= maxWaiting {
		d.Observer.Inquired(Limited)
		return
	}
	q := &question{message: m, number: asked.Number, hash: asked.Hash, asked: now, due: now}
	if before != nil {
		q.due = before.followed(now)
	}
	if before != nil && !before.answered {
		d.Observer.Inquired(Limited)
	}
	d.waiting[m.Device] = q
	d.rouse()
}

// Settled is told of each message that left its queue, with the verdict on one that is in quarantine.
func (d *Desk) Settled(e spool.Entry, verdict *spool.Verdict) {
	if !d.asks(e.Device) {
		return
	}
	number, digest := identify(e.Payload, e.Device)
	d.mu.Lock()
	defer d.mu.Unlock()
	q := d.waiting[e.Device]
	if digest == "" || q == nil || q.number != number || q.answered {
		return
	}
	q.found = found{}
	if verdict != nil && !verdict.Undisclosed() {
		q.found = found{digest, verdict.Code}
	}
	q.settled, q.behind, q.due = true, 0, time.Now()
	d.rouse()
}

func (d *Desk) asks(device string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.waiting[device] != nil
}

func (d *Desk) rouse() {
	select {
	case d.wake <- struct{}{}:
	default: // it holds a token already
	}
}

// identify returns the sequence number of a message of a device's stream, and its digest as a commit receipt has it, which is
// empty if the payload is no such message. No signature is checked.
func identify(payload []byte, device string) (number uint64, digest string) {
	text, _, err := attest.Split(attest.Text(payload))
	if err != nil {
		return 0, ""
	}
	m, err := attest.Parse(text)
	if err != nil || m.Sequence == 0 || m.Device != device {
		return 0, ""
	}
	whole, err := m.Digest()
	if err != nil {
		return 0, ""
	}
	return m.Sequence, hex.EncodeToString(whole[:waymark.DigestPrefix])
}
