package rest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/client"
	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
	"github.com/waymark-ledger/waymark/gateway/internal/pause"
	"github.com/waymark-ledger/waymark/gateway/internal/share"
)

// eventMedia is that of a stream of server-sent events (HTML Living Standard, clause 9.2).
const eventMedia = "text/event-stream"

// HeaderLastEventID is what a browser sends when it connects again: the id of the last event that it has.
const HeaderLastEventID = "Last-Event-ID"

const (
	// beatEvery is how often a stream on which nothing happens says that it lives, and how far it has
	// looked; and how often its caller's credential is looked at again.
	beatEvery = 5 * time.Second
	// readWithin is how long a client may take to read what it is sent.
	readWithin = 10 * time.Second
	// lookAgain is the pause before it is asked again what could not be told.
	lookAgain = time.Second
)

func eventRoutes() []route {
	r := lists(route{
		method: http.MethodGet, path: "/v1/events", id: "listEvents", tag: tagEvents,
		summary: "What happened on the ledger, of what the caller may know: as a page, or as it happens",
		stream:  true,
		doc: documented{about: "Who accepts `" + eventMedia + "` is sent server-sent events, each with its id and a CloudEvent as its data. Who connects again with `Last-Event-ID` " +
			"misses none and sees none twice, at whatever gateway. One without data moves the id alone. The stream ends when the gateway stops, when the credential is no longer good, and when its client does not read."},
	}, func(ctx context.Context, m Model, as ledger.Identity, q waymark.EventsQuery) (client.EventList, error) {
		return m.Events(ctx, as, q, q.After)
	})
	page := r.serve
	r.serve = func(s *service, c *gin.Context) error {
		if accepts(c.Request.Header.Values("Accept"), jsonMedia) {
			return page(s, c)
		}
		return followEvents(s, c)
	}
	return []route{r}
}

// followEvents sends events until somebody ends it.
func followEvents(s *service, c *gin.Context) error {
	q, err := eventsQuery(c)
	if err != nil {
		return err
	}
	ex := exchangeOf(c)
	leave, err := s.enterStream(ex)
	if err != nil {
		return err
	}
	defer leave()
	ctx, cancel := context.WithCancel(c.Request.Context())
	defer cancel()
	defer context.AfterFunc(s.stopping, cancel)()
	list, err := s.eventsAfter(ctx, ex.caller.Identity, q, q.After)
	if err != nil {
		return err
	}
	for stream := newEventStream(c); err == nil; {
		if err = stream.send(list); err == nil {
			wait, cancel := context.WithTimeout(ctx, beatEvery)
			s.model.Grown(wait, list.Next) // at once, if there may be more; or it is time for a beat
			cancel()
		}
		if err == nil {
			err = errors.Join(ctx.Err(), s.stillGood(c, stream))
		}
		if err == nil {
			list, err = s.eventsAfter(ctx, ex.caller.Identity, q, list.Next)
		}
	}
	ex.err = ignoreEnd(err)
	return nil // the answer has begun
}

// eventsAfter looks for the events after an id. While that cannot be told there are none: a browser whose stream is refused
// once does not come back (HTML Living Standard, clause 9.2.3), so it is kept waiting. Who names no id has to be told where it begins.
func (s *service) eventsAfter(ctx context.Context, as ledger.Identity, q waymark.EventsQuery, after string) (client.EventList, error) {
	list, err := s.model.Events(ctx, as, q, after)
	if after != "" && waymark.CodeOf(err) == waymark.Unavailable {
		pause.For(ctx, lookAgain)
		return client.EventList{Next: after}, nil
	}
	return list, err //nolint:wrapcheck // it says all
}

// eventsQuery is what a stream is asked for, by who connects for the first time or again.
func eventsQuery(c *gin.Context) (q waymark.EventsQuery, err error) {
	if err := setMembers(&q, c.Query); err != nil {
		return q, err
	}
	if last := c.GetHeader(HeaderLastEventID); last != "" {
		q.After = last
	}
	if q.Order == waymark.LatestFirst {
		return q, waymark.InvalidField("/order", "is that of a page (Accept: %s): a stream goes forward", jsonMedia)
	}
	return q, q.Validate()
}

// ignoreEnd drops that the client or the gateway went.
func ignoreEnd(err error) error {
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// stillGood looks at the caller's credential again, if that is long ago.
func (s *service) stillGood(c *gin.Context, stream *eventStream) error {
	if time.Since(stream.known) < beatEvery {
		return nil
	}
	stream.known = time.Now()
	caller, err := s.auth.Authenticate(c.Request)
	if err == nil && caller != exchangeOf(c).caller {
		err = waymark.Errorf(waymark.Unauthenticated, "the credential is another caller's now")
	}
	return err //nolint:wrapcheck // it says all
}

// enterStream gives the place of a request back and takes one of a stream, which is held for hours.
func (s *service) enterStream(ex *exchange) (leave func(), err error) {
	if err := s.streams.take(ex.caller.ID, share.Held{Requests: 1}); err != nil {
		return nil, err
	}
	s.admission.give(ex.caller.ID, ex.held)
	ex.held = share.Held{}
	return func() { s.streams.give(ex.caller.ID, share.Held{Requests: 1}) }, nil
}

// eventStream is an answer that goes on.
type eventStream struct {
	to      http.ResponseWriter
	control *http.ResponseController
	known   time.Time // when the caller's credential was looked at last
	spoken  time.Time // when something was sent last; zero before
}

func newEventStream(c *gin.Context) *eventStream {
	h := c.Writer.Header()
	h.Set("Content-Type", eventMedia)
	h.Set("X-Accel-Buffering", "no") // of a proxy in front, which would keep events to itself
	control := http.NewResponseController(c.Writer)
	_ = control.SetReadDeadline(time.Time{}) // the request is read: what ends it is that the client goes
	c.Status(http.StatusOK)
	return &eventStream{to: c.Writer, control: control, known: time.Now()}
}

// send sends events, or else how far there are none.
func (e *eventStream) send(f client.EventList) error {
	if err := e.control.SetWriteDeadline(time.Now().Add(readWithin)); err != nil {
		return fmt.Errorf("stream: %w", err)
	}
	for _, event := range f.Events {
		data, err := json.Marshal(event)
		if err != nil {
			return fmt.Errorf("encode event: %w", err)
		}
		if _, err := fmt.Fprintf(e.to, "id: %s\nevent: %s\ndata: %s\n\n", event.ID, event.Type, data); err != nil {
			return fmt.Errorf("stream: %w", err)
		}
	}
	if len(f.Events) == 0 {
		if time.Since(e.spoken) < beatEvery { // a block in which nothing is for this caller
			return nil
		}
		if _, err := fmt.Fprintf(e.to, "id: %s\n\n", f.Next); err != nil {
			return fmt.Errorf("stream: %w", err)
		}
	}
	e.spoken = time.Now()
	return e.control.Flush() //nolint:wrapcheck // it says all
}
