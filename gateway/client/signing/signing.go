// Package signing acts on the ledger with keys that no gateway holds: a gateway prepares a
// transaction, and it is signed only after it was taken apart and compared with what was
// asked for.
package signing

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/client"
	"github.com/waymark-ledger/waymark/gateway/client/transaction"
)

// maxClockSkew is how far the time in a proposal may be from our own clock.
const maxClockSkew = 5 * time.Minute

// Signer acts on the ledger with a key that no gateway holds.
type Signer struct {
	Member      string // the MSP id of whose identity it is
	Channel     string // of the ledger
	Chaincode   string // by its name on the channel
	Certificate []byte // PEM, of an ECDSA key
	// Sign signs a SHA-256 digest and returns the signature in ASN.1 DER, with either S. It is
	// called twice for each transaction.
	Sign func(digest []byte) ([]byte, error)
}

// ErrDeceived says that a gateway asked to sign something else than what was asked for.
// Nothing was signed.
var ErrDeceived = errors.New("the gateway asks to sign something else")

// Write runs a transaction as the signer, and returns when it is valid in a block.
//
// Errors: ErrDeceived; those of Sign; else as client.Write. After a conflict call it again: only the
// signer can make the transaction anew.
func Write[T any](ctx context.Context, c *client.Client, s Signer, tx waymark.Transaction, request waymark.Validator, options ...client.WriteOption) (client.Written[T], error) {
	p, raw, err := s.propose(ctx, c, tx, request)
	if err != nil {
		return client.Written[T]{}, err
	}
	payload, err := s.endorse(ctx, c, p, raw)
	if err != nil {
		return client.Written[T]{}, err
	}
	signature, err := s.sign(payload)
	if err != nil {
		return client.Written[T]{}, err
	}
	body := client.SubmissionRequest{Transaction: payload, Signature: signature}
	return client.Write[T](ctx, c, http.MethodPost, "/v1/transactions:submit", body, append(slices.Clone(options), client.Fixed())...)
}

// propose lets the gateway write the proposal, and checks it.
func (s Signer) propose(ctx context.Context, c *client.Client, tx waymark.Transaction, request waymark.Validator) (transaction.Proposal, []byte, error) {
	content, err := json.Marshal(request)
	if err != nil {
		return transaction.Proposal{}, nil, fmt.Errorf("encode request: %w", err)
	}
	answer, err := c.ProposeTransaction(ctx, client.ProposalRequest{Transaction: tx, Request: content, Certificate: string(s.Certificate)})
	if err != nil {
		return transaction.Proposal{}, nil, err
	}
	p, err := transaction.ParseProposal(answer.Proposal)
	if err != nil {
		return p, nil, errors.Join(ErrDeceived, err)
	}
	return p, answer.Proposal, s.check(p, tx, request)
}

// check compares a proposal with what was asked for.
func (s Signer) check(p transaction.Proposal, tx waymark.Transaction, request waymark.Validator) error {
	creator, err := transaction.Creator(s.Member, s.Certificate)
	if err != nil {
		return err
	}
	skew := time.Since(p.Time).Abs()
	for _, part := range []struct {
		name string
		is   bool
	}{
		{"channel", p.Channel == s.Channel}, {"chaincode", p.Chaincode == s.Chaincode}, {"creator", bytes.Equal(p.Creator, creator)},
		{"function", p.Function() == string(tx)}, {"request", len(p.Args) == 2 && says(p.Args[1], request)}, {"time", skew <= maxClockSkew},
	} {
		if !part.is {
			return fmt.Errorf("%w: the %s is another", ErrDeceived, part.name)
		}
	}
	return nil
}

// endorse has the proposal endorsed, and checks what comes back.
func (s Signer) endorse(ctx context.Context, c *client.Client, p transaction.Proposal, raw []byte) ([]byte, error) {
	signature, err := s.sign(raw)
	if err != nil {
		return nil, err
	}
	answer, err := c.EndorseProposal(ctx, client.EndorsementRequest{Proposal: raw, Signature: signature})
	if err != nil {
		return nil, err
	}
	endorsed, err := transaction.Parse(answer.Transaction)
	if err != nil {
		return nil, errors.Join(ErrDeceived, err)
	}
	if !endorsed.Of(p) || endorsed.Ran != p.Chaincode || endorsed.Status != http.StatusOK || len(endorsed.Endorsements) == 0 {
		return nil, fmt.Errorf("%w: the transaction is of another proposal", ErrDeceived)
	}
	return answer.Transaction, nil
}

func (s Signer) sign(message []byte) ([]byte, error) {
	digest := sha256.Sum256(message)
	signature, err := s.Sign(digest[:])
	if err != nil {
		return nil, fmt.Errorf("sign: %w", err)
	}
	return signature, nil
}

// says reports whether an argument says the same as a request. What is empty may be left out.
func says(argument []byte, request waymark.Validator) bool {
	want, err := json.Marshal(request)
	if err != nil {
		return false
	}
	mine, ok := plain(want)
	theirs, read := plain(argument)
	return ok && read && reflect.DeepEqual(mine, theirs)
}

// plain reads JSON without what is null or an empty list or object.
func plain(raw []byte) (any, bool) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var value any
	if d.Decode(&value) != nil || d.More() {
		return nil, false
	}
	return without(value), true
}

func without(value any) any {
	switch v := value.(type) {
	case map[string]any:
		for name, member := range v {
			if v[name] = without(member); v[name] == nil {
				delete(v, name)
			}
		}
		if len(v) == 0 {
			return nil
		}
	case []any:
		for i := range v {
			v[i] = without(v[i])
		}
		if len(v) == 0 {
			return nil
		}
	}
	return value
}
