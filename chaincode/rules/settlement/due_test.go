package settlement

import (
	"encoding/json"
	"os"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// TestDue runs the vectors.
func TestDue(t *testing.T) {
	content, err := os.ReadFile("../../../test/vectors/settlement.json")
	if err != nil {
		t.Fatal(err)
	}
	var vectors []struct {
		Name       string
		Terms      json.RawMessage
		Verdict    *waymark.Verdict
		Conditions []waymark.Condition
		Excursions []waymark.Excursion
		Exceptions []waymark.ExceptionReason
		Delivered  time.Time
		Delayed    bool
		Payer      string
		Escrow     int64
		Due        int64
	}
	if err := json.Unmarshal(content, &vectors); err != nil {
		t.Fatal(err)
	}
	for _, v := range vectors {
		terms, _, err := waymark.ParseTerms(v.Terms)
		if err != nil {
			t.Errorf("%s: %v", v.Name, err)
			continue
		}
		f := facts{verdict: v.Verdict, conditions: waymark.Resolve(v.Conditions), excursions: v.Excursions, exceptions: v.Exceptions, delivered: v.Delivered, delayed: v.Delayed, payer: v.Payer}
		if got := due(terms, f, v.Escrow); got != v.Due {
			t.Errorf("%s: due %d, want %d", v.Name, got, v.Due)
		}
	}
	if len(vectors) < 30 {
		t.Errorf("there are only %d vectors", len(vectors))
	}
}

// TestDueIsBounded: whatever the terms and the facts, what is due is between nothing and the
// escrow, and no worse finding makes more due.
func TestDueIsBounded(t *testing.T) {
	amounts := rapid.Int64Range(1, waymark.MaxAmount)
	rapid.Check(t, func(t *rapid.T) {
		units := rapid.Int64Range(1, waymark.MaxUnits).Draw(t, "units")
		terms := waymark.Terms{Units: units, Price: rapid.Int64Range(1, waymark.MaxAmount/units).Draw(t, "price"),
			Conditions: []waymark.ConditionPenalty{{Condition: "temperature", Side: waymark.Above, PerUnitDegree: amounts.Draw(t, "penalty")}},
			Exceptions: []waymark.ExceptionPenalty{{Reason: waymark.ExceptionMissing, Each: amounts.Draw(t, "each")}},
			Late:       &waymark.LatePenalty{Due: time.Unix(0, 0), PerHour: amounts.Draw(t, "per hour")}}
		f := facts{conditions: waymark.Resolve([]waymark.Condition{{ID: "temperature", Name: "temperature", Unit: "Cel", Maximum: "8"}}),
			delivered: time.UnixMilli(rapid.Int64Range(-1000, 10_000_000_000).Draw(t, "delivered"))}
		warmest := rapid.Int64Range(800, 1<<40).Draw(t, "warmest")
		f.excursions = []waymark.Excursion{{Name: "temperature", Unit: "Cel", Min: "9", Max: waymark.FormatScaled(warmest, 2)}}
		escrow := amounts.Draw(t, "escrow")
		got := due(terms, f, escrow)
		if got < 0 || got > escrow || got > terms.Units*terms.Price {
			t.Fatalf("due %d of an escrow of %d and a price of %d", got, escrow, terms.Units*terms.Price)
		}
		worse := f
		worse.excursions = append(worse.excursions, waymark.Excursion{Name: "temperature", Unit: "Cel", Min: "9", Max: waymark.FormatScaled(warmest+1, 2)})
		worse.exceptions = []waymark.ExceptionReason{waymark.ExceptionMissing}
		if more := due(terms, worse, escrow); more > got {
			t.Fatalf("due %d, and %d after a worse finding", got, more)
		}
	})
}
