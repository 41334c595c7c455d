package client

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// TransactionQuery asks for a transaction.
type TransactionQuery struct {
	TxID     string
	Envelope bool // whether the answer is to hold the signed envelope too, which can be as long as a block
}

// Transaction is what a gateway knows of a transaction: from the ledger what is in a block, and
// from what it keeps how a write of its own stands.
type Transaction struct {
	TxID  string `json:"tx_id" form:"transaction"`
	State State  `json:"state"`
	// Status is VALID, or the name of Fabric's validation code, of one in a block, as are
	// all up to Position; or UNORDERED, of one that the ordering service refused. Those from
	// Channel to Time are told by the ledger, and so to whose write it was only with the envelope.
	Status      string  `json:"status,omitempty"`
	BlockNumber *uint64 `json:"block_number,omitempty"`
	Position    *int    `json:"position,omitempty"` // in the block, from 0
	Channel     string  `json:"channel,omitempty"`
	// Transaction is the contract function that was called, as in "members:Register".
	Transaction string    `json:"transaction,omitempty"`
	Creator     *Creator  `json:"creator,omitempty"`
	Endorsers   []string  `json:"endorsers,omitempty"` // the MSP ids that endorsed, sorted
	Time        time.Time `json:"time,omitzero"`       // as the creator claims it, UTC
	Envelope    []byte    `json:"envelope,omitempty"`  // the signed envelope as it was ordered
	// ReplacedBy is the transaction that was made in its place, after it changed nothing.
	ReplacedBy string `json:"replaced_by,omitempty" form:"transaction"`
	// Location, Result and Error are told to whose write it was, as long as its answer is kept.
	Location string          `json:"location,omitempty"` // of what was created
	Result   json.RawMessage `json:"result,omitempty"`   // the record as it stands after it
	Error    *waymark.Error  `json:"error,omitempty"`    // why the write failed with it
}

// State is how far a transaction is.
type State string

// The states.
const (
	Accepted  State = "accepted"  // kept by the gateway; not known to be handed over yet
	Submitted State = "submitted" // handed over to the ordering service
	Committed State = "committed" // valid, in a block
	Invalid   State = "invalid"   // in a block or refused by the ordering service, and changed nothing
)

// States returns every state.
func States() []State { return []State{Accepted, Submitted, Committed, Invalid} }

// Settled reports whether its fate is known.
func (t Transaction) Settled() bool { return t.State == Committed || t.State == Invalid }

// Creator is who signed a transaction.
type Creator struct {
	MSPID string `json:"msp_id" form:"id"`
	// CertificateSHA256 is the lower-case hexadecimal SHA-256 of the creator's
	// certificate in DER form; empty if the identity is not an X.509 certificate.
	CertificateSHA256 string `json:"certificate_sha256"`
}

// Await returns a transaction once this member's peer has it in a block; the one that took its
// place, if it was replaced. An id that no gateway knows may become known yet, so it is asked for
// until ctx ends: give ctx a deadline.
//
// Errors: that of ctx, with the last that was known of the transaction, which is nothing of one that
// was not found; else those of Read.
func (c *Client) Await(ctx context.Context, txID string) (Transaction, error) {
	var last Transaction
	for round := 1; ; round++ {
		t, err := c.known(ctx, txID)
		switch {
		case err != nil && ctx.Err() == nil:
			return last, err
		case t.ReplacedBy != "":
			last, txID = t, t.ReplacedBy
		case t.Settled():
			return t, nil
		case t.State != "":
			last = t
		}
		if !pause(ctx, min(round, maxAwaitRound), 0) {
			return last, fmt.Errorf("await transaction %s: %w", txID, ctx.Err())
		}
	}
}

// known is how a transaction stands: nothing of one that is not found.
func (c *Client) known(ctx context.Context, txID string) (Transaction, error) {
	t, err := Read[Transaction](ctx, c, "/v1/transactions/"+url.PathEscape(txID))
	if problem, refused := AsProblem(err); refused && problem.Status == http.StatusNotFound {
		return Transaction{}, nil
	}
	return t, err
}

// maxAwaitRound keeps the pauses of Await below half a second.
const maxAwaitRound = 3
