package client_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/client"
)

func TestAWriteHasItsTypes(t *testing.T) {
	g := serve(t, answer(201, `{"transaction":{"tx_id":"aa","block_number":7,"status":"VALID"},"result":{"shipment":"S 1","number":3,"to":"carrier"}}`))
	until := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	offered, err := g.client().OfferHandoff(t.Context(), waymark.OfferHandoffRequest{Shipment: "S1", To: "carrier", ExpiresAt: until}, client.WithKey("k"))
	if err != nil || offered.Result.Number != 3 || offered.Transaction != (client.Commit{TxID: "aa", BlockNumber: 7, Status: "VALID"}) || offered.Key != "k" {
		t.Errorf("got %+v, %v", offered, err)
	}
	if want := []string{"POST /v1/shipments/S1/handoffs"}; !slices.Equal(g.targets, want) || g.bodies[0] != `{"to":"carrier","expires_at":"2026-01-02T03:04:05Z"}` ||
		g.headers[0].Get("Idempotency-Key") != "k" || g.headers[0].Get("Content-Type") != "application/json" {
		t.Errorf("sent %q %q %v", g.targets, g.bodies, g.headers)
	}
}

func TestAReadHasItsTypes(t *testing.T) {
	g := serve(t, answer(200, `{"state":"draft","shipment":{"id":"S1"}}`), answer(200, `{"id":"x","free":true}`))
	view, err := g.client().Shipment(t.Context(), waymark.ShipmentQuery{Shipment: "S1", Purpose: "claim-1"})
	if err != nil || view.Shipment.ID != "S1" {
		t.Errorf("got %+v, %v", view, err)
	}
	thing := "https://id.gs1.org/01/00012345600012/21/a%2Fb%26%2B"
	if goods, err := g.client().Goods(t.Context(), waymark.GoodsQuery{ID: thing}); err != nil || !goods.Free {
		t.Errorf("got %+v, %v", goods, err)
	}
	want := []string{"GET /v1/shipments/S1?purpose=claim-1", "GET /v1/goods?id=https%3A%2F%2Fid.gs1.org%2F01%2F00012345600012%2F21%2Fa%252Fb%2526%252B"}
	if !slices.Equal(g.targets, want) || g.bodies[0] != "" || g.headers[0].Get("Idempotency-Key") != "" {
		t.Errorf("sent %q %q %v", g.targets, g.bodies, g.headers)
	}
}

// What the gateway would refuse for its form is told in the same way, and not sent: no id makes
// another path of it.
func TestWhatIsMalformedIsNotSent(t *testing.T) {
	g := serve(t, done)
	c := g.client()
	for field, call := range map[string]func() error{
		"/shipment": func() error {
			_, err := c.AcceptHandoff(t.Context(), waymark.AcceptHandoffRequest{Shipment: "../x", Number: 1})
			return err
		},
		"/number": func() error {
			_, err := c.AcceptHandoff(t.Context(), waymark.AcceptHandoffRequest{Shipment: "S1"})
			return err
		},
		"/device": func() error { _, err := c.Device(t.Context(), waymark.DeviceQuery{}); return err },
		"/limit": func() error {
			for _, err := range c.AllNotes(t.Context(), waymark.NotesQuery{Issuer: "carrier", Currency: "EUR", Limit: -1}) {
				return err
			}
			return nil
		},
	} {
		err := call()
		problem, ok := client.AsProblem(err)
		if !ok || problem.Status != 400 || problem.Code != waymark.Invalid || problem.Field != field || !strings.HasPrefix(err.Error(), "not sent: invalid: "+field) {
			t.Errorf("%s: %v", field, err)
		}
	}
	if len(g.targets) != 0 {
		t.Errorf("sent %q", g.targets)
	}
}

func TestAllPages(t *testing.T) {
	page := func(cursor string, ids ...string) func(http.ResponseWriter) {
		var notes []string
		for _, id := range ids {
			notes = append(notes, `{"id":"`+id+`"}`)
		}
		return answer(200, `{"notes":[`+strings.Join(notes, ",")+`],"cursor":"`+cursor+`"}`)
	}
	forbidden := problem(waymark.Forbidden, "")
	tests := []struct {
		name    string
		script  []func(http.ResponseWriter)
		stop    int // after so many
		want    []string
		queries []string
		fails   bool
	}{
		{name: "three", script: []func(http.ResponseWriter){page("n2", "n1", "n2"), page("n3"), page("", "n4")},
			want: []string{"n1", "n2", "n4"}, queries: []string{"cursor=n0&limit=2", "cursor=n2&limit=2", "cursor=n3&limit=2"}},
		{name: "none", script: []func(http.ResponseWriter){page("")}, queries: []string{"cursor=n0&limit=2"}},
		{name: "stopped", script: []func(http.ResponseWriter){page("n2", "n1", "n2")}, stop: 1, want: []string{"n1"}, queries: []string{"cursor=n0&limit=2"}},
		{name: "refused on the way", script: []func(http.ResponseWriter){page("n1", "n1"), forbidden}, want: []string{"n1"},
			queries: []string{"cursor=n0&limit=2", "cursor=n1&limit=2"}, fails: true},
		{name: "a cursor that stays", script: []func(http.ResponseWriter){page("n1", "n1"), page("n1", "n1")}, want: []string{"n1"},
			queries: []string{"cursor=n0&limit=2", "cursor=n1&limit=2"}, fails: true},
	}
	for _, tt := range tests {
		g := serve(t, tt.script...)
		all := g.client().AllNotes(t.Context(), waymark.NotesQuery{Issuer: "carrier", Currency: "EUR", Limit: 2, Cursor: "n0"})
		for range 2 { // each time from the start
			var got []string
			var failed error
			g.targets, g.headers = nil, nil
			for note, err := range all {
				if failed = err; err != nil {
					continue
				}
				if got = append(got, note.ID); len(got) == tt.stop {
					break
				}
			}
			var queries []string
			for _, target := range g.targets {
				queries = append(queries, strings.TrimPrefix(target, "GET /v1/members/carrier/currencies/EUR/notes?"))
			}
			if !slices.Equal(got, tt.want) || (failed != nil) != tt.fails || !slices.Equal(queries, tt.queries) {
				t.Errorf("%s: %q, %v, by %q", tt.name, got, failed, queries)
			}
		}
	}
}

// How a gateway is is asked once: that it is not ready is the answer.
func TestReadiness(t *testing.T) {
	g := serve(t, answer(503, `{"code":"unavailable","parts":[{"part":"peer","ready":false,"since":"2026-01-02T03:04:05Z","detail":"away"}]}`))
	_, err := g.client().Readiness(t.Context())
	problem, ok := client.AsProblem(err)
	want := []client.Part{{Part: "peer", Since: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Detail: "away"}}
	if !ok || problem.Code != waymark.Unavailable || !reflect.DeepEqual(problem.Parts, want) || len(g.targets) != 1 {
		t.Errorf("got %v after %q", err, g.targets)
	}
	if _, err := serve(t, answer(200, "<html>")).client().Health(t.Context()); err == nil {
		t.Error("a page is taken for the state of a gateway")
	}
	if text, err := serve(t, answer(200, "up 1")).client().Metrics(t.Context()); err != nil || string(text) != "up 1" {
		t.Errorf("got %q, %v", text, err)
	}
}

// A receipt stays as it came, since it is kept and checked.
func TestAReceiptStaysAsItCame(t *testing.T) {
	const receipt = `{"format":"waymark-receipt-1",  "x":1.0}`
	got, err := serve(t, answer(200, receipt)).client().Receipt(t.Context(), "aa")
	if err != nil || string(got) != receipt {
		t.Errorf("got %s, %v", got, err)
	}
	var syntax *json.SyntaxError
	if _, err := serve(t, answer(200, "<html>")).client().Receipt(t.Context(), "aa"); !errors.As(err, &syntax) {
		t.Errorf("got %v", err)
	}
}

// What a caller signed nobody else can make anew.
func TestASignedTransactionIsSubmittedOnce(t *testing.T) {
	g := serve(t, problem(waymark.Conflict, ""))
	_, err := g.client().SubmitTransaction(t.Context(), client.SubmissionRequest{Transaction: []byte("t"), Signature: []byte("s")})
	if waymark.CodeOf(err) != waymark.Conflict || len(g.targets) != 1 {
		t.Errorf("submitted %d times: %v", len(g.targets), err)
	}
}
