package client

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// Transaction is what a gateway knows of a transaction: from the ledger what is in a block, and
// from what it keeps how a write of its own stands.
type Transaction struct {
	TxID  string `json:"tx_id"`
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
	ReplacedBy string `json:"replaced_by,omitempty"`
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

// Settled reports whether its fate is known.
func (t Transaction) Settled() bool { return t.State == Committed || t.State == Invalid }

// Creator is who signed a transaction.
type Creator struct {
	MSPID string `json:"msp_id"`
	// CertificateSHA256 is the lower-case hexadecimal SHA-256 of the creator's
	// certificate in DER form; empty if the identity is not an X.509 certificate.
	CertificateSHA256 string `json:"certificate_sha256"`
}

// Await returns a transaction once this member's peer has it in a block, or when ctx ends;
// the one that took its place, if it was replaced. Errors are those of Read.
func (c *Client) Await(ctx context.Context, txID string) (Transaction, error) {
	for round := 1; ; round++ {
		t, err := Read[Transaction](ctx, c, "/v1/transactions/"+url.PathEscape(txID))
		problem, failed := AsProblem(err)
		if err != nil && (!failed || problem.Status != http.StatusNotFound) {
			return t, err
		}
		if err == nil && t.ReplacedBy != "" {
			txID = t.ReplacedBy
		} else if err == nil && t.Settled() {
			return t, nil
		}
		if !pause(ctx, min(round, maxAwaitRound), 0) {
			return t, errors.Join(ctx.Err(), err)
		}
	}
}

// maxAwaitRound keeps the pauses of Await below half a second.
const maxAwaitRound = 3
