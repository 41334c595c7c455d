package settlement_test

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
	"github.com/waymark-ledger/waymark/gateway/internal/settlement"
)

// consortium is a ledger as far as a settler sees it: it stores the terms that come, and
// settles once by those.
type consortium struct {
	held  []byte // the terms, in their canonical form
	state waymark.SettlementState
	calls []ledger.Call
	fails waymark.Transaction
}

var errFails = waymark.Errorf(waymark.Unavailable, "away")

func (c *consortium) Submit(_ context.Context, call ledger.Call) (ledger.Committed, error) {
	c.calls = append(c.calls, call)
	if call.Transaction == c.fails {
		return ledger.Committed{}, errFails
	}
	result := any(struct{}{})
	switch terms := call.Transient[waymark.TransientTerms]; call.Transaction {
	case waymark.SettlementPropose:
		result = waymark.StoredTerms{Changed: string(terms) != string(c.held)}
		c.held = terms
	case waymark.SettlementPurge:
		result = waymark.StoredTerms{Changed: c.held != nil}
		c.held = nil
	case waymark.SettlementSettle:
		if string(terms) != string(c.held) {
			return ledger.Committed{}, waymark.Errorf(waymark.FailedPrecondition, "other terms")
		}
		result = waymark.SettleResult{Changed: c.state != waymark.SettlementDecided}
		c.state = waymark.SettlementDecided
	}
	encoded, err := json.Marshal(result)
	if call.Moot != nil && call.Moot(encoded) {
		return ledger.Committed{Result: encoded}, err
	}
	return ledger.Committed{Result: encoded, Commit: ledger.Commit{TxID: "t1"}}, err
}

func (c *consortium) Evaluate(_ context.Context, call ledger.Call) (json.RawMessage, error) {
	if call.Transaction == c.fails {
		return nil, errFails
	}
	if call.Transaction == waymark.SettlementTerms {
		if c.held == nil {
			return nil, waymark.Errorf(waymark.NotFound, "no terms")
		}
		return json.RawMessage(fmt.Sprintf(`{"sha256":"x","terms":%s}`, c.held)), nil
	}
	v := waymark.SettlementView{Shipment: "s1", Payer: "retailer", Payee: "producer"}
	if c.state != "" {
		v.Settlement = &waymark.Settlement{State: c.state}
	}
	return json.Marshal(v)
}

func terms() waymark.Terms {
	return waymark.Terms{Shipment: "s1", Issuer: "carrier", Currency: "EUR", Units: 10, Price: 4242,
		Late: &waymark.LatePenalty{Due: time.Date(2026, 3, 1, 9, 0, 0, 0, time.FixedZone("", 3600)), Forfeits: true}}
}

func propose(t *testing.T, c *consortium, terms waymark.Terms) ledger.Committed {
	t.Helper()
	done, err := settlement.NewSettler(c, "producer").Propose(t.Context(), nil, "operator", terms)
	if err != nil {
		t.Fatal(err)
	}
	return done
}

func TestProposeSaltsOnce(t *testing.T) {
	c := &consortium{}
	if done := propose(t, c, terms()); done.Commit.TxID == "" {
		t.Errorf("proposed %+v", done)
	}
	first := c.held
	if done := propose(t, c, terms()); done.Commit.TxID != "" || !slices.Equal(c.held, first) {
		t.Errorf("the same terms again are other ones: %s, %s", first, c.held)
	}
	other := terms()
	other.Price++
	propose(t, c, other)
	held, _, err := waymark.ParseTerms(c.held)
	before, _, _ := waymark.ParseTerms(first)
	if err != nil || held.Price != other.Price || held.Salt == before.Salt || len(held.Salt) != waymark.SaltDigits {
		t.Errorf("held %+v (%v), before %+v", held, err, before)
	}
	own := terms()
	own.Salt = strings.Repeat("5a", 32)
	propose(t, c, own)
	if !strings.Contains(string(c.held), own.Salt) {
		t.Errorf("the caller's salt is not in %s", c.held)
	}
	for _, call := range c.calls {
		if !reflect.DeepEqual(call.At, []string{"producer", "retailer"}) || strings.Contains(fmt.Sprintf("%+v", call.Request), "4242") {
			t.Errorf("terms went at %v with request %+v", call.At, call.Request)
		}
	}
}

func TestProposeChecksFirst(t *testing.T) {
	c := &consortium{}
	wrong := terms()
	wrong.Units = 0
	if _, err := settlement.NewSettler(c, "producer").Propose(t.Context(), nil, "operator", wrong); waymark.CodeOf(err) != waymark.Invalid || len(c.calls) > 0 {
		t.Errorf("%v, after %d calls", err, len(c.calls))
	}
}

func TestSettlePaysWhatIsSettled(t *testing.T) {
	c := &consortium{}
	propose(t, c, terms())
	c.state, c.calls = waymark.SettlementOpen, nil
	s := settlement.NewSettler(c, "retailer")
	for _, want := range [][]waymark.Transaction{{waymark.SettlementSettle, waymark.SettlementPay}, {waymark.SettlementPay}} {
		c.calls = nil
		if _, err := s.Settle(t.Context(), nil, "operator", waymark.SettleRequest{Shipment: "s1"}); err != nil {
			t.Fatal(err)
		}
		var got []waymark.Transaction
		for _, call := range c.calls {
			got = append(got, call.Transaction)
			if (call.Transient != nil) != (len(call.At) > 0) {
				t.Errorf("%s at %v has transient data: %t", call.Transaction, call.At, call.Transient != nil)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("submitted %v, want %v", got, want)
		}
	}
	c.state, c.calls = "", nil // no escrow: paying says so
	if _, err := s.Settle(t.Context(), nil, "operator", waymark.SettleRequest{Shipment: "s1"}); err != nil || len(c.calls) != 1 {
		t.Errorf("without an escrow: %v, %d calls", err, len(c.calls))
	}
}

func TestPurgeIsAtTheOwnMember(t *testing.T) {
	c := &consortium{}
	propose(t, c, terms())
	c.calls = nil
	for _, txID := range []string{"t1", ""} {
		done, err := settlement.NewSettler(c, "retailer").Purge(t.Context(), nil, "operator", waymark.PurgeTermsRequest{Shipment: "s1"})
		if err != nil || done.Commit.TxID != txID {
			t.Errorf("purged %+v (%v)", done, err)
		}
	}
	if at := c.calls[0].At; !slices.Equal(at, []string{"retailer"}) {
		t.Errorf("purged at %v", at)
	}
}

func TestFailuresAreTold(t *testing.T) {
	for _, tx := range []waymark.Transaction{waymark.SettlementGet, waymark.SettlementTerms, waymark.SettlementSettle, waymark.SettlementPay} {
		c := &consortium{}
		propose(t, c, terms())
		c.state, c.fails = waymark.SettlementOpen, tx
		if _, err := settlement.NewSettler(c, "producer").Settle(t.Context(), nil, "operator", waymark.SettleRequest{Shipment: "s1"}); waymark.CodeOf(err) != waymark.Unavailable {
			t.Errorf("%s fails: %v", tx, err)
		}
	}
	for _, tx := range []waymark.Transaction{waymark.SettlementGet, waymark.SettlementTerms, waymark.SettlementPropose} {
		c := &consortium{fails: tx}
		if _, err := settlement.NewSettler(c, "producer").Propose(t.Context(), nil, "operator", terms()); waymark.CodeOf(err) != waymark.Unavailable {
			t.Errorf("%s fails: %v", tx, err)
		}
	}
}
