package webhooks

import (
	"context"
	"errors"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
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
	waits        bool      // nothing can be done, but for the target
	// When it is to try again, an event and a dead letter.
	retryAt, resendAt alarm
}

// run delivers until ctx is done, or the webhook is not active any more.
func (w *worker) run(ctx context.Context) {
	defer w.wait(false)
	for ctx.Err() == nil {
		h, err := w.load(ctx)
		if errors.Is(err, errNone) {
			return
		}
		if err == nil {
			err = w.step(ctx, h)
		}
		if errors.Is(err, errMoved) || errors.Is(err, errNone) { // read it again
			err = nil
		}
		if w.note(ctx, h, err); err != nil {
			pause.For(ctx, w.pace.trouble)
		}
	}
}

// load reads the webhook. What it is to wait for comes no later than it was to come at first.
func (w *worker) load(ctx context.Context) (hook, error) {
	h, err := w.store.load(ctx, w.id)
	if err == nil {
		h.retryAt, h.resendAt = w.retryAt.heard(h.retryAt, h.now), w.resendAt.heard(h.resendAt, h.now)
	}
	return h, err
}

// note says when our side begins to fail a webhook, and when it works again: to its owner too, if h was read.
func (w *worker) note(ctx context.Context, h hook, err error) {
	if ctx.Err() != nil {
		return
	}
	trouble := ""
	if err != nil {
		trouble = troubleOf(err)
	}
	if h.id != "" && h.trouble != trouble {
		_ = w.store.hinder(ctx, h.id, trouble) // or with the next step
	}
	if !w.wait(err != nil) {
		return
	}
	if err != nil {
		w.log.Warn("a webhook has to wait", zap.String("webhook", w.id), zap.Error(err))
	} else {
		w.log.Info("a webhook goes on", zap.String("webhook", w.id))
	}
}

// wait counts whether the webhook has to wait for us, and reports whether that is new.
func (w *worker) wait(has bool) bool {
	if has == w.waits {
		return false
	}
	if w.waits = has; has {
		w.metrics.waiting.Inc()
	} else {
		w.metrics.waiting.Dec()
	}
	return true
}

// troubleOf is what the owner of a webhook is told of an error of ours.
func troubleOf(err error) string {
	var known *waymark.Error
	if errors.As(err, &known) {
		return known.Message
	}
	return "the gateway cannot send: its log says why"
}

// step sends a dead letter that is to be sent once more, and a page of events; or it waits for something to do, for
// pace.look at most.
func (w *worker) step(ctx context.Context, h hook) (err error) {
	if h.wait() == 0 && h.resends() {
		if h, err = w.resend(ctx, h); err != nil {
			return err
		}
	}
	if wait := h.wait(); wait > 0 {
		pause.For(ctx, min(wait, w.pace.look))
		return nil
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

// page delivers events until one is to be tried again, or it is a dead letter's turn. The webhook is read again with each.
func (w *worker) page(ctx context.Context, h hook, events []client.Event) error {
	for _, e := range events {
		if on, err := w.deliver(ctx, &h, e); err != nil || !on || h.resends() {
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
	if h.resends() {
		return nil
	}
	wait, cancel := context.WithTimeout(ctx, w.pace.look)
	defer cancel()
	w.source.Grown(wait, next)
	return nil
}

// deliver makes an attempt at the event after the checkpoint, notes what came of it, and reports whether to go on with the next one. Then
// h is the webhook as it is now.
func (w *worker) deliver(ctx context.Context, h *hook, e client.Event) (on bool, err error) {
	r, err := w.sender.send(ctx, *h, e)
	if err != nil || r.cut {
		return false, err
	}
	ctx = context.WithoutCancel(ctx) // what is known is noted
	switch {
	case r.delivered:
		return w.delivered(ctx, h, e)
	case r.gone:
		w.count(outcomeGone, *h, r)
		return false, w.store.disable(ctx, *h, h.attempts+1, r.problem)
	case h.attempts+1 < w.limits.Attempts:
		w.count(outcomeFailed, *h, r)
		return false, w.store.fail(ctx, *h, r.problem, w.pace.after(h.attempts, r.after))
	}
	return w.bury(ctx, h, e, r)
}

// delivered moves the checkpoint.
func (w *worker) delivered(ctx context.Context, h *hook, e client.Event) (on bool, err error) {
	w.metrics.attempts.WithLabelValues(outcomeDelivered).Inc()
	now, err := w.store.advance(ctx, *h, e.ID)
	if err != nil {
		return false, err
	}
	if h.failingSince != 0 {
		w.log.Info("a webhook is delivered again", zap.String("webhook", w.id), zap.String("event", e.ID))
	}
	*h = now
	w.note(ctx, now, nil)
	return now.state == client.WebhookActive, nil
}

// bury gives an event up, or pauses the webhook.
func (w *worker) bury(ctx context.Context, h *hook, e client.Event, r result) (on bool, err error) {
	now, err := w.store.bury(ctx, *h, e.ID, r.problem, w.limits.DeadLetters)
	if err != nil {
		return false, err
	}
	outcome := outcomeDead
	if now.checkpoint != e.ID {
		outcome = outcomeFull
	}
	w.count(outcome, *h, r)
	*h = now
	return now.state == client.WebhookActive, nil
}

// count counts an attempt that was in vain, and says when a webhook begins to fail, and what it loses.
func (w *worker) count(outcome string, h hook, r result) {
	w.metrics.attempts.WithLabelValues(outcome).Inc()
	if outcome != outcomeFailed || h.failingSince == 0 {
		w.log.Warn("a webhook fails", zap.String("webhook", w.id), zap.String("outcome", outcome), zap.String("problem", r.problem))
	}
}

// resend makes one attempt at the first dead letter that is to be sent once more, and returns the webhook as it is then.
func (w *worker) resend(ctx context.Context, h hook) (hook, error) {
	l, found, err := w.store.waiting(ctx, h.id)
	if err != nil || !found {
		return h, err
	}
	e, found, err := w.source.Event(ctx, h.identity, l.Event, h.filter.Purpose)
	if err != nil {
		return h, err
	}
	if !found { // it is not for this identity any more
		err = w.store.forget(ctx, h.id, l.Event)
	} else {
		err = w.again(ctx, h, e)
	}
	if err != nil {
		return h, err
	}
	return w.load(ctx)
}

// again sends the event of a dead letter. If it is refused the others wait, as an event would.
func (w *worker) again(ctx context.Context, h hook, e client.Event) error {
	r, err := w.sender.send(ctx, h, e)
	if err != nil || r.cut {
		return err
	}
	ctx = context.WithoutCancel(ctx)
	switch {
	case r.delivered:
		w.metrics.attempts.WithLabelValues(outcomeReplayed).Inc()
		return w.store.taken(ctx, h.id, e.ID)
	case r.gone:
		w.count(outcomeGone, h, r)
		return w.store.disable(ctx, h, h.attempts, r.problem)
	}
	w.metrics.attempts.WithLabelValues(outcomeLeft).Inc()
	return w.store.leave(ctx, h.id, e.ID, r.problem, w.pace.after(h.refused, r.after), r.after)
}
