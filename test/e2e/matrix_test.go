//go:build e2e

package e2e

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	gateway "github.com/waymark-ledger/waymark/gateway/client"
	"github.com/waymark-ledger/waymark/network/endpoints"
	"github.com/waymark-ledger/waymark/test/internal/app"
)

// operation is a route as the gateway's own OpenAPI document has it.
type operation struct {
	id, method, path string
	open             bool // needs no credential
}

// operations reads the document of a running gateway: a route that is new is in it.
func operations(t *testing.T) []operation {
	t.Helper()
	status, body, err := operator(t, "producer").Do(limit(t, time.Minute), http.MethodGet, "/openapi.json", nil)
	if err != nil || status != http.StatusOK {
		t.Fatalf("%d, %v", status, err)
	}
	var document struct {
		Paths map[string]map[string]struct {
			ID       string                 `json:"operationId"`
			Security *[]map[string][]string `json:"security"`
		} `json:"paths"`
	}
	if err := json.Unmarshal(body, &document); err != nil {
		t.Fatal(err)
	}
	var all []operation
	for path, methods := range document.Paths {
		for method, o := range methods {
			all = append(all, operation{id: o.ID, method: strings.ToUpper(method), path: path, open: o.Security != nil && len(*o.Security) == 0})
		}
	}
	return all
}

// TestEveryRouteAsksForACredential calls every route without a credential, with one that is
// made up, and with that of another member's admin (ASVS 5.0: 8.2.1, 8.3.1, 8.4.1).
func TestEveryRouteAsksForACredential(t *testing.T) {
	client := clientOf(t, local.at.Members["producer"])
	for _, o := range operations(t) {
		path := strings.NewReplacer("{", "", "}", "").Replace(o.path)
		for name, header := range map[string]string{
			"nobody": "", "made up": "Bearer wmk_" + strings.Repeat("A", 43),
			"another member": "Bearer " + local.at.Members["carrier"].Tokens["admin"],
		} {
			want := http.StatusUnauthorized
			if o.open {
				want = http.StatusOK
			}
			if got := statusOf(t, client, o.method, local.at.Members["producer"].GatewayURL+path, header); got != want {
				t.Errorf("%s %s by %s: %d, want %d", o.method, path, name, got, want)
			}
		}
	}
}

func clientOf(t *testing.T, m endpoints.Member) *http.Client {
	t.Helper()
	pem, err := os.ReadFile(m.CAFile)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	client := &http.Client{Timeout: time.Minute, Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}}
	t.Cleanup(client.CloseIdleConnections)
	return client
}

func statusOf(t *testing.T, client *http.Client, method, url, authorization string) int {
	t.Helper()
	r, err := http.NewRequestWithContext(limit(t, time.Minute), method, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	if authorization != "" {
		r.Header.Set("Authorization", authorization)
	}
	response, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	_, _ = io.Copy(io.Discard, response.Body)
	return response.StatusCode
}

// TestMatrix calls every route as every role of a member: on things of its own, as a member
// that has nothing to do with them, and on things that are not there. Who may, the baseline
// says (docs/rules.md); the gateway must neither lend a caller another's rights nor take its
// own away (ASVS 5.0: 8.2.1, 8.2.2, 8.3.1, 8.3.3, 8.4.1).
func TestMatrix(t *testing.T) {
	ctx := limit(t, 4*time.Minute)
	refused := refusedEvents(ctx, t)
	rows := matrix()
	own, absent := newThings(ctx, t), absentThings()
	byID, done := map[string]operation{}, 0
	for _, o := range operations(t) {
		if !o.open {
			byID[o.id] = o
		}
	}
	for _, row := range rows { // as written: what ends a thing comes last
		o, ok := byID[row.operation]
		if !ok {
			t.Errorf("%s: there is no such route", row.operation)
			continue
		}
		delete(byID, row.operation)
		row.call(ctx, t, o, "auditor", row.others, own)
		row.call(ctx, t, o, "producer", row.owners, absent)
		if row.call(ctx, t, o, "producer", row.owners, own) {
			done++
		}
	}
	if all := len(rows); done < all/2 { // the others need a state that one call does not leave
		t.Errorf("of %d routes %d did what they are for: the matrix shows little", all, done)
	}
	for id := range byID {
		t.Errorf("%s: the matrix has no row for this route", id)
	}
	if after := refusedEvents(ctx, t); after != refused {
		t.Errorf("of what all routes do %s events are told to nobody, and were %s before", after, refused)
	}
}

// refusedEvents is how many events a gateway takes for forged, of all blocks so far.
func refusedEvents(ctx context.Context, t *testing.T) string {
	t.Helper()
	viewer := as(t, "producer", waymark.Viewer)
	_, last := record(ctx, t, sign(t, logger(ctx, t, attest.Ed25519), attest.COSE, 400).Text())
	if _, err := viewer.ListShipments(ctx, waymark.ShipmentsQuery{At: last.BlockNumber, Limit: 1}); err != nil { // which waits for it
		t.Fatal(err)
	}
	return metric(ctx, t, viewer, "waymark_gateway_model_events_refused_total")
}

// call calls the operation as every role of a member, of whom those of may may, and reports
// whether one of them succeeded.
func (r row) call(ctx context.Context, t *testing.T, o operation, member, may string, about things) (done bool) {
	t.Helper()
	path := about.in(o.path) + about.escaped().in(r.query)
	var body any
	if r.body != "" {
		body = []byte(about.in(r.body))
	}
	for _, role := range []waymark.Role{waymark.Viewer, waymark.Relay, waymark.Quality, waymark.Operator, waymark.Admin} {
		status, answer, err := as(t, member, role).Do(ctx, o.method, path, body)
		done = done || status < 300
		allowed := strings.Contains(may, string(role[:1]))
		refused := status == http.StatusForbidden || status == http.StatusNotFound || r.formFirst && status >= 400
		switch {
		case err != nil:
			t.Fatalf("%s as %s/%s: %v", path, member, role, err)
		case status >= 500:
			t.Errorf("%s %s as %s/%s: %d %s", o.id, path, member, role, status, answer)
		case allowed && status == http.StatusForbidden:
			t.Errorf("%s %s as %s/%s, who may: %d %s", o.id, path, member, role, status, answer)
		case !allowed && !refused:
			t.Errorf("%s %s as %s/%s, who may not: %d %s", o.id, path, member, role, status, answer)
		}
	}
	return done
}

// things are names of what requests are about, by the names that paths and bodies have for them.
type things map[string]string

// in puts them in place of their names in braces.
func (a things) in(text string) string {
	for prefix, thing := range map[string]string{
		"/v1/devices/{id}": "device", "/v1/shipments/{id}": "shipment", "/v1/products/{id}": "gtin",
		"/v1/goods/acts/{id}": "act", "/v1/payments/{id}": "payment", "/v1/webhooks/{id}": "webhook",
	} {
		if rest, ok := strings.CutPrefix(text, prefix); ok {
			text = strings.Replace(prefix, "{id}", a[thing], 1) + rest
		}
	}
	pairs := []string{
		"{id}", "producer", "{owner}", "producer", "{author}", "producer", "{number}", "1", "{sequence}", "1", "{key}", "key-1",
		"{authority}", strings.Repeat("a", 64), "{serial}", "1", "{command}", "command-1", "{currency}", "EUR", "{kind}", "quarantine",
		"{tx_id}", a["tx"], "{future}", time.Now().Add(time.Hour).UTC().Format(time.RFC3339),
	}
	for name, value := range a {
		pairs = append(pairs, "{"+name+"}", value)
	}
	return strings.NewReplacer(pairs...).Replace(text)
}

// escaped are the names as they are in a query.
func (a things) escaped() things {
	all := make(things, len(a))
	for name, value := range a {
		all[name] = url.QueryEscape(value)
	}
	return all
}

// newThings makes what the matrix is about, all of it the producer's, and puts its ids in
// place of the names in paths and bodies.
func newThings(ctx context.Context, t *testing.T) things {
	t.Helper()
	d := newDairy(ctx, t)
	logger := logger(ctx, t, attest.Ed25519)
	message := sign(t, logger, attest.JWS, 500)
	record(ctx, t, message.Text())
	id := shipment(ctx, t, "carrier")
	attach(ctx, t, id, logger.ID())
	offer(ctx, t, id, "producer", "retailer")
	done(ctx, t, operator(t, "producer").RequestCommand,
		waymark.CommandRequest{ID: "command-1", Device: logger.ID(), Name: "wake", Arguments: "{}", ExpiresAt: time.Now().Add(time.Hour)})
	payment, commit := done(ctx, t, operator(t, "producer").IssueMoney,
		waymark.IssueRequest{ID: name("payment"), Currency: "EUR", Digits: 2, To: "producer", Amount: 100})
	hook := webhook(ctx, t, operator(t, "producer"))
	spare := newLogger(t, attest.Ed25519)
	registration, err := spare.Registration()
	if err != nil {
		t.Fatal(err)
	}
	return things{
		"device": logger.ID(), "shipment": id, "gtin": d.milk, "lot": d.lot, "box": d.box, "item": d.bottles[0].ID,
		"act": d.filled, "payment": payment.ID, "webhook": hook.ID, "tx": commit.TxID, "message": message.Text(), "registration": registration, "new": name("matrix"),
		"reading": logger.ID() + ":1:0",
	}
}

// webhook makes a webhook whose target is nowhere, the only one of its identity.
func webhook(ctx context.Context, t *testing.T, a *app.App) gateway.Webhook {
	t.Helper()
	all, err := a.ListWebhooks(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range all.Webhooks { // of tests that make as many as they may
		if _, err := a.DeleteWebhook(ctx, waymark.WebhookQuery{ID: w.ID}); err != nil {
			t.Fatal(err)
		}
	}
	made, err := a.CreateWebhook(ctx, waymark.WebhookRequest{URL: "https://receiver.invalid/hook"})
	if err != nil {
		t.Fatal(err)
	}
	return made.Webhook
}

// absentThings are well-formed names of nothing.
func absentThings() things {
	return things{
		"device": "absent-1", "shipment": "absent-1", "gtin": "09506000999999", "lot": lotOf("09506000999999", "none"), "box": container(),
		"item": waymark.Item("09506000999999", "none").String(), "act": "absent-1", "payment": "absent-1", "webhook": "absent-1", "tx": strings.Repeat("0", 64), "message": "a.b.c", "registration": "a.b.c", "new": name("matrix"),
		"reading": "absent-1:1:0",
	}
}
