package rest

import (
	"fmt"
	"math"
	"math/rand/v2"
	"net/http"
	"net/netip"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/internal/throttle"
)

// The headers by which callers know their limits (draft-ietf-httpapi-ratelimit-headers-10).
const (
	HeaderRateLimit       = "RateLimit"
	HeaderRateLimitPolicy = "RateLimit-Policy"
	HeaderRetryAfter      = "Retry-After"
)

// limited is a refusal after which there is a place again in a known time.
type limited struct {
	after time.Duration
	err   *waymark.Error
}

func (e *limited) Error() string { return e.err.Error() }

func (e *limited) Unwrap() error { return e.err }

// class is that in which requests to r are counted.
func (r route) class() throttle.Class {
	switch {
	case r.open:
		return throttle.Open
	case r.write && r.tag == tagMessages:
		return throttle.Messages
	case r.changes() || r.endorse || r.attests:
		return throttle.Write
	}
	return throttle.Read
}

// rate lets a request to r pass if its caller may make one more. Those to open routes count
// by address.
func (s *service) rate(r route) gin.HandlerFunc {
	class := r.class()
	return func(c *gin.Context) {
		who := exchangeOf(c).caller.ID
		if r.open {
			who = addressOf(c.Request)
		}
		if err := s.take(c, class, who); err != nil {
			fail(c, err)
		}
	}
}

// rateElsewhere lets a request to no route pass if its address may make one more. They count with
// those of strangers, so that who tries paths stops no probe.
func (s *service) rateElsewhere(c *gin.Context) {
	if err := s.take(c, throttle.Anonymous, addressOf(c.Request)); err != nil {
		fail(c, err)
	}
}

// take takes a token and says in the headers how many are left.
func (s *service) take(c *gin.Context, class throttle.Class, caller string) error {
	g := s.throttle.Take(class, caller)
	c.Header(HeaderRateLimitPolicy, fmt.Sprintf("%q;q=%d;w=%d", string(class), g.Burst, seconds(g.Window)))
	c.Header(HeaderRateLimit, fmt.Sprintf("%q;r=%d;t=%d", string(class), g.Remaining, seconds(g.Reset)))
	if g.Allowed {
		return nil
	}
	exchangeOf(c).throttled = true
	return &limited{after: g.Wait, err: waymark.Errorf(waymark.ResourceExhausted,
		"more requests of the class %q than one caller may make: retry as Retry-After says", class)}
}

// seconds rounds up, since a caller who comes too early is refused again.
func seconds(d time.Duration) int { return int(math.Ceil(d.Seconds())) }

// maxPause bounds the pause, in seconds, that is asked for when nobody knows the right one.
const maxPause = 5

// someSeconds is a Retry-After that differs from caller to caller, so that they do not all come
// back at once.
func someSeconds() int { return 1 + rand.IntN(maxPause) } //nolint:gosec // no secret

// addressOf is by which address a request counts: an IPv6 host has all of its /64. What
// proxies say of it is not believed.
func addressOf(r *http.Request) string {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return "unknown"
	}
	address := peer.Addr().Unmap()
	if address.Is4() {
		return address.String()
	}
	network, err := address.WithZone("").Prefix(64)
	if err != nil {
		return "unknown"
	}
	return network.String()
}

// retryAfter is how many seconds a refused caller is to wait.
func retryAfter(after time.Duration) string {
	if after > 0 {
		return strconv.Itoa(seconds(after))
	}
	return strconv.Itoa(someSeconds())
}
