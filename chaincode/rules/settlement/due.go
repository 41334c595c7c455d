package settlement

import (
	"math/big"
	"slices"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// facts is what the ledger found about a shipment.
type facts struct {
	// verdict is what the last acceptance found; nil if an earlier version saw it.
	verdict    *waymark.Verdict
	conditions []waymark.Condition
	excursions []waymark.Excursion
	exceptions []waymark.ExceptionReason // of each thing that was not as it should be
	delivered  time.Time                 // when what the consignee accepted was offered to it
	delayed    bool                      // the payer has held the goods, at any time
	payer      string                    // whose quality alone can release what it is compensated for
}

// due returns what is due to the payee by the terms: the price of all units less penalties,
// never below nothing nor above the escrow. It is a pure function of integers that cannot
// overflow.
func due(t waymark.Terms, f facts, escrow int64) int64 {
	late, forfeited := lateness(t.Late, f)
	if forfeited {
		return 0
	}
	sum := product(t.Units, t.Price)
	sum.Sub(sum, late)
	for _, p := range t.Conditions {
		sum.Sub(sum, conditionPenalty(t.Units, p, f))
	}
	for _, p := range t.Exceptions {
		for _, reason := range f.exceptions {
			if reason == p.Reason {
				sum.Sub(sum, big.NewInt(p.Each))
			}
		}
	}
	switch {
	case sum.Sign() < 0:
		return 0
	case sum.Cmp(big.NewInt(escrow)) > 0:
		return escrow
	}
	return sum.Int64()
}

// lateness returns what it costs that the goods were delivered when they were: so much for
// each hour begun, or all. It costs nothing if the payer ever held them: it could make them late, and
// nobody can tell by how much it did.
func lateness(p *waymark.LatePenalty, f facts) (cost *big.Int, forfeited bool) {
	if p == nil || f.delayed || !f.delivered.After(p.Due) {
		return new(big.Int), false
	}
	begun := (f.delivered.UnixMilli() - p.Due.UnixMilli() + time.Hour.Milliseconds() - 1) / time.Hour.Milliseconds()
	return product(begun, p.PerHour), p.Forfeits
}

// conditionPenalty returns what it costs that a condition was broken, on a side of it if it is
// a range. Of excursions the greatest deviation counts, to the last digit that the ledger
// keeps of the unit, and the whole is rounded half up once.
func conditionPenalty(units int64, p waymark.ConditionPenalty, f facts) *big.Int {
	at := slices.IndexFunc(f.conditions, func(c waymark.Condition) bool { return c.ID == p.Condition })
	if at < 0 || !f.broken(f.conditions[at]) {
		return new(big.Int)
	}
	c := f.conditions[at]
	if c.Kind != waymark.ConditionRange {
		return big.NewInt(p.Fixed)
	}
	greatest := f.deviation(c, p.Side)
	switch {
	case greatest.Sign() == 0:
		return greatest
	case p.Fixed > 0:
		return big.NewInt(p.Fixed)
	}
	cost := product(units, p.PerUnitDegree)
	cost.Mul(cost, greatest)
	whole := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(waymark.ScaleOf(c.Unit))), nil)
	cost.Lsh(cost, 1).Add(cost, whole)
	return cost.Quo(cost, whole.Lsh(whole, 1))
}

// broken reports whether the last acceptance found a condition broken. Of before there were
// verdicts, each excursion broke its condition. Where all excursions are released the verdict says
// so whoever released them, or that it is unknown if the condition was not covered later: here
// they count unless all were released for the payer.
func (f facts) broken(c waymark.Condition) bool {
	if f.verdict == nil {
		return c.Kind == waymark.ConditionRange
	}
	return slices.ContainsFunc(f.verdict.Rules, func(r waymark.RuleFinding) bool {
		breaks := r.State == waymark.ConditionReleased || r.Breaks(c)
		return r.Rule == c.ID && (r.State == waymark.ConditionNonConformant || breaks && f.counting(c))
	})
}

// counting reports whether any excursion of a condition counts.
func (f facts) counting(c waymark.Condition) bool {
	return slices.ContainsFunc(f.excursions, func(e waymark.Excursion) bool { return of(e, c) && !f.forgiven(e) })
}

// forgiven reports whether the payer's member released an excursion. Anybody else that may,
// as the payee while it has title, cannot give away what the payer is compensated for.
func (f facts) forgiven(e waymark.Excursion) bool {
	return e.Released != nil && e.Released.By.Member == f.payer
}

// deviation returns how far beyond a side of a range the readings of its excursions were at
// most, as an integer in the scale of its unit; zero if none was beyond. What the payer
// forgave does not count.
func (f facts) deviation(c waymark.Condition, side waymark.Side) *big.Int {
	greatest := new(big.Int)
	low, high, err := c.Bounds()
	if err != nil { // a shipment's conditions were checked when it was created
		return greatest
	}
	for _, e := range f.excursions {
		if !of(e, c) || f.forgiven(e) {
			continue
		}
		if d := beyond(e, side, low, high, waymark.ScaleOf(c.Unit)); d.Cmp(greatest) > 0 {
			greatest = d
		}
	}
	return greatest
}

// of reports whether an excursion is one of a condition. Before rules had ids it had its
// name and unit.
func of(e waymark.Excursion, c waymark.Condition) bool {
	return e.Rule == c.ID || e.Rule == "" && e.Name == c.Name && e.Unit == c.Unit
}

// beyond is how far an excursion's readings were beyond a bound, below zero if they were not.
func beyond(e waymark.Excursion, side waymark.Side, low, high *int64, scale int) *big.Int {
	switch {
	case side == waymark.Below && low != nil:
		if lowest, err := e.Min.Scaled(scale); err == nil {
			return difference(*low, lowest)
		}
	case side == waymark.Above && high != nil:
		if highest, err := e.Max.Scaled(scale); err == nil {
			return difference(highest, *high)
		}
	}
	return new(big.Int)
}

func product(a, b int64) *big.Int    { return new(big.Int).Mul(big.NewInt(a), big.NewInt(b)) }
func difference(a, b int64) *big.Int { return new(big.Int).Sub(big.NewInt(a), big.NewInt(b)) }
