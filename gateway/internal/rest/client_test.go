package rest_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	contract "github.com/waymark-ledger/waymark/gateway/api"
	"github.com/waymark-ledger/waymark/gateway/client"
	"github.com/waymark-ledger/waymark/gateway/internal/rest"
)

// described is the API as the document has it.
type described struct {
	document   *openapi3.T
	operations []rest.Operation
}

func describe(t *testing.T) described {
	t.Helper()
	document, err := openapi3.NewLoader().LoadFromData(contract.Document())
	if err != nil {
		t.Fatal(err)
	}
	operations, err := rest.Operations()
	if err != nil {
		t.Fatal(err)
	}
	return described{document, operations}
}

// of returns the operation of a request with the parameters of its path. Of several that fit,
// the one with fewest parameters is meant.
func (d described) of(method, path string) (rest.Operation, map[string]string) {
	var found rest.Operation
	var values map[string]string
	for _, o := range d.operations {
		parameters, fits := match(o.Path, path)
		if o.Method == method && fits && (values == nil || len(parameters) < len(values)) {
			found, values = o, parameters
		}
	}
	return found, values
}

func match(template, path string) (map[string]string, bool) {
	want, got := strings.Split(template, "/"), strings.Split(path, "/")
	values := make(map[string]string)
	if len(want) != len(got) {
		return nil, false
	}
	for i, part := range want {
		if name, ok := strings.CutPrefix(part, "{"); ok {
			values[strings.TrimSuffix(name, "}")] = got[i]
		} else if part != got[i] {
			return nil, false
		}
	}
	return values, true
}

// check fails the test unless the document allows a request.
func (d described) check(t *testing.T, r *http.Request, body []byte) {
	t.Helper()
	o, values := d.of(r.Method, r.URL.Path)
	item := d.document.Paths.Value(o.Path)
	if item == nil {
		t.Errorf("%s %s: the document does not have it", r.Method, r.URL)
		return
	}
	r = r.Clone(r.Context())
	r.Body = io.NopCloser(bytes.NewReader(body))
	err := openapi3filter.ValidateRequest(r.Context(), &openapi3filter.RequestValidationInput{
		Request: r, PathParams: values,
		Route:   &routers.Route{Spec: d.document, Path: o.Path, PathItem: item, Method: r.Method, Operation: item.GetOperation(r.Method)},
		Options: &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc, MultiError: true},
	})
	if err != nil {
		t.Errorf("%s %s %s: %v", r.Method, r.URL, body, err)
	}
}

// wire takes what the client sends to a handler, past the network, and keeps it.
type wire struct {
	handler http.Handler
	sent    []*http.Request
	bodies  [][]byte
}

func (w *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	w.sent, w.bodies = append(w.sent, r), append(w.bodies, body)
	r = r.Clone(r.Context())
	r.Body = io.NopCloser(bytes.NewReader(body))
	answer := httptest.NewRecorder()
	w.handler.ServeHTTP(answer, r)
	return answer.Result(), nil
}

// clientOf returns the operator's client of a handler.
func clientOf(t *testing.T, h http.Handler) (*client.Client, *wire) {
	t.Helper()
	w := &wire{handler: h}
	c, err := client.New(client.Options{URL: "https://gateway.test", Token: client.Token(operator), Attempts: 1,
		Wrap: func(http.RoundTripper) http.RoundTripper { return w }})
	if err != nil {
		t.Fatal(err)
	}
	return c, w
}

// callOf calls the client's method of an operation, and returns its error. Of args it gets as
// many as it takes.
func callOf(t *testing.T, c *client.Client, o rest.Operation, args ...any) error {
	t.Helper()
	name := strings.TrimPrefix(o.ID, "get")
	method := reflect.ValueOf(c).MethodByName(strings.ToUpper(name[:1]) + name[1:])
	if !method.IsValid() {
		t.Fatalf("%s: the client has no method", o.ID)
	}
	in := []reflect.Value{reflect.ValueOf(t.Context())}
	takes := method.Type().NumIn() - 1
	if method.Type().IsVariadic() {
		takes--
		args = append(args[:takes:takes], client.WithoutKey())
		takes++
	}
	for _, a := range args[:takes] {
		in = append(in, reflect.ValueOf(a))
	}
	err, _ := method.Call(in)[1].Interface().(error)
	return err
}

// TestClientReachesTheLedger asks by the client what TestRoutesReachTheLedger asks by HTTP.
func TestClientReachesTheLedger(t *testing.T) {
	d := describe(t)
	for _, tt := range reachedByRoutes(t) {
		path, _, _ := strings.Cut(tt.path, "?")
		o, _ := d.of(tt.method, path)
		t.Run(o.ID, func(t *testing.T) {
			a := newAPI(t)
			if tt.result != "" {
				a.ledger.result = tt.result
			}
			c, w := clientOf(t, a.handler)
			asked := tt.want
			if messages, ok := asked.(waymark.RecordRequest); ok {
				asked = waymark.Disclosures{Messages: messages.Messages}
			}
			if err := callOf(t, c, o, asked); err != nil {
				t.Fatal(err)
			}
			want := call{As: "operator", Tx: tt.tx, Request: tt.want}
			if got := a.ledger.seen(); len(got) != 1 || !reflect.DeepEqual(got[0], want) {
				t.Errorf("sent %s %s\ncalls %+v\nwant  %+v", w.sent[0].URL, w.bodies[0], got, want)
			}
			if w.sent[0].Method != tt.method || w.sent[0].URL.Path != pathOf(t, tt.path) {
				t.Errorf("sent %s %s", w.sent[0].Method, w.sent[0].URL)
			}
			d.check(t, w.sent[0], w.bodies[0])
		})
	}
}

func pathOf(t *testing.T, target string) string {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, target, http.NoBody)
	return r.URL.Path
}

// TestClientSendsTheRest is about the operations that are more than one call of the ledger, or none.
func TestClientSendsTheRest(t *testing.T) {
	d := describe(t)
	covered := make(map[string]bool)
	for _, tt := range reachedByRoutes(t) {
		path, _, _ := strings.Cut(tt.path, "?")
		o, _ := d.of(tt.method, path)
		covered[o.ID] = true
	}
	tests := []struct {
		id         string
		args       []any
		want, body string
	}{
		{id: "listShipments", args: []any{waymark.ShipmentsQuery{State: waymark.ShipmentReady, Custodian: "carrier", Sort: waymark.ShipmentsByChange, At: 7, Limit: 3, Cursor: "S1"}},
			want: "GET /v1/shipments?at=7&cursor=S1&custodian=carrier&limit=3&sort=changed&state=ready"},
		{id: "listDevices", args: []any{waymark.DevicesQuery{Owner: "producer", State: waymark.DeviceActive, Model: "TL 20", Shipment: "S1"}},
			want: "GET /v1/devices?model=TL+20&owner=producer&shipment=S1&state=active"},
		{id: "listThings", args: []any{waymark.ThingsQuery{Kind: waymark.GoodsItem, GTIN: "09506000134352", Holder: "carrier", At: 7}},
			want: "GET /v1/goods/things?at=7&gtin=09506000134352&holder=carrier&kind=item"},
		{id: "listDecisions", args: []any{waymark.DecisionsQuery{Action: waymark.ActReadShipment, Outcome: waymark.DecisionDenied, Member: "carrier", FromBlock: 3, Order: waymark.LatestFirst, Cursor: "4:0:0"}},
			want: "GET /v1/policies/decisions?action=ReadShipment&cursor=4%3A0%3A0&from_block=3&member=carrier&order=desc&outcome=denied"},
		{id: "search", args: []any{waymark.SearchQuery{Q: "(01)09506000134352(21)1", Kind: waymark.FoundItem, At: 7}}, want: "GET /v1/search?at=7&kind=item&q=%2801%2909506000134352%2821%291"},
		{id: "getProvenance", args: []any{waymark.ProvenanceQuery{ID: "urn:epc:id:sscc:950600.01234567890", Purpose: "claim"}},
			want: "GET /v1/goods/provenance?id=urn%3Aepc%3Aid%3Asscc%3A950600.01234567890&purpose=claim"},
		{id: "listEvents", args: []any{waymark.EventsQuery{Kind: "shipment", Device: "d", After: "17:0:0"}},
			want: "GET /v1/events?after=17%3A0%3A0&device=d&kind=shipment"},
		{id: "createWebhook", args: []any{waymark.WebhookRequest{URL: "https://erp.example/", Kind: "shipment", Device: "d", Shipment: "s", Member: "m", Purpose: "p", After: "17:0:0"}},
			want: "POST /v1/webhooks", body: `{"url":"https://erp.example/","kind":"shipment","device":"d","shipment":"s","member":"m","purpose":"p","after":"17:0:0"}`},
		{id: "listWebhooks", want: "GET /v1/webhooks"},
		{id: "getWebhook", args: []any{waymark.WebhookQuery{ID: "wh-1"}}, want: "GET /v1/webhooks/wh-1"},
		{id: "pauseWebhook", args: []any{waymark.WebhookQuery{ID: "wh-1"}}, want: "POST /v1/webhooks/wh-1/pause"},
		{id: "resumeWebhook", args: []any{waymark.WebhookQuery{ID: "wh-1"}}, want: "POST /v1/webhooks/wh-1/resume"},
		{id: "rotateWebhookSecret", args: []any{waymark.WebhookQuery{ID: "wh-1"}}, want: "POST /v1/webhooks/wh-1/rotate-secret"},
		{id: "listDeadLetters", args: []any{waymark.DeadLettersQuery{Webhook: "wh-1", Limit: 3, Cursor: "17:0:0"}},
			want: "GET /v1/webhooks/wh-1/dead-letters?cursor=17%3A0%3A0&limit=3"},
		{id: "replayDeadLetters", args: []any{waymark.ReplayRequest{Webhook: "wh-1", Event: "17:0:0"}}, want: "POST /v1/webhooks/wh-1/replay", body: `{"event":"17:0:0"}`},
		{id: "takeLease", args: []any{waymark.LeaseRequest{Name: "fleet:1", Holder: "a", Seconds: 15, Note: "there"}},
			want: "PUT /v1/leases/fleet:1", body: `{"holder":"a","seconds":15,"note":"there"}`},
		{id: "releaseLease", args: []any{waymark.ReleaseRequest{Name: "fleet:1", Holder: "a"}}, want: "POST /v1/leases/fleet:1/release", body: `{"holder":"a"}`},
		{id: "listLeases", args: []any{waymark.LeasesQuery{Prefix: "fleet:"}}, want: "GET /v1/leases?prefix=fleet%3A"},
		{id: "deleteWebhook", args: []any{waymark.WebhookQuery{ID: "wh-1"}}, want: "DELETE /v1/webhooks/wh-1"},

		{id: "listReadings", args: []any{waymark.ReadingsQuery{Device: "d", Name: "temperature", From: time.Unix(60, 0), To: time.Unix(90, 5e8), Cursor: "60000:7:1"}},
			want: "GET /v1/devices/d/readings?cursor=60000%3A7%3A1&from=1970-01-01T00%3A01%3A00Z&name=temperature&to=1970-01-01T00%3A01%3A30.5Z"},
		{id: "getLatest", args: []any{waymark.LatestQuery{Device: "d", At: 7}}, want: "GET /v1/devices/d/latest?at=7"},
		{id: "getSeries", args: []any{waymark.SeriesQuery{Device: "d", Name: "temperature", Bucket: 3600, Shipment: "S1"}},
			want: "GET /v1/devices/d/series?bucket=3600&name=temperature&shipment=S1"},
		{id: "getReadingProof", args: []any{waymark.ProofQuery{Reading: "d:7:0", Purpose: "claim"}}, want: "GET /v1/readings/d:7:0/proof?purpose=claim"},

		{id: "getTransaction", args: []any{client.TransactionQuery{TxID: someTx, Envelope: true}}, want: "GET /v1/transactions/" + someTx + "?envelope=true"},
		{id: "getTransaction", args: []any{client.TransactionQuery{TxID: someTx}}, want: "GET /v1/transactions/" + someTx},
		{id: "getReceipt", args: []any{someTx}, want: "GET /v1/transactions/" + someTx + "/receipt"},
		{id: "getHealth", want: "GET /healthz"},
		{id: "getReadiness", want: "GET /readyz"},
		{id: "getMetrics", want: "GET /metrics"},
		{id: "getOpenAPI", want: "GET /openapi.json"},
		{id: "getMessage", args: []any{waymark.MessageQuery{Device: "d", Sequence: 7}}, want: "GET /v1/devices/d/messages/7"},
		{id: "getDisclosed", args: []any{waymark.DisclosedQuery{Device: "d", Sequence: 7, Holder: "carrier", Purpose: "p"}},
			want: "GET /v1/devices/d/messages/7/disclosed?holder=carrier&purpose=p"},
		{id: "proposeTerms", args: []any{waymark.Terms{Shipment: "S1", Issuer: "auditor", Currency: "EUR", Units: 2, Price: 3}},
			want: "PUT /v1/shipments/S1/terms", body: `{"issuer":"auditor","currency":"EUR","units":2,"price":3}`},
		{id: "purgeTerms", args: []any{waymark.PurgeTermsRequest{Shipment: "S1"}}, want: "POST /v1/shipments/S1/terms/purge"},
		{id: "settleEscrow", args: []any{waymark.SettleRequest{Shipment: "S1"}}, want: "POST /v1/shipments/S1/escrow/settle"},
		{id: "proposeTransaction", args: []any{client.ProposalRequest{Transaction: waymark.DevicesSuspend, Request: json.RawMessage(`{"device":"d"}`), Certificate: "PEM"}},
			want: "POST /v1/proposals", body: `{"transaction":"devices:Suspend","request":{"device":"d"},"certificate":"PEM"}`},
		{id: "endorseProposal", args: []any{client.EndorsementRequest{Proposal: []byte("p"), Signature: []byte("s")}},
			want: "POST /v1/proposals:endorse", body: `{"proposal":"cA==","signature":"cw=="}`},
		{id: "submitTransaction", args: []any{client.SubmissionRequest{Transaction: []byte("t"), Signature: []byte("s")}},
			want: "POST /v1/transactions:submit", body: `{"transaction":"dA==","signature":"cw=="}`},
	}
	for _, tt := range tests {
		covered[tt.id] = true
		i := slices.IndexFunc(d.operations, func(o rest.Operation) bool { return o.ID == tt.id })
		c, w := clientOf(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "{}") }))
		if err := callOf(t, c, d.operations[i], tt.args...); err != nil {
			t.Errorf("%s: %v", tt.id, err)
			continue
		}
		if got := w.sent[0].Method + " " + w.sent[0].URL.RequestURI(); got != tt.want || string(w.bodies[0]) != tt.body {
			t.Errorf("%s: sent %s %s", tt.id, got, w.bodies[0])
		}
		d.check(t, w.sent[0], w.bodies[0])
	}
	for _, o := range d.operations {
		if !covered[o.ID] && !o.People {
			t.Errorf("%s: no test calls the client's method", o.ID)
		}
	}
}
