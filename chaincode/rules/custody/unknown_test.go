package custody_test

import (
	"slices"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/rules/custody"
	"github.com/waymark-ledger/waymark/chaincode/scenario"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// TestManyExcursionsHideNone: more small ones than a verdict reads, and then a breach of another rule.
func TestManyExcursionsHideNone(t *testing.T) {
	warm := warmBudget(waymark.BudgetCumulative)
	warm.Budget.Seconds = 100 * 3600
	s := storyOf(t, warm, waymark.Condition{ID: "hot", Name: "temperature", Unit: "Cel", Maximum: "30"})
	for range custody.MaxExcursions + 1 {
		s.after(30*time.Second, 900)
		s.after(30*time.Second, 500)
	}
	s.after(time.Minute, 9000)
	s.after(time.Minute, 500)
	s.expectCondition(waymark.ConditionNonConformant, "excursion")
	if f := s.rule("hot"); f.Excursions != 1 {
		t.Errorf("found %+v", f)
	}
	s.after(time.Minute, 900) // goes on
	if f := s.rule("warm"); f.State != waymark.ConditionExcursionOpen {
		t.Errorf("found %+v", f)
	}
	s.expectCondition(waymark.ConditionNonConformant, "excursion", "excursion-open") // whatever comes later
}

// TestALateWitnessKnowsNothingOfBefore, on the first leg either.
func TestALateWitnessKnowsNothingOfBefore(t *testing.T) {
	s := storyOf(t, warmBudget(waymark.BudgetCumulative))
	s.after(time.Minute, 500)
	s.after(10*24*time.Hour, 500)
	s.expectCondition(waymark.ConditionUnknown, "unknown-time")
	late := s.Device("logger-2", "producer")
	s.attach("logger-2")
	s.Now = s.Now.Add(time.Second)
	s.Record(late.Pack(500))
	s.expectCondition(waymark.ConditionUnknown, "unknown-time")
}

// TestTheTimeOfADraftIsNotOfTheJourney: it begins when the draft becomes ready.
func TestTheTimeOfADraftIsNotOfTheJourney(t *testing.T) {
	c := newConsortium(t)
	s := &story{Consortium: c, logger: c.Device("logger-1", "producer")}
	r := createRequest("s1")
	r.Draft, r.Conditions = true, []waymark.Condition{warmBudget(waymark.BudgetCumulative)}
	scenario.Must(c, s.operator("producer"), custody.Create, r)
	s.Now = s.Now.Add(10 * 24 * time.Hour)
	scenario.Must(c, s.operator("producer"), custody.Ready, waymark.ReadyShipmentRequest{Shipment: "s1"})
	s.attach("logger-1")
	s.after(time.Minute, 500)
	s.expectCondition(waymark.ConditionConformant)
}

// TestAnUnknownLegStaysUnknown for a budget of the journey, whatever the loggers of later legs know.
func TestAnUnknownLegStaysUnknown(t *testing.T) {
	s := storyOf(t, warmBudget(waymark.BudgetCumulative))
	s.after(10*24*time.Hour, 500)
	s.accept("carrier", s.offer("producer", "carrier"), "nobody knows")
	late := s.Device("logger-2", "carrier")
	scenario.Must(s.Consortium, s.operator("carrier"), custody.Attach, attachRequest("s1", "logger-2"))
	s.Now = s.Now.Add(time.Minute)
	s.Record(s.logger.Pack(500), late.Pack(500))
	s.expectCondition(waymark.ConditionUnknown, "unknown-time")

	s = storyOf(t, warmBudget(waymark.BudgetCumulative)) // a message that comes after all makes it known
	s.after(time.Minute, 500)
	held := s.logger.Pack(500)
	s.after(50*time.Minute, 500)
	s.accept("carrier", s.offer("producer", "carrier"), "a gap")
	s.Record(held)
	s.after(time.Minute, 500)
	s.expectCondition(waymark.ConditionConformant)
}

// TestAReleaseExcusesWhatIsKnown, and not what nobody knows: a leg that was broken and unknown stays unknown.
func TestAReleaseExcusesWhatIsKnown(t *testing.T) {
	s := storyOf(t, warmBudget(waymark.BudgetCumulative))
	s.after(time.Minute, 900)
	s.after(time.Hour, 500)
	s.after(10*24*time.Hour, 500)
	s.expectCondition(waymark.ConditionNonConformant, "budget", "unknown-time")
	s.accept("carrier", s.offer("producer", "carrier"), "warm, and who knows how long")
	known := s.Device("logger-c", "carrier")
	scenario.Must(s.Consortium, s.operator("carrier"), custody.Attach, attachRequest("s1", "logger-c"))
	s.after(time.Minute, 500)
	s.Record(known.Pack(500))
	s.expectCondition(waymark.ConditionNonConformant, "budget", "unknown-time")
	scenario.Must(s.Consortium, s.As("producer", waymark.Quality), custody.ReleaseExcursion,
		waymark.ReleaseExcursionRequest{Shipment: "s1", Device: "logger-1", Rule: "warm", First: 1, Disposition: "stable"})
	s.expectCondition(waymark.ConditionUnknown, "unknown-time")
}

// TestReadingsAtTheEndsOfTheScale are judged, and so is how far they are apart.
func TestReadingsAtTheEndsOfTheScale(t *testing.T) {
	rule := waymark.Condition{ID: "warm", Name: "temperature", Unit: "Cel", Maximum: "8", Agreement: "1"}
	s := storyOf(t, rule)
	other := s.Device("logger-2", "producer")
	s.attach("logger-2")
	for range 2 {
		s.Now = s.Now.Add(time.Minute)
		s.Record(s.logger.Pack(9e18), other.Pack(-9e18))
	}
	if v := s.view().Verdict; len(v.Disagreements) != 1 || v.Disagreements[0].Apart != "92233720368547758.07" || !slices.Contains(v.Reasons, "excursion") {
		t.Errorf("verdict %+v", v)
	}
}
