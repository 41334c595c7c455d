package rest

import (
	"context"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/client"
	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
	"github.com/waymark-ledger/waymark/gateway/internal/webhooks"
)

// ofWebhook says whose webhooks an operation is about.
const ofWebhook = "For whoever acts as the identity that the webhook was made for; to everybody else it is `not_found`. The ledger is not asked."

func webhookRoutes() []route {
	const all, one = "/v1/webhooks", "/v1/webhooks/{id}"
	return []route{
		createWebhook(route{
			method: http.MethodPost, path: all, id: "createWebhook",
			summary: "Have events sent to a URL as they happen, each until it is taken",
		}),
		{
			method: http.MethodGet, path: all, id: "listWebhooks", tag: tagEvents, result: client.WebhookList{},
			summary: "The webhooks of the identity that acts for the caller",
			doc:     documented{about: "For everybody with a credential. The ledger is not asked."},
			serve: func(s *service, c *gin.Context) error {
				list, err := s.webhooks.List(c.Request.Context(), exchangeOf(c).caller.Identity)
				if err != nil {
					return err
				}
				return s.respond(c, http.StatusOK, list)
			},
		},
		ofOne(route{
			method: http.MethodGet, path: one, id: "getWebhook",
			summary: "A webhook: how far it is, and why it is behind if it is",
		}, (*webhooks.Book).Get),
		ofOne(route{
			method: http.MethodPost, path: one + "/pause", id: "pauseWebhook", keeps: true,
			summary: "Send nothing by a webhook until it is resumed; it goes on where it was",
		}, (*webhooks.Book).Pause),
		ofOne(route{
			method: http.MethodPost, path: one + "/resume", id: "resumeWebhook", keeps: true,
			summary: "Let a webhook go on, at once, also if it waits after a failure or its target has said that it is gone",
		}, (*webhooks.Book).Resume),
		ofOne(route{
			method: http.MethodPost, path: one + "/rotate-secret", id: "rotateWebhookSecret", keeps: true,
			summary: "Give a webhook another secret, which is told this once; the one before signs too for 24 hours",
		}, (*webhooks.Book).RotateSecret),
		asksBook(route{
			method: http.MethodGet, path: one + "/dead-letters", id: "listDeadLetters",
			summary: "What a webhook could not deliver, in the order of the ledger",
			paged:   Page{Entries: "DeadLetters", All: "DeadLetters"},
		}, func(p path, _ noBody) waymark.DeadLettersQuery {
			return waymark.DeadLettersQuery{Webhook: p.id, Limit: p.thing.limit, Cursor: p.thing.cursor}
		}, (*webhooks.Book).DeadLetters),
		asksBook(route{
			method: http.MethodPost, path: one + "/replay", id: "replayDeadLetters", keeps: true, body: replayBody{},
			summary: "Send what could not be delivered once more: one dead letter, or all",
			doc:     documented{about: "Each is sent once, in turn with what happens; one that is taken is forgotten."},
		}, func(p path, b replayBody) waymark.ReplayRequest {
			return waymark.ReplayRequest{Webhook: p.id, Event: b.Event}
		}, (*webhooks.Book).Replay),
		ofOne(route{
			method: http.MethodDelete, path: one, id: "deleteWebhook", keeps: true,
			summary: "End a webhook, and forget its dead letters",
		}, (*webhooks.Book).Delete),
	}
}

// createWebhook completes the route that makes one.
func createWebhook(r route) route {
	r.tag, r.body, r.created, r.keeps = tagEvents, waymark.WebhookRequest{}, true, true
	r = keeping(r, func(_ path, b waymark.WebhookRequest) waymark.WebhookRequest { return b },
		func(ctx context.Context, s *service, ex *exchange, q waymark.WebhookRequest) (client.WebhookSecret, error) {
			return s.webhooks.Create(ctx, ex.caller.Identity, ex.caller.ID, q)
		}, func(made client.WebhookSecret) string { return "/v1/webhooks/" + made.Webhook.ID })
	r.doc.about = "For everybody with a credential. The webhook belongs to the identity that acts for the caller, and is sent what that may know when it is sent. Each event is a POST of a CloudEvent, " +
		"signed as Standard Webhooks says, in the order of the ledger: the next one when this one is answered 2xx, or given up (docs/reading.md). `invalid`: the URL may not be called. " +
		"`resource_exhausted`: there are as many webhooks as there may be. `failed_precondition`: this gateway sends none."
	return r
}

// ofOne completes a route about a webhook, of which the path says all.
func ofOne[R any](r route, do func(*webhooks.Book, context.Context, ledger.Identity, string) (R, error)) route {
	return asksBook(r, func(p path, _ noBody) waymark.WebhookQuery { return waymark.WebhookQuery{ID: p.id} },
		func(b *webhooks.Book, ctx context.Context, as ledger.Identity, q waymark.WebhookQuery) (R, error) {
			return do(b, ctx, as, q.ID)
		})
}

// asksBook completes a route about a webhook. B is the body, and request makes what is asked for of it and of the path.
func asksBook[B any, Q waymark.Validator, R any](r route, request func(path, B) Q, do func(*webhooks.Book, context.Context, ledger.Identity, Q) (R, error)) route {
	r.tag = tagEvents
	r = keeping(r, request, func(ctx context.Context, s *service, ex *exchange, q Q) (R, error) {
		return do(s.webhooks, ctx, ex.caller.Identity, q)
	}, nil)
	r.doc.about = strings.TrimSpace(ofWebhook + " " + r.doc.about)
	return r
}
