package client

import (
	"context"
	"crypto/rand"
	"net/http"
	"strconv"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// Commit says where a write stands on the ledger. That of one that had nothing to change, and so has
// no transaction, is empty.
type Commit struct {
	TxID        string `json:"tx_id" form:"maybe_transaction"` // 64 hexadecimal digits, lower case; empty if nothing had to change
	BlockNumber uint64 `json:"block_number"`                   // the block that holds it; the first is 0
	Status      string `json:"status"`                         // VALID, if there is a transaction
}

// Written is the answer to a write: its transaction, and the record as it stands after it.
type Written[T any] struct {
	Transaction Commit `json:"transaction"`
	Result      T      `json:"result"`
	// Pending says that the write is under way, and that the gateway follows it whatever
	// dies. Only Transaction.TxID is known then; only writes with Async or Wait are answered so.
	Pending bool `json:"-"`
	// Replayed says that this is the answer to an earlier request with the same key.
	Replayed bool `json:"-"`
	// Key is the write's Idempotency-Key: made with it again, the same write has the same answer.
	Key string `json:"-"`
}

// The headers of a write.
const (
	headerKey      = "Idempotency-Key"
	headerPrefer   = "Prefer"
	headerReplayed = "Idempotency-Replayed"
)

// write is how one write is made.
type write struct {
	key   string
	async bool
	wait  time.Duration
	fixed bool // a conflict is not cured by the same request
}

// WriteOption changes how a write is made.
type WriteOption func(*write)

// WithKey makes a write under a key of the caller's, 1 to 255 visible ASCII characters: one
// that outlives this process, so that the same write can be made again after a crash.
func WithKey(key string) WriteOption { return func(w *write) { w.key = key } }

// WithoutKey makes a write that the gateway does not keep. If its answer is lost it is not
// made again, and one that takes longer than the gateway waits ends in a Problem with
// status 202, code unavailable and the transaction's id.
func WithoutKey() WriteOption { return func(w *write) { w.key = "" } }

// Async makes a write that is answered as soon as the gateway keeps it: see Written.Pending.
func Async() WriteOption { return func(w *write) { w.async = true } }

// Wait makes a write that is answered after d at most, in whole seconds and one at least: if its
// transaction is in no block then, it is kept, see Written.Pending. Without it a write is followed
// to its end, or to that of its context.
func Wait(d time.Duration) WriteOption { return func(w *write) { w.wait = max(d, time.Second) } }

// Fixed makes a write that the gateway cannot endorse anew, as one that its maker signed: a
// conflict is the answer at once.
func Fixed() WriteOption { return func(w *write) { w.fixed = true } }

// Write makes a request that changes the ledger, and returns when its transaction is valid in
// a block, or when ctx ends. It has an Idempotency-Key, so that it is made again, and changes nothing twice,
// when an answer is lost, when the gateway is busy or away, and when a concurrent
// transaction won (unless it is Fixed).
//
// Errors: a *Problem says that nothing was changed, unless it has status 202 or code
// unavailable and a transaction's id. Any other error says that no answer came: whether it
// took effect is told by the same write with the same key.
func Write[T any](ctx context.Context, c *Client, method, path string, body any, options ...WriteOption) (Written[T], error) {
	w := write{key: rand.Text()}
	for _, option := range options {
		option(&w)
	}
	call := Call{Method: method, Path: path, Body: body, Header: w.header()}
	answer, err := c.follow(ctx, call, w)
	written := Written[T]{Key: w.key}
	if err != nil {
		return written, err
	}
	if answer.Status == http.StatusAccepted {
		written.Pending = true
		return written, decode(answer, call, &written.Transaction)
	}
	written.Replayed = answer.Header.Get(headerReplayed) == "true"
	return written, decode(answer, call, &written)
}

func (w write) header() http.Header {
	h := make(http.Header)
	if w.key != "" {
		h.Set(headerKey, w.key)
	}
	switch {
	case w.async:
		h.Set(headerPrefer, "respond-async")
	case w.wait > 0:
		h.Set(headerPrefer, "wait="+strconv.Itoa(int(w.wait/time.Second)))
	}
	return h
}

// follow makes a write again with the same key while it is under way: the gateway answers as
// soon as there is an end, or after as long as it lets callers wait.
func (c *Client) follow(ctx context.Context, call Call, w write) (Answer, error) {
	for round := 1; ; round++ {
		answer, err := c.persist(ctx, call, repetition{lost: w.key != "", conflict: !w.fixed})
		if err != nil || answer.Status != http.StatusAccepted || w.async || w.wait > 0 {
			return answer, err
		}
		pending, err := underWay(answer, call)
		if err != nil {
			return Answer{}, err
		}
		if w.key == "" || !pause(ctx, round, pending.RetryAfter) {
			return Answer{}, pending
		}
	}
}

// underWay is what a write ends in whose end was not awaited.
func underWay(a Answer, call Call) (*Problem, error) {
	var commit Commit
	if err := decode(a, call, &commit); err != nil {
		return nil, err
	}
	return &Problem{
		Status: a.Status, Code: waymark.Unavailable, TxID: commit.TxID, Title: http.StatusText(a.Status),
		Detail: "the write is under way: ask for its transaction", RetryAfter: retryAfter(a.Header.Get("Retry-After"), time.Now()),
	}, nil
}
