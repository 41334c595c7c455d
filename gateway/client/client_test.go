package client_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/client"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// gateway answers with what is scripted, one a request, and the last one again.
type gateway struct {
	mu      sync.Mutex
	script  []func(http.ResponseWriter)
	targets []string // method, path and query
	headers []http.Header
	bodies  []string
	t       *testing.T
	server  *httptest.Server
}

func serve(t *testing.T, script ...func(http.ResponseWriter)) *gateway {
	t.Helper()
	g := &gateway{script: script, t: t}
	g.server = httptest.NewTLSServer(g)
	t.Cleanup(g.server.Close)
	return g
}

func (g *gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	g.mu.Lock()
	answer := g.script[min(len(g.headers), len(g.script)-1)]
	g.targets = append(g.targets, r.Method+" "+r.URL.RequestURI())
	g.headers, g.bodies = append(g.headers, r.Header.Clone()), append(g.bodies, string(body))
	g.mu.Unlock()
	answer(w)
}

func (g *gateway) client(change ...func(*client.Options)) *client.Client {
	g.t.Helper()
	roots := x509.NewCertPool()
	roots.AddCert(g.server.Certificate())
	o := client.Options{URL: g.server.URL, Roots: roots, Token: client.Token("secret"), Attempts: 3}
	for _, f := range change {
		f(&o)
	}
	c, err := client.New(o)
	if err != nil {
		g.t.Fatal(err)
	}
	g.t.Cleanup(c.Close)
	return c
}

// answer is a status with a body and headers.
func answer(status int, body string, headers ...string) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) {
		for i := 0; i < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// problem is the gateway's own answer with a code.
func problem(code waymark.Code, members string) func(http.ResponseWriter) {
	body := `{"code":"` + string(code) + `","detail":"d","reasons":["r"]` + members + `}`
	return answer(code.HTTPStatus(), body)
}

// hangUp breaks the connection.
func hangUp(http.ResponseWriter) { panic(http.ErrAbortHandler) }

var done = answer(201, `{"transaction":{"tx_id":"aa","block_number":7,"status":"VALID"},"result":{"id":"x"}}`, "Idempotency-Replayed", "true")

type thing struct {
	ID string `json:"id"`
}

func TestWhatIsMadeAgain(t *testing.T) {
	unknown := problem(waymark.Unavailable, `,"tx_id":"aa"`)
	unkeyed := []client.WriteOption{client.WithoutKey()}
	tests := []struct {
		name    string
		first   func(http.ResponseWriter)
		options []client.WriteOption
		want    int // requests
	}{
		{name: "well", first: done, want: 1},
		{name: "busy", first: problem(waymark.ResourceExhausted, ""), want: 2},
		{name: "busy, without a key", first: problem(waymark.ResourceExhausted, ""), options: unkeyed, want: 2},
		{name: "away", first: problem(waymark.Unavailable, ""), want: 2},
		{name: "away, without a key", first: problem(waymark.Unavailable, ""), options: unkeyed, want: 2},
		{name: "fate unknown", first: unknown, want: 2},
		{name: "fate unknown, without a key", first: unknown, options: unkeyed, want: 1},
		{name: "conflict", first: problem(waymark.Conflict, `,"tx_id":"aa"`), want: 2},
		{name: "conflict of a fixed one", first: problem(waymark.Conflict, `,"tx_id":"aa"`), options: []client.WriteOption{client.Fixed()}, want: 1},
		{name: "lost", first: hangUp, want: 2},
		{name: "lost, without a key", first: hangUp, options: unkeyed, want: 1},
		{name: "a proxy's 502", first: answer(502, "<html>"), want: 2},
		{name: "our 502", first: answer(502, `{"code":"internal"}`), want: 1},
		{name: "a proxy's 503, without a key", first: answer(503, "<html>"), options: unkeyed, want: 1},
		{name: "under way", first: answer(202, `{"tx_id":"aa"}`), want: 2},
		{name: "under way, without a key", first: answer(202, `{"tx_id":"aa"}`), options: unkeyed, want: 1},
		{name: "asynchronous", first: answer(202, `{"tx_id":"aa"}`), options: []client.WriteOption{client.Async()}, want: 1},
		{name: "invalid", first: problem(waymark.Invalid, ""), want: 1},
		{name: "taken", first: problem(waymark.AlreadyExists, ""), want: 1},
		{name: "internal", first: problem(waymark.Internal, ""), want: 1},
		{name: "elsewhere", first: answer(307, "", "Location", "https://example.org/"), want: 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			g := serve(t, tt.first, done)
			w, err := client.Write[thing](t.Context(), g.client(), http.MethodPost, "/v1/things", thing{ID: "x"}, tt.options...)
			if len(g.headers) != tt.want {
				t.Fatalf("%d requests, want %d: %v", len(g.headers), tt.want, err)
			}
			if wantErr := tt.want == 1 && tt.name != "well" && tt.name != "asynchronous"; (err != nil) != wantErr {
				t.Errorf("got %+v, %v", w, err)
			}
			if err == nil && !w.Pending && (w.Result.ID != "x" || w.Transaction.BlockNumber != 7 || !w.Replayed) {
				t.Errorf("got %+v", w)
			}
			for i, h := range g.headers {
				if h.Get("Idempotency-Key") != w.Key || (w.Key == "") != strings.HasSuffix(tt.name, "without a key") || h.Get("Authorization") != "Bearer secret" || g.bodies[i] != `{"id":"x"}` {
					t.Errorf("request %d: %v %s", i, h, g.bodies[i])
				}
			}
		})
	}
}

func TestAsync(t *testing.T) {
	g := serve(t, answer(202, `{"tx_id":"aa"}`), done)
	w, err := client.Write[thing](t.Context(), g.client(), http.MethodPost, "/v1/things", nil, client.Async(), client.WithKey("k"))
	if err != nil || !w.Pending || w.Transaction.TxID != "aa" || w.Key != "k" || g.headers[0].Get("Prefer") != "respond-async" {
		t.Fatalf("got %+v, %v", w, err)
	}
	if w, err = client.Write[thing](t.Context(), g.client(), http.MethodPost, "/v1/things", nil, client.WithKey(w.Key)); err != nil || w.Result.ID != "x" {
		t.Errorf("the end of it: %+v, %v", w, err)
	}
}

// Who waits for a while only is told that the write is kept, and asked no more of.
func TestWait(t *testing.T) {
	for wait, prefer := range map[time.Duration]string{5 * time.Second: "wait=5", time.Millisecond: "wait=1", 1500 * time.Millisecond: "wait=1"} {
		g := serve(t, answer(202, `{"tx_id":"aa"}`))
		w, err := client.Write[thing](t.Context(), g.client(), http.MethodPost, "/v1/things", nil, client.Wait(wait))
		if err != nil || !w.Pending || w.Transaction.TxID != "aa" || len(g.headers) != 1 || g.headers[0].Get("Prefer") != prefer {
			t.Errorf("%s: %+v, %v, %v", wait, w, err, g.headers)
		}
	}
	g := serve(t, done)
	if w, err := client.Write[thing](t.Context(), g.client(), http.MethodPost, "/v1/things", nil, client.Wait(time.Second)); err != nil || w.Pending || w.Result.ID != "x" {
		t.Errorf("in time: %+v, %v", w, err)
	}
}

// A write that never ends is followed for as long as the caller has time.
func TestFollowingEnds(t *testing.T) {
	g := serve(t, answer(202, `{"tx_id":"aa"}`))
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	_, err := client.Write[thing](ctx, g.client(), http.MethodPost, "/v1/things", nil)
	if p, ok := client.AsProblem(err); ok && (p.Status != 202 || p.TxID != "aa" || waymark.CodeOf(err) != waymark.Unavailable) || err == nil {
		t.Errorf("got %v", err)
	}
}

func TestAttemptsAreBounded(t *testing.T) {
	g := serve(t, problem(waymark.Unavailable, ""))
	_, err := client.Read[thing](t.Context(), g.client(), "/v1/things")
	if waymark.CodeOf(err) != waymark.Unavailable || len(g.headers) != 3 {
		t.Errorf("%d requests, %v", len(g.headers), err)
	}
}

func TestRetryAfterIsObeyed(t *testing.T) {
	g := serve(t, answer(429, `{"code":"resource_exhausted"}`, "Retry-After", "3600"), done)
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	_, err := client.Read[thing](ctx, g.client(), "/v1/things")
	if p, ok := client.AsProblem(err); !ok || p.RetryAfter != time.Minute || len(g.headers) != 1 {
		t.Errorf("%d requests, %v", len(g.headers), err)
	}
}

func TestProblem(t *testing.T) {
	g := serve(t, problem(waymark.Forbidden, `,"field":"/a","tx_id":"aa","request_id":"q","rows":[{"row":3}]`))
	_, err := client.Read[thing](t.Context(), g.client(), "/v1/things")
	p, ok := client.AsProblem(err)
	if !ok || p.Status != 403 || p.Field != "/a" || p.TxID != "aa" || p.RequestID != "q" || len(p.Rows) != 1 {
		t.Fatalf("got %+v", p)
	}
	var own *waymark.Error
	if !errors.As(err, &own) || own.Code != waymark.Forbidden || !slices.Equal(own.Reasons, []string{"r"}) {
		t.Errorf("got %+v", own)
	}
	if foreign := (&client.Problem{Status: 400}); foreign.Unwrap() != nil {
		t.Error("an answer of something in between has a code")
	}
}

func TestAnswersAreBounded(t *testing.T) {
	g := serve(t, answer(200, `{"id":"`+strings.Repeat("x", 100)+`"}`))
	small := g.client(func(o *client.Options) { o.MaxAnswer = 100 })
	if _, err := client.Read[thing](t.Context(), small, "/"); err == nil {
		t.Error("too long an answer was taken")
	}
}

// A gateway that another authority vouches for is not asked twice, and gets no token.
func TestOtherAuthority(t *testing.T) {
	g := serve(t, done)
	g.server.Config.ErrorLog = nil
	_, err := client.Read[thing](t.Context(), g.client(func(o *client.Options) { o.Roots = x509.NewCertPool() }), "/")
	var refused *tls.CertificateVerificationError
	if !errors.As(err, &refused) || len(g.headers) != 0 {
		t.Errorf("%d requests, %v", len(g.headers), err)
	}
}

func TestURL(t *testing.T) {
	for _, url := range []string{"", "http://127.0.0.1", "https://", "127.0.0.1:7100", "https://a?b=c"} {
		if _, err := client.New(client.Options{URL: url}); err == nil {
			t.Errorf("%q is taken", url)
		}
	}
}

func TestAwait(t *testing.T) {
	as := func(body string) func(http.ResponseWriter) { return answer(200, body) }
	g := serve(t, problem(waymark.NotFound, ""), as(`{"tx_id":"aa","state":"accepted"}`), as(`{"tx_id":"aa","state":"submitted"}`),
		as(`{"tx_id":"aa","state":"invalid","status":"MVCC_READ_CONFLICT","replaced_by":"bb"}`), as(`{"tx_id":"bb","state":"committed","status":"VALID","block_number":7}`))
	got, err := g.client().Await(t.Context(), "aa")
	if err != nil || got.TxID != "bb" || got.Status != "VALID" || *got.BlockNumber != 7 || len(g.headers) != 5 {
		t.Errorf("%+v, %v", got, err)
	}
	forbidden := serve(t, problem(waymark.Forbidden, ""))
	if _, err := forbidden.client().Await(t.Context(), "aa"); waymark.CodeOf(err) != waymark.Forbidden {
		t.Errorf("got %v", err)
	}
}

// What was not awaited is no refusal: the context's end is told, with the last that was known.
func TestAwaitEnds(t *testing.T) {
	known := answer(200, `{"tx_id":"aa","state":"accepted"}`)
	replaced := answer(200, `{"tx_id":"aa","state":"invalid","replaced_by":"bb"}`)
	for name, tt := range map[string]struct {
		script []func(http.ResponseWriter)
		want   client.State
	}{
		"never found":                {script: []func(http.ResponseWriter){problem(waymark.NotFound, "")}},
		"under way":                  {script: []func(http.ResponseWriter){known}, want: client.Accepted},
		"under way, then not found":  {script: []func(http.ResponseWriter){known, problem(waymark.NotFound, "")}, want: client.Accepted},
		"replaced by an unknown one": {script: []func(http.ResponseWriter){replaced, problem(waymark.NotFound, "")}, want: client.Invalid},
		"the gateway went away":      {script: []func(http.ResponseWriter){known, problem(waymark.Unavailable, "")}, want: client.Accepted},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			left := 3
			last := tt.script[len(tt.script)-1]
			g := serve(t, append(tt.script, func(w http.ResponseWriter) {
				if left--; left == 0 {
					cancel()
				}
				last(w)
			})...)
			got, err := g.client(func(o *client.Options) { o.Attempts = 100 }).Await(ctx, "aa")
			if _, refused := client.AsProblem(err); !errors.Is(err, context.Canceled) || refused || got.State != tt.want {
				t.Errorf("got %+v, %v", got, err)
			}
		})
	}
}
