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

// Transaction is a transaction as the gateway tells it.
type Transaction struct {
	TxID string `json:"tx_id"`
	// State is how far it is: accepted or submitted while it is under way, and then committed
	// or invalid.
	State       State     `json:"state"`
	Status      string    `json:"status"` // VALID, the name of Fabric's validation code, or UNORDERED
	BlockNumber uint64    `json:"block_number"`
	Position    int       `json:"position"`    // in the block, from 0
	Transaction string    `json:"transaction"` // the contract function, as in "members:Register"
	Creator     Creator   `json:"creator"`
	Endorsers   []string  `json:"endorsers"` // the members that endorsed, sorted
	Time        time.Time `json:"time"`      // as the creator claims it
	Envelope    []byte    `json:"envelope"`  // the signed envelope, if it was asked for
	// ReplacedBy is the transaction that was made in its place, after it changed nothing.
	ReplacedBy string `json:"replaced_by"`
	// Location, Result and Error are told to whose write it was, as long as its answer is kept.
	Location string          `json:"location"` // of what was created
	Result   json.RawMessage `json:"result"`   // the record as it stands after it
	Error    *waymark.Error  `json:"error"`    // why the write failed with it
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
	MSPID             string `json:"msp_id"`
	CertificateSHA256 string `json:"certificate_sha256"` // of its DER form, lower-case hexadecimal
}

// Transaction looks a transaction up; withEnvelope adds the signed envelope. Errors are
// those of Read; a Problem with status 404 says that this member's peer does not have it yet.
func (c *Client) Transaction(ctx context.Context, txID string, withEnvelope bool) (Transaction, error) {
	path := "/v1/transactions/" + url.PathEscape(txID)
	if withEnvelope {
		path += "?envelope=true"
	}
	return Read[Transaction](ctx, c, path)
}

// Await returns a transaction once this member's peer has it in a block, or when ctx ends;
// the one that took its place, if it was replaced. Errors are those of Read.
func (c *Client) Await(ctx context.Context, txID string) (Transaction, error) {
	for round := 1; ; round++ {
		t, err := c.Transaction(ctx, txID, false)
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
