package rest_test

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/waymark-ledger/waymark/gateway/client"
	"github.com/waymark-ledger/waymark/gateway/internal/audit"
	"github.com/waymark-ledger/waymark/gateway/internal/database"
	"github.com/waymark-ledger/waymark/gateway/internal/database/databasetest"
	"github.com/waymark-ledger/waymark/gateway/internal/health"
	"github.com/waymark-ledger/waymark/gateway/internal/leases"
	"github.com/waymark-ledger/waymark/gateway/internal/messages"
	"github.com/waymark-ledger/waymark/gateway/internal/requests"
	"github.com/waymark-ledger/waymark/gateway/internal/rest"
	"github.com/waymark-ledger/waymark/gateway/internal/settlement"
	"github.com/waymark-ledger/waymark/gateway/internal/throttle"
	"github.com/waymark-ledger/waymark/gateway/internal/tracing"
	"github.com/waymark-ledger/waymark/gateway/internal/webhooks"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"
)

// noStore is the store of a gateway whose database is away. What asks for a promise is another
// test's: it would end here.
type noStore struct{ requests.Store }

func (noStore) Prepare(context.Context) error       { return errors.New("no database") }
func (noStore) Leave(context.Context, string) error { return nil }
func (noStore) Transaction(context.Context, string) (requests.Transaction, bool, error) {
	return requests.Transaction{}, false, nil
}

// api is the whole service over a fake ledger.
type api struct {
	ledger  *fakeLedger
	handler http.Handler
	health  http.Handler // of the operations' address
	stop    func()       // ends streams
	logs    *observer.ObservedLogs
	audit   *bytes.Buffer
}

// limits are those of the service under test, and what else of it tests choose.
type limits struct {
	rest.Limits
	rates   throttle.Rates
	origins []string
	noPage  bool
	auth    rest.Authenticator // fakeTokens, if it is nil
	hooks   *database.DB       // of webhooks and leases; one that is away, if it is nil
	model   rest.Model         // fakeModel, if it is nil
	bodies  rest.Bodies        // none, if it is nil
}

func newAPI(t *testing.T, changes ...func(*limits)) *api {
	t.Helper()
	return newAPIOver(t, noStore{}, time.Minute, changes...)
}

// newKeepingAPI has a database, and callers who wait as long as patience.
func newKeepingAPI(t *testing.T, patience time.Duration, changes ...func(*limits)) *api {
	t.Helper()
	return newAPIOver(t, requests.NewSQL(databasetest.SQLite(t)()), patience, changes...)
}

func newAPIOver(t *testing.T, store requests.Store, patience time.Duration, changes ...func(*limits)) *api {
	t.Helper()
	ample := throttle.Rate{PerSecond: 1000, Burst: 100_000} // that no test comes to
	bounds := limits{
		Limits: rest.Limits{BodyBytes: 4096, InFlight: 2, Streams: 4, BytesInFlight: 5000, BlockBytes: 4000, CallerPercent: 100},
		rates:  throttle.Rates{throttle.Read: ample, throttle.Write: ample, throttle.Messages: ample, throttle.Anonymous: ample, throttle.Open: ample},
	}
	for _, change := range changes {
		change(&bounds)
	}
	core, logs := observer.New(zapcore.DebugLevel)
	a := &api{ledger: &fakeLedger{result: "{}"}, logs: logs, audit: new(bytes.Buffer)}
	registry := prometheus.NewRegistry()
	account := audit.New(a.audit, io.Discard, registry)
	runner := requests.NewRunner(requests.Options{
		Store: store, Resolver: a.ledger, Ended: rest.AuditEnd(account), Logger: zap.NewNop(), Registry: registry,
		Limits: requests.Limits{Pending: 10, Bytes: 1 << 20, CallerPercent: 100, Answer: patience, Keep: time.Hour, KeptBytes: 1 << 30},
	})
	t.Cleanup(func() { runner.Close(context.Background()) })
	model, db := fakeModel{a.ledger}, databaseOf(t, bounds.hooks)
	handlers := rest.New(rest.Options{
		Ledger:        a.ledger,
		Model:         cmp.Or[rest.Model](bounds.model, model),
		Webhooks:      bookOf(t, db, model),
		Leases:        leases.NewBook(db),
		Writer:        runner,
		Offline:       a.ledger,
		Recorder:      messages.NewRecorder(a.ledger, time.Minute, nil),
		Bodies:        bounds.bodies,
		Settler:       settlement.NewSettler(a.ledger, "producer"),
		Authenticator: cmp.Or[rest.Authenticator](bounds.auth, fakeTokens{}),
		Limits:        bounds.Limits,
		Throttle:      throttle.New(bounds.rates),
		Origins:       bounds.origins,
		NoPage:        bounds.noPage,
		Logger:        zap.New(core),
		Audit:         account,
		Health:        health.New([]health.Part{{Name: "ledger", Check: a.ledger.Ready}}, registry),
		Traces:        noTraces(t),
		Registry:      registry,
	})
	a.handler, a.health, a.stop = handlers.API, handlers.Health, handlers.Stop
	t.Cleanup(a.stop)
	return a
}

// databaseOf is a database, or one that is away.
func databaseOf(t *testing.T, db *database.DB) *database.DB {
	t.Helper()
	if db != nil {
		return db
	}
	db, err := database.Open(databasetest.SQLiteConfig(t)) // and never prepared
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// bookOf is of webhooks in a database.
func bookOf(t *testing.T, db *database.DB, events webhooks.Source) *webhooks.Book {
	t.Helper()
	guard, err := webhooks.NewGuard(nil, false)
	if err != nil {
		t.Fatal(err)
	}
	return webhooks.NewBook(webhooks.NewStore(db), events, guard, webhooks.Limits{Most: 9, PerIdentity: 3, Attempts: 1, DeadLetters: 9, Timeout: time.Second})
}

// noTraces are sent nowhere.
func noTraces(t *testing.T) *tracing.Provider {
	t.Helper()
	traces, err := tracing.New(tracing.Options{}, zap.NewNop(), prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	return traces
}

// request is one of the operator.
func request(method, path, body string) *http.Request {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+operator)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	return r
}

// do sends a request as the operator; headers are name, value pairs.
func (a *api) do(method, path, body string, headers ...string) *httptest.ResponseRecorder {
	r := request(method, path, body)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	return a.send(r)
}

func (a *api) send(r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	a.handler.ServeHTTP(w, r)
	return w
}

// problem checks that the answer is a whole problem document and returns it.
func problem(t *testing.T, w *httptest.ResponseRecorder) client.Problem {
	t.Helper()
	var p client.Problem
	if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil {
		t.Fatalf("not a problem document: %v: %s", err, w.Body)
	}
	if got := w.Header().Get("Content-Type"); got != "application/problem+json" {
		t.Errorf("content type %q", got)
	}
	if p.Status != w.Code || p.Type != "urn:waymark:problem:"+string(p.Code) || p.Title == "" || p.Detail == "" {
		t.Errorf("status %d, problem %+v", w.Code, p)
	}
	if p.RequestID == "" || p.RequestID != w.Header().Get("X-Request-Id") {
		t.Errorf("request id %q, header %q", p.RequestID, w.Header().Get("X-Request-Id"))
	}
	return p
}
