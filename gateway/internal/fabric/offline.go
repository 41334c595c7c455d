package fabric

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/hyperledger/fabric-gateway/pkg/client"
	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	gatewaypb "github.com/hyperledger/fabric-protos-go-apiv2/gateway"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	offline "github.com/waymark-ledger/waymark/gateway/client/transaction"
	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
	"google.golang.org/grpc"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
)

// A proposal must be endorsed within this time of the creator's clock; peers allow 15 minutes.
const (
	maxProposalAge   = 10 * time.Minute
	maxProposalAhead = time.Minute
)

// Propose makes the proposal of a transaction whose creator, of this member, signs for itself.
//
// Codes: Invalid for a certificate that cannot be the creator's.
func (c *Client) Propose(tx waymark.Transaction, request waymark.Validator, certificate []byte) (ledger.Unsigned, error) {
	argument, err := argumentOf(request)
	if err != nil {
		return ledger.Unsigned{}, err
	}
	creator, err := offline.Creator(c.cfg.Member, certificate)
	if err != nil {
		return ledger.Unsigned{}, err
	}
	p := offline.New(c.cfg.Channel, c.cfg.Chaincode, creator, []byte(tx), argument)
	if _, err := c.creatorOf(p); err != nil {
		return ledger.Unsigned{}, err
	}
	raw, err := p.Marshal()
	if err != nil {
		return ledger.Unsigned{}, err
	}
	return ledger.Unsigned{TxID: p.ID(), Bytes: raw}, nil
}

// EndorseSigned has a signed proposal endorsed by as many members as its policy asks for.
// Whatever came back is checked: it must be, byte for byte, one that Propose makes now.
//
// Codes: Invalid, Forbidden and FailedPrecondition for what came back; else as Submit, of
// which nothing is submitted.
func (c *Client) EndorseSigned(ctx context.Context, signed ledger.Signed, offered ledger.Offered) (ledger.Unsigned, error) {
	p, err := offline.ParseProposal(signed.Bytes)
	if err != nil {
		return ledger.Unsigned{}, foreign("/proposal", err)
	}
	if err := c.acceptable(p, offered); err != nil {
		return ledger.Unsigned{}, err
	}
	if age := time.Since(p.Time); age > maxProposalAge || age < -maxProposalAhead {
		return ledger.Unsigned{}, waymark.Errorf(waymark.FailedPrecondition, "the proposal must be endorsed within %s: make a new one", maxProposalAge)
	}
	signature, err := c.signatureOf(p, signed)
	if err != nil {
		return ledger.Unsigned{}, err
	}
	if _, err := c.vouched(ctx, p); err != nil {
		return ledger.Unsigned{}, err
	}
	payload, failed := c.endorseSigned(ctx, p, &peer.SignedProposal{ProposalBytes: signed.Bytes, Signature: signature})
	if failed != nil {
		return ledger.Unsigned{}, failed.err()
	}
	endorsed, err := offline.Parse(payload)
	if err != nil || !endorsed.Of(p) {
		return ledger.Unsigned{}, (&failure{kind: defective, cause: errors.Join(errors.New("the peer endorsed another proposal"), err)}).err()
	}
	return ledger.Unsigned{TxID: p.ID(), Bytes: payload, Result: endorsed.Result}, nil
}

// endorseSigned returns the payload of the transaction that the endorsers made of a proposal.
func (c *Client) endorseSigned(ctx context.Context, p offline.Proposal, signed *peer.SignedProposal) ([]byte, *failure) {
	timely, cancel := context.WithTimeout(ctx, c.cfg.Timeouts.Total)
	defer cancel()
	turn, err := c.turns.endorse.Take(timely)
	if err != nil {
		return nil, noTurn(err)
	}
	defer turn.Leave()
	ctx, cancel = context.WithTimeout(timely, c.cfg.Timeouts.Endorse)
	defer cancel()
	answer, err := c.peer.Endorse(ctx, &gatewaypb.EndorseRequest{TransactionId: p.ID(), ChannelId: c.cfg.Channel, ProposedTransaction: signed})
	if err != nil {
		return nil, failureOf(err, nil)
	}
	return answer.GetPreparedTransaction().GetPayload(), nil
}

// SubmitSigned submits a transaction that its creator signed, as Submit does with one of its
// own, except that nothing is endorsed anew: a conflict is the answer. The same one again has
// the same answer.
//
// Codes: Invalid and Forbidden for what came back; else as Submit.
func (c *Client) SubmitSigned(ctx context.Context, signed ledger.Signed, offered ledger.Offered, journal ledger.Journal) (ledger.Committed, error) {
	t, envelope, err := c.sealed(signed, offered)
	if err != nil {
		return ledger.Committed{}, err
	}
	config, err := c.vouched(ctx, t.Proposal)
	if err != nil {
		return ledger.Committed{}, err
	}
	if !config.endorsed(t) {
		return ledger.Committed{}, waymark.InvalidField("/transaction", "must be endorsed")
	}
	w := c.stream.join(t.ID()) // first, so that no block goes by between the two
	defer w.leave()
	if done, found, err := c.ordered(ctx, t, signed.Bytes); found || err != nil {
		return done, err
	}
	return c.submitSigned(ctx, transaction{id: t.ID(), envelope: envelope, result: t.Result, awaited: w}, waymark.Transaction(t.Function()), journal)
}

// sealed reads a transaction and what its creator signed, as far as no peer need be asked.
func (c *Client) sealed(signed ledger.Signed, offered ledger.Offered) (offline.Transaction, *common.Envelope, error) {
	t, err := offline.Parse(signed.Bytes)
	if err != nil {
		return t, nil, foreign("/transaction", err)
	}
	if err := c.acceptable(t.Proposal, offered); err != nil {
		return t, nil, err
	}
	if t.Status != http.StatusOK || t.Ran != c.cfg.Chaincode {
		return t, nil, waymark.InvalidField("/transaction", "must be endorsed")
	}
	signature, err := c.signatureOf(t.Proposal, signed)
	if err != nil {
		return t, nil, err
	}
	return t, &common.Envelope{Payload: signed.Bytes, Signature: signature}, nil
}

// ordered is the answer of a transaction that is in a block already, under whatever key and
// by whomever it was submitted. The peer is asked for it and not for its block, which is large.
func (c *Client) ordered(ctx context.Context, t offline.Transaction, payload []byte) (done ledger.Committed, found bool, err error) {
	timely, cancel := context.WithTimeout(ctx, c.cfg.Timeouts.Evaluate)
	defer cancel()
	turn, err := c.turns.evaluate.Take(timely)
	if err != nil {
		return ledger.Committed{}, false, noTurn(err).err()
	}
	code, same, failed := c.held(timely, t.ID(), payload)
	turn.Leave()
	if failed != nil {
		err := unknown(failed.err(), t.ID())
		if waymark.CodeOf(err) == waymark.NotFound {
			return ledger.Committed{}, false, nil
		}
		return ledger.Committed{}, false, err
	}
	if !same {
		return ledger.Committed{}, true, (&failure{kind: displaced, txID: t.ID()}).err()
	}
	if k := kindOfValidation(code); k != "" {
		return ledger.Committed{}, true, (&failure{kind: k, txID: t.ID()}).err()
	}
	f, failed := c.inquire(ctx, t.ID())
	if failed != nil {
		return ledger.Committed{}, true, failed.err()
	}
	return ledger.Committed{Commit: ledger.Commit{TxID: t.ID(), BlockNumber: f.block, Status: f.code.String()}, Result: t.Result}, true, nil
}

// besidePayload is more than the peer's answer has beside the payload of a transaction, in bytes.
const besidePayload = 4 << 10

// held says of the transaction of an id that is in a block whether it is the one with a payload, and what became
// of it. No more is held meanwhile than that one takes: another, of any size, is not read. It needs a turn at the peer.
func (c *Client) held(ctx context.Context, txID string, payload []byte) (code peer.TxValidationCode, same bool, failed *failure) {
	raw, failed := c.query(ctx, c.self(), queryChaincode, transactionByID, c.own(client.WithArguments(c.cfg.Channel, txID)),
		grpc.MaxCallRecvMsgSize(len(payload)+besidePayload))
	if failed != nil && mentions(status.Convert(failed.cause), textTooLarge) {
		return 0, false, nil
	}
	if failed != nil {
		return 0, false, failed
	}
	var found peer.ProcessedTransaction
	if err := proto.Unmarshal(raw, &found); err != nil {
		return 0, false, &failure{kind: defective, cause: fmt.Errorf("decode transaction: %w", err)}
	}
	return peer.TxValidationCode(found.GetValidationCode()), bytes.Equal(found.GetTransactionEnvelope().GetPayload(), payload), nil
}

func (c *Client) submitSigned(ctx context.Context, tx transaction, what waymark.Transaction, journal ledger.Journal) (ledger.Committed, error) {
	w := write{client: c, call: ledger.Call{Transaction: what, Journal: journal}, journal: journal}
	if journal == nil {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, c.cfg.Timeouts.Total)
		defer cancel()
		w.journal = forgetful{}
	}
	committed, failed := w.submit(ctx, tx)
	if failed != nil {
		c.metrics.submitted(what, string(failed.kind))
		return ledger.Committed{}, failed.err()
	}
	c.metrics.submitted(what, outcomeOf(committed))
	return committed, nil
}

// acceptable checks that a proposal is to this channel and chaincode, of an offered
// transaction and a valid request, in the very bytes in which Propose writes it, and by a
// creator of this member.
func (c *Client) acceptable(p offline.Proposal, offered ledger.Offered) error {
	if p.Channel != c.cfg.Channel || p.Chaincode != c.cfg.Chaincode || len(p.Args) != 2 {
		return waymark.Errorf(waymark.Invalid, "the proposal must be of the channel and the chaincode of this gateway, with one request")
	}
	request, err := offered(waymark.Transaction(p.Function()), p.Args[1])
	if err != nil {
		return err
	}
	argument, err := argumentOf(request)
	if err != nil {
		return err
	}
	if !bytes.Equal(argument, p.Args[1]) {
		return waymark.Errorf(waymark.Invalid, "the request in the proposal must be as this gateway wrote it")
	}
	_, err = c.creatorOf(p)
	return err
}

// creatorOf returns the creator's certificate, which must be of this member and in its time.
// Whether an authority of the member issued it is for vouched to say.
func (c *Client) creatorOf(p offline.Proposal) (*x509.Certificate, error) {
	member, certificate, err := bare(p.Creator)
	if err != nil {
		return nil, foreign("/certificate", err)
	}
	if member != c.cfg.Member {
		return nil, waymark.Errorf(waymark.Forbidden, "this gateway is for the identities of %s", c.cfg.Member)
	}
	if now := time.Now(); now.Before(certificate.NotBefore) || now.After(certificate.NotAfter) {
		return nil, waymark.InvalidField("/certificate", "must be valid now")
	}
	if _, ok := certificate.PublicKey.(*ecdsa.PublicKey); !ok {
		return nil, waymark.InvalidField("/certificate", "must be of an ECDSA key")
	}
	return certificate, nil
}

// signatureOf checks a signature by the creator's key, and returns it as Fabric takes it.
func (c *Client) signatureOf(p offline.Proposal, signed ledger.Signed) ([]byte, error) {
	certificate, err := c.creatorOf(p)
	if err != nil {
		return nil, err
	}
	key, _ := certificate.PublicKey.(*ecdsa.PublicKey) // as creatorOf checked
	signature, err := offline.Lower(key, signed.Signature)
	if err == nil {
		err = offline.Verify(key, signed.Bytes, signature)
	}
	if err != nil {
		return nil, foreign("/signature", err)
	}
	if signed.Proved != nil {
		sum := sha256.Sum256(certificate.Raw)
		signed.Proved(ledger.Creator{MSPID: c.cfg.Member, CertificateSHA256: hex.EncodeToString(sum[:])}, waymark.Transaction(p.Function()))
	}
	return signature, nil
}

// foreign is the error of bytes that came from outside; the cause is for the log.
func foreign(field string, cause error) error {
	return errors.Join(waymark.InvalidField(field, "is not as it must be: %s", cause), cause)
}
