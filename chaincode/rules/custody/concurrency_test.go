package custody_test

import (
	"errors"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/memledger"
	"github.com/waymark-ledger/waymark/chaincode/rules/custody"
	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/rules/registry"
	"github.com/waymark-ledger/waymark/chaincode/rules/telemetry"
	"github.com/waymark-ledger/waymark/chaincode/scenario"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// endorse runs a rule that must succeed, without committing it.
func endorse[Q waymark.Validator, R any](s *story, by ledger.Caller, rule func(ledger.Ledger, Q) (R, error), request Q) *memledger.Transaction {
	s.T.Helper()
	_, tx, err := scenario.Endorse(s.Consortium, by, rule, request)
	if err != nil {
		s.T.Fatalf("%T: %v", request, err)
	}
	return tx
}

func (s *story) endorseRecord(messages ...string) *memledger.Transaction {
	s.T.Helper()
	return endorse(s, s.As("producer", waymark.Relay), telemetry.Record, waymark.RecordRequest{Messages: messages})
}

// TestWhatATimeBudgetRestsOn: an exposure or an excursion that changes before an acceptance
// or a release commits makes that void.
func TestWhatATimeBudgetRestsOn(t *testing.T) {
	accept := func(s *story) *memledger.Transaction {
		return endorse(s, s.operator("carrier"), custody.Accept, acceptRequest(1, "as found"))
	}
	release := func(s *story) *memledger.Transaction {
		r := releaseRequest(2)
		r.Rule = "warm"
		return endorse(s, s.As("producer", waymark.Quality), custody.ReleaseExcursion, r)
	}
	record := func(value int64) func(*story) *memledger.Transaction {
		return func(s *story) *memledger.Transaction { return s.endorseRecord(s.logger.Pack(value)) }
	}
	for name, test := range map[string]struct {
		first, second func(*story) *memledger.Transaction
	}{
		"more time before an acceptance": {record(500), accept},
		"a release before an acceptance": {release, accept},
		"two releases":                   {release, release},
	} {
		t.Run(name, func(t *testing.T) {
			s := storyOf(t, warmBudget(waymark.BudgetCumulative))
			for _, value := range []int64{500, 900, 500} {
				s.after(time.Minute, value)
			}
			s.offer("producer", "carrier")
			first, second := test.first(s), test.second(s)
			if err := first.Commit(); err != nil {
				t.Fatal(err)
			}
			if err := second.Commit(); !errors.Is(err, memledger.ErrInvalid) {
				t.Errorf("the second committed with %v", err)
			}
		})
	}
}

// TestWhatHappensBetweenEndorsementAndCommit: an act that was endorsed is
// invalid if what it relied on has changed since (P7).
func TestWhatHappensBetweenEndorsementAndCommit(t *testing.T) {
	accept := func(s *story) *memledger.Transaction {
		return endorse(s, s.operator("carrier"), custody.Accept, acceptRequest(1, "as found"))
	}
	attachSpare := func(s *story) *memledger.Transaction {
		return endorse(s, s.operator("producer"), custody.Attach, attachRequest("s1", "logger-2"))
	}
	record := func(value int64) func(*story) *memledger.Transaction {
		return func(s *story) *memledger.Transaction { return s.endorseRecord(s.logger.Pack(value)) }
	}
	offer := func(to string) func(*story) *memledger.Transaction {
		return func(s *story) *memledger.Transaction {
			return endorse(s, s.operator("producer"), custody.Offer, s.offerRequest(to))
		}
	}
	spare := func(s *story) *memledger.Transaction { return s.endorseRecord(s.spare.Pack(4000)) }
	cancel := func(s *story) *memledger.Transaction {
		return endorse(s, s.operator("producer"), custody.Cancel, endRequest(1))
	}
	suspend := func(s *story) *memledger.Transaction {
		return endorse(s, s.operator("producer"), registry.SuspendDevice, waymark.DeviceStateRequest{Device: "logger-1", Reason: "lost"})
	}
	tests := map[string]struct {
		offered       bool // a handoff to the carrier is open
		first, second func(*story) *memledger.Transaction
	}{
		"an excursion before an acceptance":            {true, record(4000), accept},
		"a good reading before an acceptance":          {true, record(500), accept},
		"a new witness before an acceptance":           {true, attachSpare, accept},
		"two acceptances":                              {true, accept, accept},
		"a cancellation before an acceptance":          {true, cancel, accept},
		"an acceptance before a cancellation":          {true, accept, cancel},
		"two offers":                                   {false, offer("carrier"), offer("retailer")},
		"a reading before its device is attached":      {false, spare, attachSpare},
		"an attachment before a reading of its device": {false, attachSpare, spare},
		"a suspension before a reading":                {false, suspend, record(500)},
		"two batches of one device":                    {false, record(500), record(500)},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := newStory(t)
			s.spare = s.Device("logger-2", "producer")
			if test.offered {
				s.measure(500)
				s.offer("producer", "carrier")
			}
			first, second := test.first(s), test.second(s)
			if err := first.Commit(); err != nil {
				t.Fatal(err)
			}
			if err := second.Commit(); !errors.Is(err, memledger.ErrInvalid) {
				t.Errorf("the second committed with %v", err)
			}
		})
	}
}

func TestAReadingAfterAnAcceptanceOnTheWayCounts(t *testing.T) {
	s := newStory(t)
	s.measure(500)
	number := s.offer("producer", "carrier")
	late := s.endorseRecord(s.logger.Pack(4000))
	s.accept("carrier", number, "")
	if err := late.Commit(); err != nil {
		t.Fatal(err)
	}
	s.expectCondition(waymark.ConditionNonConformant, "excursion")
}

func TestAReadingAfterTheLastAcceptanceIsJudgedAnew(t *testing.T) {
	s := newStory(t)
	s.measure(500)
	number := s.offer("producer", "retailer")
	late := s.endorseRecord(s.logger.Pack(4000))
	s.accept("retailer", number, "")
	if err := late.Commit(); !errors.Is(err, memledger.ErrInvalid) {
		t.Errorf("committed with %v: it would add an excursion to a shipment that has ended", err)
	}
	s.expectCondition(waymark.ConditionConformant)
}
