package fabric

import (
	"context"
	"errors"
	"fmt"
)

// How many calls of each kind the peer is given at once; others wait their turn. A peer serves
// 500 by default and refuses more, and has other clients too. Each kind has its own, so that
// no query waits behind thousands of writes, and what is endorsed is handed over before more
// is endorsed. Streams are not among them, nor is waiting for a block.
const (
	maxEvaluations  = 150
	maxEndorsements = 150
	maxSubmissions  = 100
	// maxInquiries bounds the questions for a fate, and what Resolve sends: however many
	// transactions wait, the writes of callers come first.
	maxInquiries = 32
	// maxFetches bounds the questions for blocks, and with smallBlock what they hold.
	maxFetches = 16
	// maxProbes bounds what the client asks for itself: whether the peer works, and how far it
	// is. With the callers' places full it must not look broken.
	maxProbes = 8
)

// turns are the places of calls at the peer.
type turns struct{ evaluate, endorse, submit, inquire, fetch, probe places }

func newTurns() turns {
	return turns{
		evaluate: make(places, maxEvaluations), endorse: make(places, maxEndorsements),
		submit: make(places, maxSubmissions), inquire: make(places, maxInquiries),
		fetch: make(places, maxFetches), probe: make(places, maxProbes),
	}
}

// places holds something for each call that is going on.
type places chan struct{}

// take waits for a place until ctx is done. Whoever has one leaves it.
func (p places) take(ctx context.Context) error {
	select {
	case p <- struct{}{}:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("wait for a turn at the peer: %w", ctx.Err())
	}
}

func (p places) leave() { <-p }

// noTurn is the failure of a call that was not made since no turn came in time.
func noTurn(err error) *failure {
	if errors.Is(err, context.Canceled) {
		return &failure{kind: abandoned, cause: err}
	}
	return &failure{kind: overloaded, cause: err}
}
