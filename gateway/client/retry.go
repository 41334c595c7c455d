package client

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// Pauses between attempts, unless the gateway asks for longer ones.
const (
	firstPause = 100 * time.Millisecond
	maxPause   = 5 * time.Second
)

// repetition says after what a request may be made again.
type repetition struct {
	lost     bool // its answer got lost: it changes nothing, or has a key
	conflict bool // a concurrent transaction won
}

// persist makes a request until it has an answer that another attempt would not better, at
// most Options.Attempts times. The error is a *Problem for any answer that
// is no success.
func (c *Client) persist(ctx context.Context, call Call, may repetition) (Answer, error) {
	content, err := encode(call.Body)
	if err != nil {
		return Answer{}, fmt.Errorf("%s %s: %w", call.Method, call.Path, err)
	}
	for attempt := 1; ; attempt++ {
		answer, err := c.once(ctx, call, content)
		if err == nil && answer.Status >= http.StatusMultipleChoices {
			err = problemOf(answer, time.Now())
		}
		if err == nil {
			return answer, nil
		}
		if attempt >= c.options.Attempts || !worth(err, may) || !pause(ctx, attempt, asked(err)) {
			return Answer{}, err
		}
	}
}

// worth reports whether the same request may succeed later, and cannot be done twice by it.
func worth(err error, may repetition) bool {
	problem, ok := AsProblem(err)
	if !ok {
		return may.unanswered(err)
	}
	if problem.Code == waymark.Conflict {
		return may.conflict
	}
	switch problem.Status {
	case http.StatusTooManyRequests:
		return true
	case http.StatusServiceUnavailable:
		return may.lost || problem.TxID == "" && problem.Code == waymark.Unavailable
	case http.StatusBadGateway, http.StatusGatewayTimeout:
		return may.lost && problem.Code == "" // of something in between
	}
	return false
}

// unanswered is worth for a request that has no answer.
func (may repetition) unanswered(err error) bool { return may.lost && lost(err) || unreached(err) }

// unreached reports whether a request did not leave us.
func unreached(err error) bool {
	var network *net.OpError
	return errors.As(err, &network) && network.Op == "dial"
}

// lost reports whether the connection may have broken before the answer came: anything on the
// network, but neither a certificate that does not fit, nor a token that cannot be read.
func lost(err error) bool {
	var certificate *tls.CertificateVerificationError
	var network net.Error // as every error of http.Client is
	return !errors.As(err, &certificate) && errors.As(err, &network) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF)
}

// asked is how long the gateway asks to wait.
func asked(err error) time.Duration {
	if problem, ok := AsProblem(err); ok {
		return problem.RetryAfter
	}
	return 0
}

// pause waits before the next attempt, and reports false when ctx ends first.
func pause(ctx context.Context, attempt int, atLeast time.Duration) bool {
	most := min(maxPause, firstPause<<min(attempt-1, 10))
	wait := max(atLeast, most/2+rand.N(most/2)) //nolint:gosec // jitter is no secret
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
