package throttle

import (
	"sync"
	"time"
)

// Class is a kind of requests that is counted apart.
type Class string

// The classes.
const (
	Read      Class = "read"
	Write     Class = "write"
	Messages  Class = "messages"  // batches of signed messages
	Anonymous Class = "anonymous" // without a good credential where one is needed; the caller is an address
	Open      Class = "open"      // to what needs no credential, as probes ask; the caller is an address
)

// Rate is what one caller may do in a class.
type Rate struct {
	PerSecond int // requests a second in the long run; at least 1
	Burst     int // requests at once; at least 1
}

// window is how long an empty bucket takes to fill up.
func (r Rate) window() time.Duration { return r.after(float64(r.Burst)) }

// after is how long n tokens take to come.
func (r Rate) after(n float64) time.Duration {
	return time.Duration(n / float64(r.PerSecond) * float64(time.Second))
}

// Rates has a rate for every class.
type Rates map[Class]Rate

// byAddress reports whether anybody can have buckets of the class, as many as addresses.
func (c Class) byAddress() bool { return c == Anonymous || c == Open }

// maxBuckets bounds the buckets that are kept, about 200 bytes each: of callers, and of addresses
// apart, so that strangers take no caller's place. Those for whom there is none share one for
// each class.
const maxBuckets = 20_000

// sweepEvery is how often full buckets are looked for at most.
const sweepEvery = time.Second

// Throttle has the buckets. It is safe for concurrent use.
type Throttle struct {
	now func() time.Time

	mu        sync.Mutex
	rates     Rates
	callers   buckets
	addresses buckets
}

// New returns a throttle with full buckets. Each class needs its rate.
func New(rates Rates) *Throttle {
	t := &Throttle{now: time.Now}
	t.Set(rates)
	return t
}

// Set puts other rates in force. All buckets are full then.
func (t *Throttle) Set(rates Rates) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.rates, t.callers, t.addresses = rates, newBuckets(), newBuckets()
}

// Grant is what became of a request for a token.
type Grant struct {
	Class     Class
	Allowed   bool
	Burst     int           // how many tokens a full bucket has
	Window    time.Duration // how long an empty one takes to fill up
	Remaining int           // whole tokens that are left
	Reset     time.Duration // until the bucket is full
	Wait      time.Duration // until there is a token again, if there was none
}

// Take takes a token of a caller, which must not be empty.
func (t *Throttle) Take(class Class, caller string) Grant {
	t.mu.Lock()
	defer t.mu.Unlock()
	now, limit := t.now(), t.rates[class]
	all := &t.callers
	if class.byAddress() {
		all = &t.addresses
	}
	bucket := all.of(key{class, caller}, limit, now)
	g := Grant{Class: class, Allowed: bucket.AllowN(now, 1), Burst: limit.Burst, Window: limit.window()}
	left := bucket.TokensAt(now)
	g.Remaining, g.Reset = max(0, int(left)), limit.after(float64(limit.Burst)-left)
	if !g.Allowed {
		g.Wait = limit.after(1 - left)
	}
	return g
}
