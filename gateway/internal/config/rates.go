package config

import "errors"

// Rates bound how often one caller may ask, by class of request. Past them it is answered 429
// with Retry-After.
type Rates struct {
	// Read is for what changes nothing, apart from what peers endorse. Default 1000 a second, 2000 at once.
	Read Rate `koanf:"read" default:"{per_second: 1000, burst: 2000}"`
	// Write is for writes apart from batches of messages, and for what takes peers' endorsements
	// as well: proposals to endorse, and receipts. Default 500 a second, 1000 at once.
	Write Rate `koanf:"write" default:"{per_second: 500, burst: 1000}"`
	// Messages is for batches of signed messages. Default 500 a second, 1000 at once.
	Messages Rate `koanf:"messages" default:"{per_second: 500, burst: 1000}"`
	// Anonymous is for requests without a good credential, and those to paths and methods that
	// there are not, by address (IPv6: by /64). Health, metrics and documents, which need none, count apart by the same rate, and not at all on
	// listen_operations: behind a balancer that hides addresses, let its probes ask there.
	// Default 100 a second, 500 at once.
	Anonymous Rate `koanf:"anonymous" default:"{per_second: 100, burst: 500}"`
}

// Rate is a token bucket.
type Rate struct {
	// PerSecond is how many requests a second there may be in the long run; 1 to 100000.
	PerSecond int `koanf:"per_second"`
	// Burst is how many there may be at once after a pause; 1 to 1000000.
	Burst int `koanf:"burst"`
}

func defaultRates() Rates {
	return Rates{
		Read: Rate{PerSecond: 1000, Burst: 2000}, Write: Rate{PerSecond: 500, Burst: 1000},
		Messages: Rate{PerSecond: 500, Burst: 1000}, Anonymous: Rate{PerSecond: 100, Burst: 500},
	}
}

func (r Rates) validate(key string) error {
	return errors.Join(
		r.Read.validate(key+".read"), r.Write.validate(key+".write"), r.Messages.validate(key+".messages"), r.Anonymous.validate(key+".anonymous"),
	)
}

func (r Rate) validate(key string) error {
	return errors.Join(between(key+".per_second", r.PerSecond, 1, 100_000), between(key+".burst", r.Burst, 1, 1_000_000))
}
