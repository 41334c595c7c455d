package webhooks

import (
	"context"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/client"
	"github.com/waymark-ledger/waymark/gateway/internal/database"
	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
	"github.com/waymark-ledger/waymark/gateway/internal/model"
)

// Book is what callers do with their webhooks. A webhook is an identity's: whoever acts as that has it, since credentials
// are renewed. It is safe for concurrent use.
//
// Codes of all its methods: NotFound for a webhook, or dead letter, that the identity does not have; Unavailable while the
// database does not answer.
type Book struct {
	store  *Store
	source Source
	guard  *Guard
	limits Limits
}

// NewBook returns the book of what is kept in a store.
func NewBook(s *Store, events Source, g *Guard, l Limits) *Book {
	return &Book{store: s, source: events, guard: g, limits: l}
}

var errOff = waymark.Errorf(waymark.FailedPrecondition, "this gateway sends no webhooks")

// Create makes a webhook for an identity, as a caller asks.
//
// Codes: Invalid for a URL that may not be called, and for what is after blocks that there are not yet; ResourceExhausted past the limits; FailedPrecondition where there are none.
func (b *Book) Create(ctx context.Context, as ledger.Identity, caller string, r waymark.WebhookRequest) (client.WebhookSecret, error) {
	if b.limits.Most == 0 {
		return client.WebhookSecret{}, errOff
	}
	if err := b.guard.check(r.URL); err != nil {
		return client.WebhookSecret{}, err
	}
	after, err := b.begin(ctx, r.After)
	if err != nil {
		return client.WebhookSecret{}, err
	}
	h, err := b.store.add(ctx, hook{
		id: newID(), identity: as, caller: caller, url: r.URL, secret: newSecret(), checkpoint: after,
		filter: waymark.EventsQuery{Kind: r.Kind, Device: r.Device, Shipment: r.Shipment, Member: r.Member, Purpose: r.Purpose},
	}, b.limits)
	return client.WebhookSecret{Webhook: h.told(), Secret: h.secret}, err
}

// begin is the id after which a webhook begins that is to begin after an event, or now.
func (b *Book) begin(ctx context.Context, after string) (string, error) {
	last, err := b.source.Last(ctx)
	if err != nil || after == "" {
		return last, database.Away(err)
	}
	asked, err := model.ParsePosition(after)
	if err != nil {
		return "", err
	}
	known, err := model.ParsePosition(last)
	if err == nil && asked.Block > known.Block+model.MaxAhead {
		err = waymark.InvalidField("/after", "must be of a block that there is: the last one known here is %d", known.Block)
	}
	return after, err
}

// List returns the webhooks of an identity.
func (b *Book) List(ctx context.Context, as ledger.Identity) (client.WebhookList, error) {
	all, err := b.store.list(ctx, as)
	list := client.WebhookList{Webhooks: []client.Webhook{}}
	for _, h := range all {
		list.Webhooks = append(list.Webhooks, h.told())
	}
	return list, err
}

// Get returns a webhook.
func (b *Book) Get(ctx context.Context, as ledger.Identity, id string) (client.Webhook, error) {
	return told(b.store.get(ctx, as, id))
}

// Delete ends a webhook, and returns what it was.
func (b *Book) Delete(ctx context.Context, as ledger.Identity, id string) (client.Webhook, error) {
	return told(b.store.remove(ctx, as, id))
}

// Pause stops a webhook. It goes on where it was.
func (b *Book) Pause(ctx context.Context, as ledger.Identity, id string) (client.Webhook, error) {
	return told(b.store.pause(ctx, as, id))
}

// Resume lets a webhook go on, from the first attempt at what comes next.
func (b *Book) Resume(ctx context.Context, as ledger.Identity, id string) (client.Webhook, error) {
	return told(b.store.resume(ctx, as, id))
}

// RotateSecret gives a webhook another secret. The one before signs too for a day.
func (b *Book) RotateSecret(ctx context.Context, as ledger.Identity, id string) (client.WebhookSecret, error) {
	h, err := b.store.renew(ctx, as, id, newSecret())
	return client.WebhookSecret{Webhook: h.told(), Secret: h.secret}, err
}

func told(h hook, err error) (client.Webhook, error) { return h.told(), err }

// DeadLetters returns a page of the dead letters of a webhook.
//
// Codes: Invalid for a cursor that is no event.
func (b *Book) DeadLetters(ctx context.Context, as ledger.Identity, q waymark.DeadLettersQuery) (list client.DeadLetterList, err error) {
	after := model.Position{N: -1} // before all
	if q.Cursor != "" {
		if after, err = model.ParsePosition(q.Cursor); err != nil {
			return list, err
		}
	}
	limit := waymark.Page(q.Limit)
	list.DeadLetters, err = b.store.letters(ctx, as, q.Webhook, after, limit+1)
	if len(list.DeadLetters) > limit {
		list.DeadLetters = list.DeadLetters[:limit]
		list.Cursor = list.DeadLetters[limit-1].Event
	}
	return list, err
}

// Replay has dead letters sent once more, in turn with what happens: one attempt each. One that is delivered is forgotten.
//
// Codes: Invalid for what is no event.
func (b *Book) Replay(ctx context.Context, as ledger.Identity, r waymark.ReplayRequest) (replay client.Replay, err error) {
	var event *model.Position
	if r.Event != "" {
		at, err := model.ParsePosition(r.Event)
		if err != nil {
			return replay, err
		}
		event = &at
	}
	replay.Waiting, err = b.store.replay(ctx, as, r.Webhook, event)
	return replay, err
}
