package custody_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/rules/custody"
	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/scenario"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

func releaseRequest(first uint64) waymark.ReleaseExcursionRequest {
	return waymark.ReleaseExcursionRequest{Shipment: "s1", Device: "logger-1", Rule: "c1", First: first, Disposition: "stable for a day at 25 degrees"}
}

func TestQualityReleasesAnExcursion(t *testing.T) {
	for _, member := range []string{"producer", "retailer"} {
		s := newStory(t)
		quality := s.As(member, waymark.Quality)
		s.measure(500)
		s.measure(900)
		number := s.offer("producer", "carrier")
		scenario.Refused(s.Consortium, quality, custody.ReleaseExcursion, releaseRequest(2), waymark.FailedPrecondition, "excursion-open")
		s.measure(500)
		first := scenario.Must(s.Consortium, quality, custody.ReleaseExcursion, releaseRequest(2))
		s.Now = s.Now.Add(time.Second)
		again, tx, err := scenario.Endorse(s.Consortium, quality, custody.ReleaseExcursion, releaseRequest(2))
		if err != nil || len(tx.Writes()) != 0 || !reflect.DeepEqual(first, again) {
			t.Errorf("again: %+v, %v, writes %v", again, err, tx.Writes())
		}
		s.expectCondition(waymark.ConditionReleased)
		if h := s.accept("carrier", number, ""); h.Condition != waymark.ConditionReleased {
			t.Errorf("accepted as %s %v", h.Condition, h.Reasons)
		}
		s.Now = s.Now.Add(time.Second)
		s.measure(900) // another one is not released with it
		s.expectCondition(waymark.ConditionNonConformant, "excursion")
		if what, _ := s.history(); what[4] != "excursion.released" && what[3] != "excursion.released" {
			t.Errorf("history %v", what)
		}
	}
}

func TestReleaseRefuses(t *testing.T) {
	s := newStory(t)
	s.measure(900, 500)
	quality := s.As("retailer", waymark.Quality)
	for name, test := range map[string]struct {
		by     ledger.Caller
		change func(*waymark.ReleaseExcursionRequest)
		code   waymark.Code
	}{
		"an operator":         {s.operator("retailer"), nil, waymark.Forbidden},
		"quality of others":   {s.As("carrier", waymark.Quality), nil, waymark.Forbidden},
		"the arbiter's":       {s.As("auditor", waymark.Quality), nil, waymark.Forbidden},
		"another device":      {quality, func(r *waymark.ReleaseExcursionRequest) { r.Device = "logger-9" }, waymark.NotFound},
		"another rule":        {quality, func(r *waymark.ReleaseExcursionRequest) { r.Rule = "c2" }, waymark.NotFound},
		"another message":     {quality, func(r *waymark.ReleaseExcursionRequest) { r.First = 2 }, waymark.NotFound},
		"an unknown shipment": {quality, func(r *waymark.ReleaseExcursionRequest) { r.Shipment = "s9" }, waymark.NotFound},
		"without a word":      {quality, func(r *waymark.ReleaseExcursionRequest) { r.Disposition = "" }, waymark.Invalid},
	} {
		t.Run(name, func(t *testing.T) {
			r := releaseRequest(1)
			if test.change != nil {
				test.change(&r)
			}
			scenario.Refused(s.Consortium, test.by, custody.ReleaseExcursion, r, test.code, "")
		})
	}
	scenario.Must(s.Consortium, quality, custody.ReleaseExcursion, releaseRequest(1))
	other := releaseRequest(1)
	other.Disposition = "on second thoughts"
	scenario.Refused(s.Consortium, quality, custody.ReleaseExcursion, other, waymark.AlreadyExists, "")
}

// TestWhatHasEndedIsNotReleased: what the acceptor found stays as it was found.
func TestWhatHasEndedIsNotReleased(t *testing.T) {
	s := newStory(t)
	s.measure(900, 500)
	s.accept("retailer", s.offer("producer", "retailer"), "too warm")
	for _, member := range []string{"producer", "retailer"} {
		scenario.Refused(s.Consortium, s.As(member, waymark.Quality), custody.ReleaseExcursion, releaseRequest(1), waymark.FailedPrecondition, waymark.ReasonShipment)
	}
}

// TestAReleasedBudget: one that is exceeded anew is broken anew.
func TestAReleasedBudget(t *testing.T) {
	s := storyOf(t, warmBudget(waymark.BudgetCumulative))
	s.after(time.Minute, 900)
	s.after(time.Hour, 500)
	s.expectCondition(waymark.ConditionNonConformant, "budget")
	r := releaseRequest(1)
	r.Rule = "warm"
	scenario.Must(s.Consortium, s.As("producer", waymark.Quality), custody.ReleaseExcursion, r)
	s.expectCondition(waymark.ConditionReleased)
	s.after(time.Minute, 900)
	s.expectCondition(waymark.ConditionNonConformant, "budget")
}

// TestRecordsOfTheVersionBefore: conditions without ids, and excursions without states.
func TestRecordsOfTheVersionBefore(t *testing.T) {
	s := newStory(t)
	shipment := string(s.World.Value(ledger.ShipmentKey("s1").String()))
	s.put(ledger.ShipmentKey("s1"), strings.Replace(shipment, `"id":"c1","kind":"range",`, "", 1))
	s.put(ledger.ExcursionKey("s1", "logger-1", 1, 0), `{"shipment":"s1","device":"logger-1","name":"temperature","unit":"Cel","from":"2026-03-01T08:00:00Z","to":"2026-03-01T08:00:00Z",`+
		`"readings":1,"min":"9","max":"9","recorded":{"tx_id":"1","time":"2026-03-01T08:00:00Z","member":"producer","role":"relay"}}`)
	s.measure(500)
	s.expectCondition(waymark.ConditionNonConformant, "excursion")
	if e := s.view().Excursions[0]; e.State != waymark.ExcursionClosed || s.view().Shipment.Conditions[0].ID != "c1" {
		t.Errorf("excursion %+v of %+v", e, s.view().Shipment.Conditions)
	}
	if _, err := scenario.Submit(s.Consortium, s.operator("producer"), custody.Create, createRequest("s1")); err != nil {
		t.Errorf("created again: %v", err)
	}
	scenario.Must(s.Consortium, s.As("producer", waymark.Quality), custody.ReleaseExcursion, releaseRequest(1))
	s.expectCondition(waymark.ConditionReleased)
}

// put writes a record as an earlier version did.
func (s *story) put(key ledger.Key, value string) {
	s.T.Helper()
	if _, err := s.World.Submit(s.Tx(s.operator("producer")), func(l ledger.Ledger) error { return l.Put(key, []byte(value)) }); err != nil {
		s.T.Fatal(err)
	}
}

func TestAReleaseOnABrokenLedgerDecidesNothing(t *testing.T) {
	s := newStory(t)
	s.measure(900, 500)
	scenario.Sweep(s.Consortium, s.As("retailer", waymark.Quality), custody.ReleaseExcursion, releaseRequest(1))
}
