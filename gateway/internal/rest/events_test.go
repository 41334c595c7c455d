package rest_test

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/internal/auth"
	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
)

// stream opens a stream of events of a service that is served, and returns its lines, and what ends it.
func stream(t *testing.T, server *httptest.Server, path string, headers ...string) (*http.Response, *bufio.Scanner, context.CancelFunc) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+operator)
	r.Header.Set("Accept", "text/event-stream")
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	response, err := server.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = response.Body.Close() })
	return response, bufio.NewScanner(response.Body), cancel
}

func lines(s *bufio.Scanner, n int) (all []string) {
	for len(all) < n && s.Scan() {
		all = append(all, s.Text())
	}
	return all
}

func TestEventsAreStreamed(t *testing.T) {
	a := newAPI(t)
	server := httptest.NewServer(a.handler)
	defer server.Close()
	defer a.stop()
	response, s, _ := stream(t, server, "/v1/events?kind=shipment")
	if response.StatusCode != http.StatusOK || response.Header.Get("Content-Type") != "text/event-stream" {
		t.Errorf("%d %v", response.StatusCode, response.Header)
	}
	got := lines(s, 4)
	if len(got) != 4 || got[0] != "id: 17:0:0" || got[1] != "event: waymark.shipment.ready" || !strings.HasPrefix(got[2], `data: {"specversion":`) || got[3] != "" {
		t.Errorf("got %q", got)
	}
	_, again, _ := stream(t, server, "/v1/events?kind=shipment&after=1:0:0", "Last-Event-ID", "17:0:0")
	if got := lines(again, 2); len(got) != 2 || got[0] != "id: 17:0:0" || got[1] != "" { // nothing new
		t.Errorf("again: %q", got)
	}
	a.stop()
	for _, open := range []*bufio.Scanner{s, again} {
		if rest := lines(open, 100); open.Err() != nil || len(rest) > 4 {
			t.Errorf("after the end: %q, %v", rest, open.Err())
		}
	}
}

func TestStreamsAreBounded(t *testing.T) {
	a := newAPI(t, func(l *limits) { l.Streams = 2 })
	server := httptest.NewServer(a.handler)
	defer server.Close()
	defer a.stop()
	var leave context.CancelFunc
	for range 2 {
		response, s, cancel := stream(t, server, "/v1/events")
		if lines(s, 1); response.StatusCode != http.StatusOK {
			t.Fatalf("%d", response.StatusCode)
		}
		leave = cancel
	}
	if w := a.do("GET", "/v1/members/producer", ""); w.Code != http.StatusOK { // streams hold no places of requests
		t.Errorf("beside streams: %d", w.Code)
	}
	if response, _, _ := stream(t, server, "/v1/events"); response.StatusCode != http.StatusTooManyRequests {
		t.Errorf("one more: %d", response.StatusCode)
	}
	leave()
	for {
		response, _, _ := stream(t, server, "/v1/events")
		if response.StatusCode == http.StatusOK {
			break
		}
		_, _ = io.Copy(io.Discard, response.Body)
	}
}

func TestEventsThatCannotBe(t *testing.T) {
	a := newAPI(t)
	for name, tt := range map[string]struct {
		path, accept, last string
		err                error
		want               int
	}{
		"no id":                   {path: "/v1/events?after=x", want: 400},
		"no id, by the header":    {path: "/v1/events", accept: "text/event-stream", last: "x", want: 400},
		"a stream that goes back": {path: "/v1/events?order=desc", accept: "text/event-stream", want: 400},
		"no kind":                 {path: "/v1/events?kind=A", accept: "text/event-stream", want: 400},
		"neither of the two":      {path: "/v1/events", accept: "text/html", want: 406},
		"elsewhere":               {path: "/v1/members/x", accept: "text/event-stream", want: 406},
		"the model has no block":  {path: "/v1/events", accept: "text/event-stream", err: waymark.Errorf(waymark.Unavailable, "retry later"), want: 503},
	} {
		a.ledger.err = tt.err
		headers := []string{"Last-Event-ID", tt.last}
		if tt.accept != "" {
			headers = append(headers, "Accept", tt.accept)
		}
		if w := a.do("GET", tt.path, "", headers...); w.Code != tt.want || !strings.HasPrefix(w.Header().Get("Content-Type"), "application/problem+json") {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
	}
}

// leased are fakeTokens that are good until they are taken back.
type leased struct {
	fakeTokens
	back atomic.Bool
}

func (l *leased) Authenticate(r *http.Request) (auth.Caller, error) {
	if l.back.Load() {
		return auth.Caller{}, waymark.Errorf(waymark.Unauthenticated, "the token was taken back")
	}
	return l.fakeTokens.Authenticate(r)
}

// TestAStreamEndsWithItsCredential.
func TestAStreamEndsWithItsCredential(t *testing.T) {
	t.Parallel() // a stream looks every five seconds
	tokens := new(leased)
	a := newAPI(t, func(l *limits) { l.auth = tokens })
	server := httptest.NewServer(a.handler)
	defer server.Close()
	_, s, _ := stream(t, server, "/v1/events")
	lines(s, 4)
	tokens.back.Store(true)
	for s.Scan() { // until it ends
	}
	if s.Err() != nil || t.Context().Err() != nil {
		t.Errorf("it ended with %v", s.Err())
	}
}

// TestAStreamIsKeptWaiting: who connects again while nothing can be told is no browser that is lost.
func TestAStreamIsKeptWaiting(t *testing.T) {
	t.Parallel() // a beat comes every five seconds
	var back atomic.Bool
	a := newAPI(t)
	a.ledger.answer = func(ledger.Call) (json.RawMessage, error) {
		if back.Load() {
			return json.RawMessage("{}"), nil
		}
		return nil, waymark.Errorf(waymark.Unavailable, "the read model has 3 blocks of 17")
	}
	server := httptest.NewServer(a.handler)
	defer server.Close()
	defer a.stop()
	response, s, _ := stream(t, server, "/v1/events", "Last-Event-ID", "16:0:0")
	if got := lines(s, 2); response.StatusCode != http.StatusOK || len(got) != 2 || got[0] != "id: 16:0:0" {
		t.Errorf("%d %q", response.StatusCode, got)
	}
	back.Store(true)
	if got := lines(s, 2); len(got) != 2 || got[0] != "id: 17:0:0" {
		t.Errorf("then %q", got)
	}
}
