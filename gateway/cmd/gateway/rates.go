package main

import (
	"context"

	"github.com/waymark-ledger/waymark/gateway/internal/config"
	"github.com/waymark-ledger/waymark/gateway/internal/reload"
	"github.com/waymark-ledger/waymark/gateway/internal/throttle"
)

// followRates lets t follow the configured rates. All buckets are full again when they change.
func followRates(t *throttle.Throttle, running config.Rates) reload.Part {
	return func(_ context.Context, next config.Config) (func(), error) {
		rates := next.Limits.Rates
		if rates == running {
			return nil, nil
		}
		return func() {
			running = rates
			t.Set(ratesOf(rates))
		}, nil
	}
}

func ratesOf(r config.Rates) throttle.Rates {
	return throttle.Rates{
		throttle.Read: throttle.Rate(r.Read), throttle.Write: throttle.Rate(r.Write),
		throttle.Messages: throttle.Rate(r.Messages), throttle.Anonymous: throttle.Rate(r.Anonymous), throttle.Open: throttle.Rate(r.Anonymous),
	}
}
