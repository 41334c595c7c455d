package statement

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/gateway"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/pause"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/spool"
	"go.uber.org/zap"
)

const (
	workers   = 8 // requests at once
	stopGrace = 5 * time.Second
)

// Queue is where statements wait.
type Queue interface {
	// Ready receives when the queue may have become non-empty.
	Ready(queue int) <-chan struct{}
	// Oldest returns the oldest entries of those that want accepts, which is asked of each, in order; within bounds but at least one if
	// there is any.
	Oldest(queue, messages, bytes int, want func(device string) bool) ([]spool.Entry, error)
	// Settle durably removes entries, those with a verdict into quarantine.
	Settle(queue int, settlements []spool.Settlement) error
}

// Ledger takes statements.
type Ledger interface {
	// CloseCommand submits a receipt in its text form. gateway.RefusedByLedger tells what can never succeed.
	CloseCommand(ctx context.Context, receipt string) error
}

// Hearer is told what became of statements.
type Hearer interface {
	// Closed is told of a command that the ledger has closed by its device's receipt.
	Closed(device, command string)
	// Refused is told of a command whose receipt the ledger does not take.
	Refused(device, command string)
	// Present takes a presence, whose signature is not checked yet, and reports whether the ledger has it. Its error says that it
	// is to be offered again, unless it is a Refusal, or gateway.RefusedByLedger holds for it.
	Present(ctx context.Context, m *attest.Message, text string) (recorded bool, err error)
}

// Observer is told what happens.
type Observer interface {
	// Stated is told of a statement that has its end: Relayed, Noted, or the code with which it is in quarantine.
	Stated(kind attest.Kind, outcome string)
	// Quarantined is told of a message once it is in quarantine.
	Quarantined(device string, code spool.Code)
	// Retried is told why a statement has to be tried again.
	Retried(reason string)
}

// Refusal is the error of a statement that can never succeed.
type Refusal struct{ Err error }

// Error says why.
func (r *Refusal) Error() string { return r.Err.Error() }

// Unwrap returns why.
func (r *Refusal) Unwrap() error { return r.Err }

// The outcomes of statements that are not in quarantine.
const (
	Relayed = "relayed" // the ledger has it
	Noted   = "noted"   // it is none of the ledger's: the bridge alone has it
)

// Options say how patient a lane is.
type Options struct {
	MaxBackoff    time.Duration // caps the wait between two tries
	StuckAttempts int           // failures of one statement, each with successes of others since, before it is given up
}

// Lane takes statements from a queue to a ledger.
type Lane struct {
	queue    Queue
	ledger   Ledger
	hearer   Hearer
	options  Options
	observer Observer
	log      *zap.Logger

	mu       sync.Mutex
	aside    map[string]*trial // devices whose oldest statement fails, while others succeed
	recorded uint64            // statements that the ledger has taken
	failure  error
}

// New makes a lane. Run starts it.
func New(queue Queue, ledger Ledger, hearer Hearer, options Options, observer Observer, log *zap.Logger) *Lane {
	return &Lane{queue: queue, ledger: ledger, hearer: hearer, options: options, observer: observer, log: log, aside: map[string]*trial{}}
}

// Health returns what stands between the lane and the ledger, nil if nothing.
func (l *Lane) Health() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.failure
}

// Run relays until ctx ends and what is under way is answered, for at most stopGrace.
func (l *Lane) Run(ctx context.Context) {
	calls, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(stopGrace, cancel) })()
	for failures := 0; ctx.Err() == nil; {
		now := time.Now()
		entries, err := l.queue.Oldest(spool.Statements, atOnce, bytesAtOnce, l.wants(now))
		if err == nil {
			l.forget(now, entries)
		}
		switch {
		case err != nil:
			l.log.Error("cannot read the spool", zap.Error(err))
		case len(entries) == 0:
			l.await(ctx)
		default:
			err = l.round(calls, ctx.Done(), entries)
		}
		l.note(err)
		if err == nil {
			failures = 0
			continue
		}
		failures++
		pause.For(ctx.Done(), max(pause.Backoff(failures, l.options.MaxBackoff), gateway.RetryAfter(err)))
	}
}

func (l *Lane) note(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.failure = err
}

// await returns when there may be something to do.
func (l *Lane) await(ctx context.Context) {
	timer := time.NewTimer(l.nextTrial(time.Now()))
	defer timer.Stop()
	select {
	case <-l.queue.Ready(spool.Statements):
	case <-timer.C:
	case <-ctx.Done():
	}
}

// settle tries until the spool has it on the disk.
func (l *Lane) settle(stop <-chan struct{}, settlements []spool.Settlement) error {
	for attempts := 1; len(settlements) > 0; attempts++ {
		err := l.queue.Settle(spool.Statements, settlements)
		if err == nil {
			return nil
		}
		l.note(err)
		l.observer.Retried("statement_disk")
		if !pause.For(stop, pause.Backoff(attempts, l.options.MaxBackoff)) {
			return err //nolint:wrapcheck // it says all
		}
	}
	return nil
}

// tell tells what is on the disk by now.
func (l *Lane) tell(entries []spool.Entry, ends []end) {
	for i, e := range entries {
		if ends[i].err != nil {
			continue
		}
		l.settled(e, ends[i].recorded)
		switch {
		case ends[i].verdict != nil:
			l.observer.Stated(ends[i].kind, string(ends[i].verdict.Code))
			l.observer.Quarantined(e.Device, ends[i].verdict.Code)
		case ends[i].recorded:
			l.observer.Stated(ends[i].kind, Relayed)
		default:
			l.observer.Stated(ends[i].kind, Noted)
		}
	}
}

func (l *Lane) close(ctx context.Context, m *attest.Message, text string) error {
	receipt, err := waymark.ParseCommandReceipt(m.Payload)
	if err != nil {
		return err //nolint:wrapcheck // it says all
	}
	err = l.ledger.CloseCommand(ctx, text)
	switch {
	case err == nil:
		l.hearer.Closed(m.Device, receipt.Command)
	case gateway.RefusedByLedger(err):
		l.hearer.Refused(m.Device, receipt.Command)
	}
	return err //nolint:wrapcheck // it says all
}

func verdict(code spool.Code, detail string) *spool.Verdict {
	return &spool.Verdict{Code: code, Detail: detail, Time: time.Now().UTC()}
}

// refusal is the verdict on what can never succeed, nil if err does not say so.
func (l *Lane) refusal(e spool.Entry, err error) *spool.Verdict {
	attempts := l.attempts(e)
	if gateway.RefusedByLedger(err) {
		attempts++
	} else if local := new(Refusal); !errors.As(err, &local) {
		return nil
	}
	v := verdict(waymark.Invalid, err.Error())
	v.Attempts = attempts
	if refused := new(waymark.Error); errors.As(err, &refused) {
		v.Code, v.Detail, v.Reasons = refused.Code, refused.Message, refused.Reasons
	}
	return v
}
