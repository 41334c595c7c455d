package gateway

import (
	"context"
	"iter"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/client"
)

// Events follows the events of a kind that come after the one with an id, over whatever ends a
// connection: see client.Events.
func (c *Client) Events(ctx context.Context, kind, after string) iter.Seq2[client.Event, error] {
	return c.client.Events(ctx, waymark.EventsQuery{Kind: kind, After: after})
}

// Position is the id after which the events of a kind come that happen from now on.
func (c *Client) Position(ctx context.Context, kind string) (string, error) {
	page, err := observed(c, "events_page", func() (client.EventList, error) {
		return c.client.ListEvents(ctx, waymark.EventsQuery{Kind: kind})
	})
	return page.Next, err
}

// Following returns why no events came when the gateway was last asked for a stream of them, nil if they do.
func (c *Client) Following() error {
	if failure := c.streams.failure.Load(); failure != nil {
		return *failure
	}
	return nil
}

// streams knows how the latest stream of events began: client.Events tells only of events.
type streams struct {
	observe Observe
	failure atomic.Pointer[error]
}

// watch notes the beginning of each stream.
func (s *streams) watch(next http.RoundTripper) http.RoundTripper { return watching{s, next} }

type watching struct {
	streams *streams
	next    http.RoundTripper
}

// RoundTrip sends the request.
func (w watching) RoundTrip(r *http.Request) (*http.Response, error) {
	if !strings.HasPrefix(r.Header.Get("Accept"), "text/event-stream") {
		return w.next.RoundTrip(r) //nolint:wrapcheck // of a transport
	}
	start := time.Now()
	answer, err := w.next.RoundTrip(r)
	status, failure := 0, err
	if err == nil {
		if status = answer.StatusCode; status != http.StatusOK {
			failure = &client.Problem{Status: status, Detail: "the stream of events is refused"}
		}
	}
	w.streams.observe("events", status, time.Since(start))
	w.streams.failure.Store(nil)
	if failure != nil {
		w.streams.failure.Store(&failure)
	}
	return answer, err //nolint:wrapcheck // of a transport
}

// CloseIdleConnections lets http.Client close those of next.
func (w watching) CloseIdleConnections() {
	if closer, ok := w.next.(interface{ CloseIdleConnections() }); ok {
		closer.CloseIdleConnections()
	}
}
