package command

import (
	"context"
	"sync"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"go.uber.org/zap"
)

// atOnce bounds what is published before the schedule is looked at again.
const atOnce = 256

// Run delivers until ctx ends.
func (b *Book) Run(ctx context.Context) {
	var parts sync.WaitGroup
	parts.Go(func() { b.refresh(ctx) })
	parts.Go(func() { b.deliver(ctx) })
	parts.Wait()
}

func (b *Book) deliver(ctx context.Context) {
	for ctx.Err() == nil {
		now := b.takeRound()
		for _, c := range now.due {
			b.publish(ctx, c)
		}
		b.end(now.over)
		b.doubt(now.over)
		timer := time.NewTimer(time.Until(now.next))
		select {
		case <-timer.C:
		case <-b.wake:
		case <-ctx.Done():
		}
		timer.Stop()
	}
}

// takeRound takes what is due, and has the gateway asked for what it is to confirm first.
func (b *Book) takeRound() round {
	b.mu.Lock()
	defer b.mu.Unlock()
	r := b.queue.take(time.Now(), atOnce)
	for _, device := range r.unsure {
		b.stale.askSoon(device)
	}
	return r
}

func (b *Book) publish(ctx context.Context, c waymark.DeliveredCommand) {
	err := b.sender.Send(ctx, c.Device, attest.Command, c)
	b.observer.CommandPublished(err)
	if err != nil {
		b.log.Debug("command not published: it is tried again", zap.String("device_id", c.Device), zap.String("command", c.ID), zap.Error(err))
	}
}

// end takes commands that are over off the disk. While it cannot, they are not published, and it is tried again.
func (b *Book) end(over []name) {
	if len(over) == 0 {
		return
	}
	gone := map[name]*waymark.DeliveredCommand{}
	for _, n := range over {
		gone[n] = nil
	}
	if err := b.change(gone); err != nil {
		b.log.Error("commands that are over stay on the disk", zap.Int("commands", len(over)), zap.Error(err))
		b.silence(over)
	}
}

// doubt has the gateway asked, once it surely knows, whether what is over by this clock is.
func (b *Book) doubt(over []name) {
	for _, n := range over {
		b.askLater(n.device)
	}
}

func (b *Book) silence(over []name) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, n := range over {
		if w := b.open[n.device][n.id]; w != nil {
			w.closed = true
		}
	}
}

// Connected is told that a device has connected: its commands are published at once, and the gateway is asked for
// those that the book may lack.
func (b *Book) Connected(device string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	for _, w := range b.open[device] {
		w.pause = firstPause
		b.plan(w, now.Add(afterConnect))
	}
	b.stale.addOnce(device)
}

// Seen is told of each message of a device: of one that came before the bridge started the gateway is asked once.
func (b *Book) Seen(device string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.stale.addOnce(device)
}

// Answered is told that a receipt of a command is in the spool.
func (b *Book) Answered(device, id string) { _ = b.replan(device, id, afterReceipt) }

// Refused is told that the ledger does not take that receipt. The command may have ended, so the gateway is asked.
func (b *Book) Refused(device, id string) {
	if b.replan(device, id, firstPause) {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.stale.askSoon(device)
	}
}

// replan reports whether the book has that command.
func (b *Book) replan(device, id string, pause time.Duration) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	w := b.open[device][id]
	if w == nil {
		return false
	}
	w.pause = firstPause
	b.plan(w, time.Now().Add(pause))
	return true
}

func (b *Book) plan(w *waiting, due time.Time) {
	w.due = due
	b.queue.changed(w)
	b.rouse()
}

// Closed is told that the ledger has closed a command.
func (b *Book) Closed(device, id string) {
	b.end([]name{{device, id}})
}
