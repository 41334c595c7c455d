package client_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/client"
)

// TestEventsGoOn over whatever ends a connection, from where they were.
func TestEventsGoOn(t *testing.T) {
	g := serve(t,
		answer(200, "id: 1:0:0\n\nid: 2:0:0\nevent: waymark.x\ndata: {\"id\":\"2:0:0\"}\n\nid: 3:0:0\nda"), // and ends
		problem(waymark.Unavailable, ""), hangUp,
		answer(200, "id:3:0:0\n: a comment\ndata:{\"id\":\"3:0:0\"}\n\nid: 9:0:0\n\n: a comment\n\n"),
		problem(waymark.Unauthenticated, ""),
	)
	c := g.client()
	var got []string
	var end error
	for e, err := range c.Events(t.Context(), waymark.EventsQuery{Kind: "shipment", After: "0:0:0"}) {
		if end = err; err == nil {
			got = append(got, e.ID)
		}
	}
	if p, ok := client.AsProblem(end); !ok || p.Code != waymark.Unauthenticated || !slices.Equal(got, []string{"2:0:0", "3:0:0"}) {
		t.Errorf("got %v, and then %v", got, end)
	}
	var want []string
	for _, after := range []string{"0", "2", "2", "2", "9"} {
		want = append(want, "GET /v1/events?after="+after+"%3A0%3A0&kind=shipment")
	}
	if !slices.Equal(g.targets, want) {
		t.Errorf("asked %v", g.targets)
	}
}

// TestEventsEnd when nobody wants more, and when the context does.
func TestEventsEnd(t *testing.T) {
	gone := make(chan struct{})
	defer close(gone)
	c := serve(t, func(w http.ResponseWriter) {
		_, _ = fmt.Fprint(w, "id: 2:0:0\ndata: {\"id\":\"2:0:0\"}\n\n")
		_ = http.NewResponseController(w).Flush()
		<-gone
	}).client()
	for _, err := range c.Events(t.Context(), waymark.EventsQuery{}) {
		if err != nil {
			t.Error(err)
		}
		break
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var end error
	for _, err := range c.Events(ctx, waymark.EventsQuery{}) {
		cancel()
		end = err
	}
	if !errors.Is(end, context.Canceled) {
		t.Errorf("ended with %v", end)
	}
	for _, err := range c.Events(t.Context(), waymark.EventsQuery{After: "x"}) {
		if p, ok := client.AsProblem(err); !ok || p.Field != "/after" {
			t.Errorf("got %v", err)
		}
	}
}
