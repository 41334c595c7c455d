package throttle

import (
	"time"

	"golang.org/x/time/rate"
)

// buckets are at most maxBuckets, and one more for each class.
type buckets struct {
	all   map[key]*rate.Limiter
	swept time.Time
}

type key struct {
	class  Class
	caller string // empty for those who share
}

func newBuckets() buckets { return buckets{all: make(map[key]*rate.Limiter)} }

// of returns the bucket of k, or the shared one if there is no place for another.
func (b *buckets) of(k key, limit Rate, now time.Time) *rate.Limiter {
	if found, ok := b.all[k]; ok {
		return found
	}
	if len(b.all) >= maxBuckets && now.Sub(b.swept) >= sweepEvery {
		b.sweep(now)
	}
	if len(b.all) >= maxBuckets {
		k.caller = ""
		if found, ok := b.all[k]; ok {
			return found
		}
	}
	made := rate.NewLimiter(rate.Limit(limit.PerSecond), limit.Burst)
	b.all[k] = made
	return made
}

// sweep drops the buckets that are full: a new one would be the same.
func (b *buckets) sweep(now time.Time) {
	b.swept = now
	for k, bucket := range b.all {
		if bucket.TokensAt(now) >= float64(bucket.Burst()) {
			delete(b.all, k)
		}
	}
}
