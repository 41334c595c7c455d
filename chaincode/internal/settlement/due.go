package settlement

import (
	"math/big"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// facts is what the ledger found about a shipment.
type facts struct {
	conditions []waymark.Condition
	excursions []waymark.Excursion
	exceptions []waymark.ExceptionReason // of each thing that was not as it should be
	accepted   time.Time                 // the last acceptance
}

// due returns what is due to the payee by the terms: the price of all units less penalties,
// never below nothing nor above the escrow. It is a pure function of integers that cannot
// overflow.
func due(t waymark.Terms, f facts, escrow int64) int64 {
	late, forfeited := lateness(t.Late, f.accepted)
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

// lateness returns what it costs that the goods were accepted when they were: so much for
// each hour begun, or all.
func lateness(p *waymark.LatePenalty, accepted time.Time) (cost *big.Int, forfeited bool) {
	if p == nil || !accepted.After(p.Due) {
		return new(big.Int), false
	}
	begun := (accepted.UnixMilli() - p.Due.UnixMilli() + time.Hour.Milliseconds() - 1) / time.Hour.Milliseconds()
	return product(begun, p.PerHour), p.Forfeits
}

// conditionPenalty returns what the excursions of a class cost. The greatest deviation
// counts, to the last digit that the ledger keeps of the unit, and the whole is rounded half
// up once.
func conditionPenalty(units int64, p waymark.ConditionPenalty, f facts) *big.Int {
	greatest, scale := deviation(p, f)
	if greatest.Sign() == 0 {
		return greatest
	}
	if p.Fixed > 0 {
		return big.NewInt(p.Fixed)
	}
	cost := product(units, p.PerUnitDegree)
	cost.Mul(cost, greatest)
	whole := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(scale)), nil)
	cost.Lsh(cost, 1).Add(cost, whole)
	return cost.Quo(cost, whole.Lsh(whole, 1))
}

// deviation returns how far beyond the side of a condition the readings of its excursions
// were at most, as an integer count of 10^-scale; zero if none was beyond.
func deviation(p waymark.ConditionPenalty, f facts) (greatest *big.Int, scale int) {
	greatest = new(big.Int)
	for _, c := range f.conditions {
		if !is(c, p.Condition) {
			continue
		}
		low, high, err := c.Bounds()
		if err != nil { // a shipment's conditions were checked when it was created
			return greatest, 0
		}
		scale = waymark.ScaleOf(c.Unit)
		for _, e := range f.excursions {
			if !costs(e, c) {
				continue
			}
			if d := beyond(e, p.Side, low, high, scale); d.Cmp(greatest) > 0 {
				greatest = d
			}
		}
	}
	return greatest, scale
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

// is reports whether terms mean a condition.
func is(c waymark.Condition, name string) bool { return c.Name == name }

// costs reports whether an excursion is one of a condition.
func costs(e waymark.Excursion, c waymark.Condition) bool {
	return e.Name == c.Name && e.Unit == c.Unit
}

func product(a, b int64) *big.Int    { return new(big.Int).Mul(big.NewInt(a), big.NewInt(b)) }
func difference(a, b int64) *big.Int { return new(big.Int).Sub(big.NewInt(a), big.NewInt(b)) }
