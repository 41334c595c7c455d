package main

import (
	"testing"

	"github.com/waymark-ledger/waymark/gateway/internal/config"
	"github.com/waymark-ledger/waymark/gateway/internal/throttle"
)

func TestRatesFollowTheConfiguration(t *testing.T) {
	c := config.Default()
	limits := throttle.New(ratesOf(c.Limits.Rates))
	follow := followRates(limits, c.Limits.Rates)
	limits.Take(throttle.Read, "erp")
	apply, err := follow(t.Context(), c)
	if err != nil || apply != nil {
		t.Fatalf("nothing has changed, and yet something is to be put in force: %v", err)
	}
	c.Limits.Rates.Read = config.Rate{PerSecond: 1, Burst: 2}
	if apply, err = follow(t.Context(), c); err != nil || apply == nil {
		t.Fatalf("a change is not noticed: %v", err)
	}
	if got := limits.Take(throttle.Read, "erp"); got.Burst != 2000 || got.Remaining >= 1999 {
		t.Errorf("before: %+v", got)
	}
	apply()
	if got := limits.Take(throttle.Read, "erp"); got.Burst != 2 || got.Remaining != 1 {
		t.Errorf("after: %+v", got)
	}
	if apply, err = follow(t.Context(), c); err != nil || apply != nil {
		t.Errorf("the same again: %v", err)
	}
}
