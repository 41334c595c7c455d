package requests

import (
	"errors"
	"fmt"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
)

// ReasonKeyReused is the reason of the refusal of a key that belongs to another request.
const ReasonKeyReused = "idempotency-key-reused"

// errKeyReused is FailedPrecondition, which is 422 in HTTP.
func errKeyReused() error {
	return waymark.Errorf(waymark.FailedPrecondition,
		"this Idempotency-Key was sent with another request: send the same request again, or take a new key").Because(ReasonKeyReused)
}

var (
	errStopping  = waymark.Errorf(waymark.Unavailable, "this gateway is stopping: retry with another, or later")
	errContest   = waymark.Errorf(waymark.Conflict, "several requests with this Idempotency-Key fail in turn: retry later")
	errFailed    = waymark.Errorf(waymark.Unavailable, "the request that was under way with this Idempotency-Key has failed: send it again")
	errOvertaken = waymark.Errorf(waymark.Unavailable, "another gateway of this member has taken the request over: send it again")
	errUnsure    = errors.New("it is not known how the request is kept")
	errDisplaced = waymark.Errorf(waymark.AlreadyExists, "another transaction has this id: make a new proposal")
	errGone      = waymark.Errorf(waymark.Unavailable, "the request was abandoned")
)

// unkept is a failure of the database. Of a transaction that is about to be kept it is not
// known whether it was.
func unkept(txID string, cause error) error {
	err := fmt.Errorf("%w: %w", waymark.Errorf(waymark.Unavailable,
		"the gateway's database does not answer: send the request again, with the same Idempotency-Key if it has one"), cause)
	if txID == "" {
		return err
	}
	return &ledger.Failure{TxID: txID, Err: err}
}

// unknown is what is told of a transaction that is under way and could not be kept.
func unknown(txID string, cause error) error {
	return &ledger.Failure{TxID: txID, Err: fmt.Errorf("%w: %w", waymark.Errorf(waymark.Unavailable,
		"it is not known yet what became of the transaction: ask for it by its id before sending the request again"), cause)}
}

// ineffective is the failure of a request whose last transaction changed nothing, or was not
// the last that it needed.
func ineffective(fate ledger.Fate) error {
	var err error
	switch fate.Status {
	case ledger.Valid:
		err = waymark.Errorf(waymark.Unavailable, "a part of it is done and on the ledger: send the request again for the rest")
	case "MVCC_READ_CONFLICT", "PHANTOM_READ_CONFLICT":
		err = waymark.Errorf(waymark.Conflict, "a concurrent transaction won: read again, then retry")
	case ledger.Duplicate:
		err = errDisplaced
	default:
		err = waymark.Errorf(waymark.Unavailable, "nothing was changed (%s): send the request again", fate.Status)
	}
	return &ledger.Failure{TxID: fate.TxID, Err: err}
}

// told is the error that is kept of a failure.
func told(err error) *waymark.Error {
	if err == nil {
		return nil
	}
	return waymark.AsError(err)
}

// unkeptStep is why a transaction is not submitted that could not be kept.
func unkeptStep(txID string, err error) error {
	switch {
	case errors.Is(err, ErrTaken):
		return fmt.Errorf("%w: %w", errKeyReused(), err)
	case errors.Is(err, ErrDisplaced):
		return fmt.Errorf("%w: %w", errDisplaced, err)
	case errors.Is(err, ErrLost):
		return fmt.Errorf("%w: %w", errOvertaken, err)
	}
	return unkept(txID, err)
}
