package client

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"time"
)

// Transaction is a transaction as the gateway tells it.
type Transaction struct {
	TxID        string    `json:"tx_id"`
	Status      string    `json:"status"` // VALID, or the name of Fabric's validation code
	BlockNumber uint64    `json:"block_number"`
	Position    int       `json:"position"`    // in the block, from 0
	Transaction string    `json:"transaction"` // the contract function, as in "members:Register"
	Creator     Creator   `json:"creator"`
	Endorsers   []string  `json:"endorsers"` // the members that endorsed, sorted
	Time        time.Time `json:"time"`      // as the creator claims it
	Envelope    []byte    `json:"envelope"`  // the signed envelope, if it was asked for
}

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

// Await returns a transaction once this member's peer has it, or when ctx ends. Errors are
// those of Read.
func (c *Client) Await(ctx context.Context, txID string) (Transaction, error) {
	for round := 1; ; round++ {
		t, err := c.Transaction(ctx, txID, false)
		problem, failed := AsProblem(err)
		if !failed || problem.Status != http.StatusNotFound {
			return t, err
		}
		if !pause(ctx, min(round, maxAwaitRound), 0) {
			return t, errors.Join(ctx.Err(), err)
		}
	}
}

// maxAwaitRound keeps the pauses of Await below half a second.
const maxAwaitRound = 3
