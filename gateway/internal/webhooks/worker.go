package webhooks

import (
	"context"
	"errors"
	"time"

	"github.com/waymark-ledger/waymark/gateway/client"
	"github.com/waymark-ledger/waymark/gateway/internal/pause"
	"go.uber.org/zap"
)

// worker delivers one webhook.
type worker struct {
	*Deliverer

	id string
	// seen is how far it has looked behind the checkpoint stored, since what is in between is not for it.
	stored, seen string
	saved        time.Time // when a checkpoint was moved past what is not for it
	trouble      string    // why nothing can be done, but for the target
}

// run delivers until ctx is done, or the webhook is not active any more.
func (w *worker) run(ctx context.Context) {
	for ctx.Err() == nil {
		h, err := w.store.load(ctx, w.id)
		if errors.Is(err, errNone) {
			return
		}
		if err == nil {
			err = w.step(ctx, h)
		}
		if errors.Is(err, errMoved) { // read it again
			err = nil
		}
		if w.note(ctx, err); err != nil {
			pause.For(ctx, w.pace.trouble)
		}
	}
}

// note says when our side begins to fail a webhook, and when it works again.
func (w *worker) note(ctx context.Context, err error) {
	before := w.trouble
	w.trouble = ""
	if err != nil {
		w.trouble = err.Error()
	}
	switch {
	case w.trouble != "" && before == "" && ctx.Err() == nil:
		w.log.Warn("a webhook has to wait", zap.String("webhook", w.id), zap.Error(err))
	case w.trouble == "" && before != "":
		w.log.Info("a webhook goes on", zap.String("webhook", w.id))
	}
}

// step sends a dead letter that is to be sent once more, and a page of events; or it waits for something to do, for
// pace.look at most.
func (w *worker) step(ctx context.Context, h hook) error {
	if wait := h.wait(); wait > 0 {
		pause.For(ctx, min(wait, w.pace.look))
		return nil
	}
	if h.waiting && h.attempts == 0 {
		if err := w.resend(ctx, h); err != nil {
			return err
		}
	}
	if w.stored != h.checkpoint {
		w.stored, w.seen = h.checkpoint, h.checkpoint
	}
	list, err := w.source.Events(ctx, h.identity, h.filter, w.seen)
	switch {
	case err != nil:
		return err
	case len(list.Events) == 0:
		return w.pass(ctx, h, list.Next)
	}
	return w.page(ctx, h, list.Events)
}

// page delivers events until one is to be tried again, or it is a dead letter's turn.
func (w *worker) page(ctx context.Context, h hook, events []client.Event) error {
	for _, e := range events {
		if on, err := w.deliver(ctx, &h, e); err != nil || !on || h.waiting {
			return err
		}
	}
	return nil
}

// pass goes on behind what is not for the webhook, and waits for more.
func (w *worker) pass(ctx context.Context, h hook, next string) error {
	w.seen = next
	if next != h.checkpoint && time.Since(w.saved) >= w.pace.save {
		w.saved = time.Now()
		if err := w.store.skip(ctx, h, next); err != nil {
			return err
		}
		w.stored = next
	}
	if h.waiting {
		return nil
	}
	wait, cancel := context.WithTimeout(ctx, w.pace.look)
	defer cancel()
	w.source.Grown(wait, next)
	return nil
}

// deliver makes an attempt at the event after the checkpoint, notes what came of it, and reports whether to go on with the next one.
func (w *worker) deliver(ctx context.Context, h *hook, e client.Event) (on bool, err error) {
	r := w.sender.send(ctx, *h, e)
	if r.cut {
		return false, nil
	}
	ctx = context.WithoutCancel(ctx) // what is known is noted
	switch {
	case r.delivered:
		on, err = w.delivered(ctx, h, e)
	case r.gone:
		w.count(outcomeGone, *h, r)
		err = w.store.disable(ctx, *h, r.problem)
	case h.attempts+1 < w.limits.Attempts:
		w.count(outcomeFailed, *h, r)
		err = w.store.fail(ctx, *h, r.problem, w.pace.after(h.attempts, r.after))
	default:
		w.count(outcomeDead, *h, r)
		if on, err = w.store.bury(ctx, *h, e.ID, r.problem, w.limits.DeadLetters); on {
			h.checkpoint, h.attempts = e.ID, 0
		}
	}
	return on, err
}

// delivered moves the checkpoint.
func (w *worker) delivered(ctx context.Context, h *hook, e client.Event) (on bool, err error) {
	w.metrics.attempts.WithLabelValues(outcomeDelivered).Inc()
	if on, err = w.store.advance(ctx, *h, e.ID); err != nil {
		return false, err
	}
	if h.failingSince != 0 {
		w.log.Info("a webhook is delivered again", zap.String("webhook", w.id), zap.String("event", e.ID))
	}
	h.checkpoint, h.attempts, h.failingSince = e.ID, 0, 0
	return on, nil
}

// count counts an attempt that was in vain, and says when a webhook begins to fail, and what it loses.
func (w *worker) count(outcome string, h hook, r result) {
	w.metrics.attempts.WithLabelValues(outcome).Inc()
	if outcome != outcomeFailed || h.failingSince == 0 {
		w.log.Warn("a webhook fails", zap.String("webhook", w.id), zap.String("outcome", outcome), zap.String("problem", r.problem))
	}
}

// resend makes one attempt at the first dead letter that is to be sent once more.
func (w *worker) resend(ctx context.Context, h hook) error {
	l, found, err := w.store.waiting(ctx, h.id)
	if err != nil || !found {
		return err
	}
	e, found, err := w.source.Event(ctx, h.identity, l.Event, h.filter.Purpose)
	if err != nil {
		return err
	}
	if !found { // it is not for this identity any more
		return w.store.forget(ctx, h.id, l.Event)
	}
	r := w.sender.send(ctx, h, e)
	if r.cut {
		return nil
	}
	ctx = context.WithoutCancel(ctx)
	if r.delivered {
		w.metrics.attempts.WithLabelValues(outcomeReplayed).Inc()
		return w.store.forget(ctx, h.id, l.Event)
	}
	w.metrics.attempts.WithLabelValues(outcomeLeft).Inc()
	return w.store.leave(ctx, h.id, l.Event, r.problem)
}
