package rest_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/client"
	"github.com/waymark-ledger/waymark/gateway/client/verify"
	"github.com/waymark-ledger/waymark/gateway/internal/auth"
	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
	"github.com/waymark-ledger/waymark/gateway/internal/rest"
	"github.com/waymark-ledger/waymark/gateway/internal/share"
)

const (
	someTx   = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	otherTx  = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
	operator = "operator-token"
	relay    = "relay-token"
)

// call is what reached the ledger.
type call struct {
	As      ledger.Identity
	Tx      waymark.Transaction
	Request any
	At      string // the members whose peers ran it, if any were named
}

// fakeLedger answers every call with result or err and remembers it.
type fakeLedger struct {
	mu     sync.Mutex
	calls  []call
	asker  string // for whom the last call was
	result string
	err    error
	answer func(ledger.Call) (json.RawMessage, error) // when not nil, in place of the two
	hold   chan struct{}                              // when not nil, calls wait until it is closed
	blocks chan struct{}                              // when not nil, no block is fetched until it is closed
	large  bool                                       // every block is
	order  chan struct{}                              // when not nil, nothing is ordered until it is closed
	panics bool
}

var _ rest.Ledger = (*fakeLedger)(nil)

// run takes one call of a contract function.
func (f *fakeLedger) run(q ledger.Call) (json.RawMessage, error) {
	result, err := f.take(call{As: q.As, Tx: q.Transaction, Request: anything(q.Request), At: strings.Join(q.At, " ")})
	if f.answer != nil {
		return f.answer(q)
	}
	return result, err
}

// anything is nil for no request, which a nil Validator would not be.
func anything(request waymark.Validator) any {
	if request == nil {
		return nil
	}
	return request
}

func (f *fakeLedger) take(came call) (json.RawMessage, error) {
	f.mu.Lock()
	f.calls = append(f.calls, came)
	result, err, hold := f.result, f.err, f.hold
	f.mu.Unlock()
	if hold != nil {
		<-hold
	}
	if f.panics {
		panic("secret in a panic")
	}
	return json.RawMessage(result), err
}

// note keeps for whom the ledger was asked last.
func (f *fakeLedger) note(ctx context.Context) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asker = share.CallerOf(ctx)
}

// Submit tells the journal of one transaction, unless the call fails.
func (f *fakeLedger) Submit(ctx context.Context, q ledger.Call) (ledger.Committed, error) {
	f.note(ctx)
	result, err := f.run(q)
	if err != nil {
		return ledger.Committed{}, err
	}
	if q.Journal != nil {
		if err := q.Journal.Endorsed(ctx, ledger.Endorsed{TxID: someTx, Result: result}); err != nil {
			return ledger.Committed{}, err
		}
		q.Journal.Submitted(someTx)
		f.mu.Lock()
		order := f.order
		f.mu.Unlock()
		if order != nil {
			<-order
		}
		q.Journal.Resolved(ledger.Fate{TxID: someTx, BlockNumber: 12, Status: ledger.Valid})
	}
	return ledger.Committed{Commit: ledger.Commit{TxID: someTx, BlockNumber: 12, Status: ledger.Valid}, Result: result}, nil
}

func (f *fakeLedger) Evaluate(ctx context.Context, q ledger.Call) (json.RawMessage, error) {
	f.note(ctx)
	return f.run(q)
}

func (f *fakeLedger) Transaction(_ context.Context, as ledger.Identity, txID string, withEnvelope bool, room func() error) (ledger.Transaction, error) {
	if _, err := f.take(call{As: as, Request: withEnvelope}); err != nil {
		return ledger.Transaction{}, err
	}
	if f.large {
		if err := room(); err != nil {
			return ledger.Transaction{}, err
		}
	}
	if f.blocks != nil {
		<-f.blocks
	}
	if txID != someTx {
		return ledger.Transaction{}, waymark.Errorf(waymark.NotFound, "no transaction %s", txID)
	}
	return ledger.Transaction{TxID: txID, Status: ledger.Valid, Endorsers: []string{}}, nil
}

func (f *fakeLedger) Receipt(_ context.Context, as ledger.Identity, txID string) (verify.Receipt, error) {
	if _, err := f.take(call{As: as, Tx: "receipt", Request: txID}); err != nil {
		return verify.Receipt{}, err
	}
	if f.blocks != nil {
		<-f.blocks
	}
	return verify.Receipt{Format: verify.Format, TxID: txID, Channel: "waymark", BlockNumber: 12, Status: ledger.Valid, Block: []byte("block"),
		Consenters:   []verify.Consenter{{ID: 1, MSPID: "producer", Certificate: []byte("pem")}},
		Attestations: []verify.Attestation{{MSPID: "producer", Payload: []byte("said")}}}, nil
}

// Ready is what the readiness asks; hold and panics are not for it.
func (f *fakeLedger) Ready(context.Context) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls = append(f.calls, call{Tx: "ready"})
	return f.err
}

// Resolve is asked by nobody here.
func (f *fakeLedger) Resolve(context.Context, ledger.Endorsed) (ledger.Fate, error) {
	return ledger.Fate{}, waymark.Errorf(waymark.Unavailable, "no")
}

func (f *fakeLedger) seen() []call {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.calls
}

// await returns once the ledger has been called n times.
func (f *fakeLedger) await(t *testing.T, n int) {
	t.Helper()
	for deadline := time.Now().Add(60 * time.Second); len(f.seen()) < n; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the request did not reach the ledger")
		}
	}
}

// fakeTokens knows one operator and one relay.
type fakeTokens struct{}

func (fakeTokens) Authenticate(r *http.Request) (auth.Caller, error) {
	switch r.Header.Get("Authorization") {
	case "Bearer " + operator:
		return auth.Caller{ID: "token:erp", Identity: "operator"}, nil
	case "Bearer " + relay:
		return auth.Caller{ID: "token:bridge", Identity: "relay"}, nil
	}
	return auth.Caller{}, waymark.Errorf(waymark.Unauthenticated, "the token is not known here")
}

// Events tells of one event, once.
func (m fakeModel) Events(ctx context.Context, as ledger.Identity, q waymark.EventsQuery, after string) (f client.EventList, err error) {
	if _, err := m.ledger.Evaluate(ctx, ledger.Call{As: as, Request: q}); err != nil {
		return f, err
	}
	if after == "" {
		f.Events = []client.Event{{ID: "17:0:0", Type: "waymark.shipment.ready", Data: []byte(`{"shipment":"S1"}`)}}
	}
	f.Next = "17:0:0"
	return f, ctx.Err()
}

func (fakeModel) Event(context.Context, ledger.Identity, string, string) (client.Event, bool, error) {
	return client.Event{}, false, nil
}

func (fakeModel) Last(context.Context) (string, error) { return "17:0:0", nil }

func (fakeModel) Grown(ctx context.Context, _ string) { <-ctx.Done() }

// fakeModel answers as the fake ledger does.
type fakeModel struct{ ledger *fakeLedger }

func (m fakeModel) Shipments(ctx context.Context, as ledger.Identity, q waymark.ShipmentsQuery) (waymark.ShipmentList, error) {
	return asked[waymark.ShipmentList](ctx, m, as, q)
}

func (m fakeModel) Devices(ctx context.Context, as ledger.Identity, q waymark.DevicesQuery) (waymark.DeviceList, error) {
	return asked[waymark.DeviceList](ctx, m, as, q)
}

func (m fakeModel) Things(ctx context.Context, as ledger.Identity, q waymark.ThingsQuery) (waymark.ThingList, error) {
	return asked[waymark.ThingList](ctx, m, as, q)
}

func (m fakeModel) Decisions(ctx context.Context, as ledger.Identity, q waymark.DecisionsQuery) (waymark.DecisionList, error) {
	return asked[waymark.DecisionList](ctx, m, as, q)
}

func (m fakeModel) Search(ctx context.Context, as ledger.Identity, q waymark.SearchQuery) (waymark.SearchResult, error) {
	return asked[waymark.SearchResult](ctx, m, as, q)
}

func (m fakeModel) Provenance(ctx context.Context, as ledger.Identity, q waymark.ProvenanceQuery) (waymark.Provenance, error) {
	return asked[waymark.Provenance](ctx, m, as, q)
}

// asked is what the fake ledger answers.
func asked[A any](ctx context.Context, m fakeModel, as ledger.Identity, q waymark.Validator) (answer A, err error) {
	raw, err := m.ledger.Evaluate(ctx, ledger.Call{As: as, Request: q})
	if err != nil {
		return answer, err
	}
	return answer, json.Unmarshal(raw, &answer)
}

func (m fakeModel) Readings(ctx context.Context, as ledger.Identity, q waymark.ReadingsQuery) (waymark.ReadingList, error) {
	return answeredBy[waymark.ReadingList](ctx, m, as, q)
}

func (m fakeModel) Latest(ctx context.Context, as ledger.Identity, q waymark.LatestQuery) (waymark.LatestReadings, error) {
	return answeredBy[waymark.LatestReadings](ctx, m, as, q)
}

func (m fakeModel) Message(ctx context.Context, as ledger.Identity, q waymark.MessageQuery) (waymark.RecordedMessage, error) {
	return asked[waymark.RecordedMessage](ctx, m, as, q)
}

func (m fakeModel) Series(ctx context.Context, as ledger.Identity, q waymark.SeriesQuery) (waymark.BucketList, error) {
	return answeredBy[waymark.BucketList](ctx, m, as, q)
}

// answeredBy is what the ledger answers, as a list.
func answeredBy[R any](ctx context.Context, m fakeModel, as ledger.Identity, q waymark.Validator) (list R, err error) {
	raw, err := m.ledger.Evaluate(ctx, ledger.Call{As: as, Request: q})
	if err != nil {
		return list, err
	}
	return list, json.Unmarshal(raw, &list)
}
