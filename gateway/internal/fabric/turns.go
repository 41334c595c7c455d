package fabric

import (
	"context"
	"errors"

	"github.com/waymark-ledger/waymark/gateway/internal/share"
)

// How many calls of each kind the peer is given at once; others wait their turn. A peer serves
// 500 by default and refuses more, and has other clients too. Each kind has its own, so that
// no query waits behind thousands of writes, and what is endorsed is handed over before more
// is endorsed. Streams are not among them, nor is waiting for a block. One caller can have
// Config.CallerPercent of the kinds that callers ask for.
const (
	maxEvaluations  = 150
	maxEndorsements = 150
	maxSubmissions  = 100
	// maxInquiries bounds the questions for a fate, and what Resolve sends: however many
	// transactions wait, the writes of callers come first. One caller can have all of them while
	// nobody else waits: after a crash all that is to be looked up can be one caller's.
	maxInquiries = 32
	// maxFetches bounds the questions for blocks, and with smallBlock what they hold.
	maxFetches = 16
	// maxProbes bounds what the client asks for itself: whether the peer works, and how far it
	// is. With the callers' places full it must not look broken.
	maxProbes = 8
)

// turns are the places of calls at the peer.
type turns struct{ evaluate, endorse, submit, inquire, fetch, probe *share.Turns }

func newTurns(callerPercent int) turns {
	return turns{
		evaluate: share.NewTurns(maxEvaluations, callerPercent), endorse: share.NewTurns(maxEndorsements, callerPercent),
		submit: share.NewTurns(maxSubmissions, callerPercent), inquire: share.NewTurns(maxInquiries, 100),
		fetch: share.NewTurns(maxFetches, callerPercent), probe: share.NewTurns(maxProbes, 100),
	}
}

// noTurn is the failure of a call that was not made since no turn came in time.
func noTurn(err error) *failure {
	if errors.Is(err, context.Canceled) {
		return &failure{kind: abandoned, cause: err}
	}
	return &failure{kind: overloaded, cause: err}
}
