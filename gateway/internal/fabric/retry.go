package fabric

import "github.com/waymark-ledger/waymark/chaincode/waymark"

// kind is what went wrong with a transaction, as far as it decides what to do.
type kind string

// The kinds. Their texts are label values of the metrics.
const (
	// Before anything was submitted: nothing can have happened.
	refused     kind = "refused"     // the chaincode said no, with a code of its own
	disagreed   kind = "disagreed"   // the member's peer endorsed, others said no or endorsed something else
	unreachable kind = "unreachable" // too few peers could be reached or could run the chaincode
	overloaded  kind = "overloaded"  // the peer is past its own limit of requests, or no turn at it came in time
	expired     kind = "expired"     // the endorsements did not arrive in time
	abandoned   kind = "abandoned"   // the caller went away
	defective   kind = "defective"   // an answer that a sound gateway and chaincode never get
	rejected    kind = "rejected"    // the ordering service refused it at the first attempt, as one that it must not order
	unkept      kind = "unkept"      // the gateway could not keep the transaction, and so did not submit it

	// After a submit whose outcome is not known yet.
	submitFailed kind = "submit_failed" // the ordering service may or may not have taken it
	statusFailed kind = "status_failed" // the peer did not say what became of it
	absent       kind = "absent"        // no block had it while we waited
	barred       kind = "barred"        // the ordering service refuses a later copy, and no block has an earlier one
	duplicated   kind = "duplicated"    // a second copy of the envelope was ordered; the first one counts

	// After it was ordered: the fate is known.
	conflicted  kind = "conflicted"  // a concurrent transaction changed what this one had read
	unendorsed  kind = "unendorsed"  // its endorsements did not satisfy a policy in force when it was committed
	displaced   kind = "displaced"   // another transaction has its id, as a creator can make two that signs for itself
	invalidated kind = "invalidated" // any other validation code

	// When the time for the whole call has passed.
	undetermined kind = "undetermined" // submitted, fate still unknown
)

// step is what to do next about a transaction.
type step int

// The steps. Only again makes a new transaction, so it follows only failures
// after which the old one certainly changed nothing. A peer that has just come
// back is found by the others within a second or two, which the pauses cover.
const (
	stop     step = iota // answer the caller
	again                // endorse a new proposal, after a pause
	lookup               // ask what became of the same transaction, after a pause
	resubmit             // send the same signed bytes again: same id, at most one effect
)

// rule is one row of the retry table: what to do, and what the caller is told
// when there is nothing left to do.
type rule struct {
	next    step
	code    waymark.Code
	message string
}

// maxAttempts bounds the proposals of one call: with the pauses between them, two to
// three and a half seconds, in which a peer that has come back is found again.
const maxAttempts = 7

// rules is the retry table.
func rules() map[kind]rule {
	return map[kind]rule{
		refused:      {stop, waymark.Internal, "the chaincode refused"}, // its own error replaces this one
		disagreed:    {again, waymark.Conflict, "the peers do not agree on the present state: retry"},
		unreachable:  {again, waymark.Unavailable, "not enough peers answer: retry later"},
		overloaded:   {stop, waymark.ResourceExhausted, "the peer is busy: retry later"},
		expired:      {stop, waymark.Unavailable, "the peers did not answer in time: retry later"},
		abandoned:    {stop, waymark.Unavailable, "the request was abandoned"},
		defective:    {stop, waymark.Internal, unexpected},
		rejected:     {stop, waymark.Internal, "the ordering service refuses such a transaction"},
		unkept:       {stop, waymark.Unavailable, "the gateway could not keep the request"}, // the journal's own error replaces this one
		submitFailed: {lookup, waymark.Unavailable, fateUnknown},
		statusFailed: {lookup, waymark.Unavailable, fateUnknown},
		absent:       {resubmit, waymark.Unavailable, fateUnknown},
		barred:       {stop, waymark.Unavailable, fateUnknown},
		duplicated:   {lookup, waymark.Unavailable, fateUnknown},
		conflicted:   {again, waymark.Conflict, "a concurrent transaction won each time: read again, then retry"},
		// A key's policy may have changed since the endorsement, and a peer that lags
		// still asks for the old one. It is no defect of the request, so the caller
		// keeps it and comes back.
		unendorsed: {again, waymark.Unavailable, "nothing was changed: the endorsements did not satisfy the policy " +
			"each time; if it stays so, a member whose endorsement is required does not give it"},
		displaced:    {stop, waymark.AlreadyExists, "another transaction has this id: make a new proposal"},
		invalidated:  {stop, waymark.Internal, unexpected},
		undetermined: {stop, waymark.Unavailable, fateUnknown},
	}
}

// ruleFor returns the row of a kind.
func ruleFor(k kind) rule { return rules()[k] }

const (
	unexpected  = "the ledger answered with something unexpected"
	fateUnknown = "it is not known yet what became of the transaction: ask for it by its id before sending the request again"
)
