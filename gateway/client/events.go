package client

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"strings"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// Bounds of a stream of events.
const (
	// silence is how long a gateway may say nothing, which is three times as long as it ever does.
	silence = 15 * time.Second
	// maxEventLine bounds a line of the stream, which holds an event at most.
	maxEventLine   = 4 << 20
	firstReconnect = 100 * time.Millisecond
	maxReconnect   = 10 * time.Second
)

// Events follows what happens on the ledger: all events after q.After that the caller may know, or from now on
// if that is empty, each once and in order, over whatever ends a connection. It ends when ctx is done, and with
// the Problem by which a gateway refuses the caller or the query; the id of the last event goes on elsewhere.
func (c *Client) Events(ctx context.Context, q waymark.EventsQuery) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		if err := check(q); err != nil {
			yield(Event{}, err)
			return
		}
		s := eventStream{client: c, query: q, yield: yield}
		for wait := firstReconnect; ; wait = min(2*wait, maxReconnect) {
			read, err := s.follow(ctx)
			switch {
			case errors.Is(err, errEnough):
				return
			case ctx.Err() != nil:
				yield(Event{}, ctx.Err())
				return
			case final(err):
				yield(Event{}, err)
				return
			}
			if read {
				wait = firstReconnect
			}
			select {
			case <-ctx.Done():
			case <-time.After(wait):
			}
		}
	}
}

// final reports whether asking again would be answered alike.
func final(err error) bool {
	p, told := AsProblem(err)
	return told && p.Status >= http.StatusBadRequest && p.Status < http.StatusInternalServerError && p.Status != http.StatusTooManyRequests
}

// errEnough is that nobody wants more.
var errEnough = errors.New("enough")

// eventStream is a stream over all its connections. query.After is where it goes on.
type eventStream struct {
	client *Client
	query  waymark.EventsQuery
	yield  func(Event, error) bool
}

// follow reads one connection to its end, and reports whether it brought anything.
func (s *eventStream) follow(ctx context.Context) (read bool, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	alive := time.AfterFunc(silence, cancel)
	defer alive.Stop()
	body, err := s.open(ctx)
	if err != nil {
		return false, err
	}
	defer func() { _ = body.Close() }() // only read from
	lines := bufio.NewScanner(body)
	lines.Buffer(nil, maxEventLine)
	var id, data string
	for lines.Scan() {
		alive.Reset(silence)
		read = true
		name, value, field := strings.Cut(lines.Text(), ":")
		switch {
		case field && name == "id":
			id = strings.TrimPrefix(value, " ")
		case field && name == "data":
			data = strings.TrimPrefix(value, " ")
		case lines.Text() == "": // the end of an event, or of what only says how far there is none
			if err := s.take(id, data); err != nil {
				return read, err
			}
			id, data = "", ""
		}
	}
	return read, lines.Err() //nolint:wrapcheck // nobody is told of it
}

// take passes on an event that is whole.
func (s *eventStream) take(id, data string) error {
	if id != "" {
		s.query.After = id
	}
	if data == "" {
		return nil
	}
	var e Event
	if err := json.Unmarshal([]byte(data), &e); err != nil {
		return fmt.Errorf("decode event %s: %w", id, err)
	}
	if !s.yield(e, nil) {
		return errEnough
	}
	return nil
}

// open connects.
func (s *eventStream) open(ctx context.Context) (io.ReadCloser, error) {
	q := s.query
	path := "/v1/events" + query(map[string]string{
		"kind": q.Kind, "device": q.Device, "shipment": q.Shipment, "member": q.Member, "purpose": q.Purpose, "after": q.After,
	})
	request, err := s.client.request(ctx, Call{Method: http.MethodGet, Path: path, Header: http.Header{"Accept": {"text/event-stream"}}}, nil)
	if err != nil {
		return nil, err
	}
	endless := http.Client{Transport: s.client.http.Transport, CheckRedirect: refuseRedirect}
	response, err := endless.Do(request)
	if err != nil {
		return nil, fmt.Errorf("follow events: %w", err)
	}
	if response.StatusCode == http.StatusOK {
		return response.Body, nil
	}
	defer func() { _ = response.Body.Close() }() // only read from
	told, err := io.ReadAll(io.LimitReader(response.Body, s.client.options.MaxAnswer))
	if err != nil {
		return nil, fmt.Errorf("follow events: %w", err)
	}
	return nil, problemOf(Answer{Status: response.StatusCode, Header: response.Header, Body: told}, time.Now())
}
