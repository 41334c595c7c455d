package rest

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/gin-gonic/gin"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/waymark-ledger/waymark/gateway/client"
	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
	"github.com/waymark-ledger/waymark/gateway/internal/requests"
)

// askAfter is when to ask for a transaction that is under way, in seconds: about a block's time.
const askAfter = "1"

// Writer runs writes so that they are safe to repeat.
type Writer interface {
	// Do runs a write, or answers with what came of the same one, and returns when it has
	// an end or is kept. Errors hold a waymark.Error; those about a transaction with an id
	// are a ledger.Failure too.
	Do(ctx context.Context, q requests.Request, w requests.Wish) (requests.Outcome, error)
	// Transaction returns what is known of a transaction of a kept write; false if it is of
	// none.
	Transaction(ctx context.Context, txID string) (requests.View, bool, error)
}

// recorded is the answer to a write that took effect.
type recorded = client.Written[jsontext.Value]

// write runs a write of which all is checked, and answers it.
func (s *service) write(c *gin.Context, r route, body []byte, location func(json.RawMessage) string,
	run func(context.Context, ledger.Journal) (ledger.Committed, error)) error {
	key, err := keyOf(c.Request.Header)
	if err != nil {
		return err
	}
	digest, err := digestOf(c.Request, body)
	if err != nil {
		return err
	}
	wish, applied := wishOf(c.Request.Header)
	out, err := s.writer.Do(c.Request.Context(), requests.Request{
		Caller: exchangeOf(c).caller.ID, Operation: exchangeOf(c).route.id, Key: key, Digest: digest, Bytes: int64(len(body)),
		Status: r.status(), Location: location, Run: run,
	}, wish)
	if err != nil {
		return err
	}
	if applied != "" {
		c.Header(HeaderApplied, applied)
	}
	if out.Pending != nil {
		return s.underWay(c, *out.Pending)
	}
	if out.Replayed {
		c.Header(HeaderReplayed, "true")
	}
	exchangeOf(c).effective = !out.Replayed
	return s.written(c, out.Answer)
}

// written answers a write that took effect.
func (s *service) written(c *gin.Context, a requests.Answer) error {
	exchangeOf(c).txID = a.Commit.TxID
	if a.Location != "" {
		c.Header("Location", a.Location)
	}
	return s.respond(c, a.Status, recorded{Transaction: client.Commit(a.Commit), Result: record(a.Result)})
}

// underWay answers a write that has no end yet with the transaction to ask for.
func (s *service) underWay(c *gin.Context, v requests.View) error {
	exchangeOf(c).txID = v.TxID
	c.Header("Location", "/v1/transactions/"+v.TxID)
	c.Header("Retry-After", askAfter)
	return s.respond(c, http.StatusAccepted, kept(v, true))
}
