package inquiry

import (
	"context"
	"strings"
	"sync"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/gateway"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/spool"
	"go.uber.org/zap"
)

// Run answers until ctx ends.
func (d *Desk) Run(ctx context.Context) {
	jobs := make(chan *question)
	var parts sync.WaitGroup
	for range workers {
		parts.Go(func() {
			for q := range jobs {
				d.look(ctx, q)
			}
		})
	}
	d.assign(ctx, jobs)
	close(jobs)
	parts.Wait()
}

// assign hands out what is due until ctx ends.
func (d *Desk) assign(ctx context.Context, jobs chan<- *question) {
	for ctx.Err() == nil {
		due, next := d.due(time.Now())
		for _, q := range due {
			select {
			case jobs <- q:
			case <-ctx.Done():
				return
			}
		}
		timer := time.NewTimer(time.Until(next))
		select {
		case <-timer.C:
		case <-d.wake:
		case <-ctx.Done():
		}
		timer.Stop()
	}
}

// due are the questions to be looked at now, and when there are more. What was answered is forgotten once its device may ask again.
func (d *Desk) due(now time.Time) (due []*question, next time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	next = now.Add(time.Minute)
	for device, q := range d.waiting {
		at := q.due
		if q.answered {
			at = q.begun.Add(minPause)
		}
		switch {
		case q.busy:
		case at.After(now):
			next = earlier(next, at)
		case q.answered:
			delete(d.waiting, device)
		default:
			q.busy = true
			if q.begun.IsZero() {
				q.begun = now
			}
			due = append(due, q)
		}
	}
	return due, next
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// look answers a question, or plans the next look at it.
func (d *Desk) look(ctx context.Context, q *question) {
	ctx, cancel := context.WithTimeout(ctx, lookUpTimeout)
	defer cancel()
	outcome := d.outcome(ctx, q)
	if ctx.Err() != nil && outcome == "" {
		outcome = q.ends(Untold)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	q.busy = false
	if outcome == "" {
		q.looked(time.Now())
	} else {
		q.answered = true
		d.Observer.Inquired(outcome)
	}
	d.rouse()
}

// outcome is what became of an inquiry, empty if it waits on. Nothing is asked for whom has not signed it.
func (d *Desk) outcome(ctx context.Context, q *question) string {
	if !q.signed {
		err := d.Devices.Signed(ctx, q.message)
		if waymark.CodeOf(err) == waymark.Unavailable {
			return q.ends(Untold)
		}
		if err != nil {
			d.Log.Info("inquiry refused", zap.String("device_id", q.message.Device), zap.Error(err))
			return Refused
		}
		q.signed = true
	}
	receipt := waymark.CommitReceipt{Device: q.message.Device, Number: q.number, At: time.Now().Unix()}
	recorded, err := d.Ledger.Message(ctx, q.message.Device, q.number)
	switch {
	case err == nil:
		receipt.State, receipt.Digest, receipt.TxID, receipt.Block = waymark.CommitRecorded, recorded.Digest, recorded.TxID, recorded.BlockNumber
		return d.answer(ctx, q, receipt)
	case !gateway.NotFound(err):
		return q.ends(Untold)
	}
	if f, is := d.unreadable(q); is {
		receipt.State, receipt.Digest, receipt.Code = waymark.CommitUnreadable, f.digest, string(f.code)
		return d.answer(ctx, q, receipt)
	}
	if f, is := d.inQuarantine(q); is {
		receipt.State, receipt.Digest, receipt.Code = waymark.CommitQuarantined, f.digest, string(f.code)
		return d.answer(ctx, q, receipt)
	}
	if q.ends(Untold) == "" {
		return ""
	}
	receipt.State = waymark.CommitUnknown
	return d.answer(ctx, q, receipt)
}

// What is looked at in quarantine for one answer, at most: of a device with the usual quota all, unless much of it is held.
const (
	maxLooked      = 1000
	maxLookedBytes = 8 << 20
)

// unreadable returns what the device means by its hash, if that is in quarantine and no number can be read of it.
func (d *Desk) unreadable(q *question) (f found, is bool) {
	if q.hash == "" {
		return f, false
	}
	d.visit(q, func(there spool.Quarantined) bool {
		if !refusedAtTheDoor(there.Code) || !strings.HasPrefix(there.Hash(), q.hash) {
			return true
		}
		if _, digest := identify(there.Payload, q.message.Device); digest == "" {
			f, is = found{q.hash, there.Code}, true
		}
		return !is
	})
	return f, is
}

// refusedAtTheDoor reports whether of a message with a code there may be no number to be read.
func refusedAtTheDoor(code spool.Code) bool {
	return code == spool.Unreadable || code == spool.TooLarge || code == spool.WrongDevice
}

// inQuarantine returns the newest message of that number in quarantine. If one has left its queue since the inquiry came, it alone counts.
func (d *Desk) inQuarantine(q *question) (found, bool) {
	if f, settled := d.settledAs(q); settled {
		return f, f.code != ""
	}
	var f found
	d.visit(q, func(there spool.Quarantined) bool {
		if number, digest := identify(there.Payload, q.message.Device); digest != "" && number == q.number && !there.Undisclosed() {
			f = found{digest, there.Code}
		}
		return f.code == ""
	})
	return f, f.code != ""
}

// visit goes through what the device has in quarantine, the newest first, until look returns false.
func (d *Desk) visit(q *question, look func(there spool.Quarantined) bool) {
	if err := d.Quarantine.QuarantinedOf(q.message.Device, maxLooked, maxLookedBytes, look); err != nil {
		d.Log.Error("cannot look for a message in quarantine", zap.String("device_id", q.message.Device), zap.Error(err))
	}
}

func (d *Desk) settledAs(q *question) (found, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return q.found, q.settled
}

// answer publishes a commit receipt. While it cannot, there is another look; what is lost on the way is asked for again.
func (d *Desk) answer(ctx context.Context, q *question, receipt waymark.CommitReceipt) string {
	if err := d.Sender.Send(ctx, receipt.Device, attest.Commit, receipt); err != nil {
		d.Log.Debug("answer to a device cannot be published", zap.String("device_id", receipt.Device), zap.Uint64("sequence", receipt.Number), zap.Error(err))
		return q.ends(Unsent)
	}
	return string(receipt.State)
}
