package rest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"net/http"
	"slices"

	"github.com/gin-gonic/gin"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/client"
	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
)

// Offline is what this package needs to let callers sign for themselves. Everything that
// comes back from them is checked there. Errors are those of Ledger.
type Offline interface {
	// Propose makes a proposal for the holder of a certificate, PEM, to sign.
	Propose(tx waymark.Transaction, request waymark.Validator, certificate []byte) (ledger.Unsigned, error)
	// EndorseSigned has a signed proposal endorsed, which gives a transaction to sign.
	EndorseSigned(ctx context.Context, signed ledger.Signed, offered ledger.Offered) (ledger.Unsigned, error)
	// SubmitSigned submits a signed transaction, as Ledger.Submit does.
	SubmitSigned(ctx context.Context, signed ledger.Signed, offered ledger.Offered, journal ledger.Journal) (ledger.Committed, error)
}

func digestHex(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// reader reads the request of a transaction, strictly.
type reader func(request []byte) (waymark.Validator, error)

// readerOf makes the reader of a type of request.
func readerOf[Q waymark.Validator](request []byte) (waymark.Validator, error) {
	var q Q
	if err := decode(request, &q); err != nil {
		return nil, err
	}
	return q, q.Validate()
}

// offersOf are the transactions that are offered to who signs for itself: those of one
// transaction a request, without private data.
func offersOf(all []route) map[waymark.Transaction]reader {
	offers := make(map[waymark.Transaction]reader)
	for _, r := range all {
		if r.offers.read != nil {
			offers[r.offers.transaction] = r.offers.read
		}
	}
	return offers
}

// Offered are the names of the transactions that are offered to who signs for itself, sorted.
func Offered() []waymark.Transaction { return slices.Sorted(maps.Keys(offersOf(routes()))) }

// offer is the transaction that a route offers to who signs for itself.
type offer struct {
	transaction waymark.Transaction
	read        reader
}

// offered reads the request of an offered transaction.
func (s *service) offered(tx waymark.Transaction, request []byte) (waymark.Validator, error) {
	read, ok := s.offers[tx]
	if !ok {
		return nil, waymark.InvalidField("/transaction", "is none that is offered to who signs for itself")
	}
	return read(request)
}

func offlineRoutes() []route {
	return []route{
		{
			method: http.MethodPost, path: "/v1/proposals", id: "proposeTransaction", tag: tagLedger,
			summary: "Make the proposal of a transaction that the caller signs with a key of its own",
			doc: documented{about: "Anybody with a credential: what the certificate in it may, the ledger says when the transaction is endorsed. " +
				"Nothing is sent to the ledger and nothing is kept. What may be asked for is the list of transactions in the body's schema, each with its whole request " +
				"(docs/rules.md). A certificate of another member is found out when the proposal is to be endorsed."},
			body: client.ProposalRequest{}, result: client.Proposal{}, serve: servePropose,
		},
		{
			method: http.MethodPost, path: "/v1/proposals:endorse", id: "endorseProposal", tag: tagLedger,
			summary: "Have a signed proposal endorsed, which gives the transaction to sign; nothing is submitted",
			doc: documented{about: "Anybody with a credential; who acts is the certificate in the proposal, by the rules of its transaction. Members' peers run it, and nothing is changed. " +
				"Refused as the transaction itself would be, and as `invalid` if the signature is not of that certificate or the proposal is not as this gateway makes them."},
			body: client.EndorsementRequest{}, result: client.Endorsed{}, endorse: true, signed: true, serve: serveEndorse,
		},
		{
			method: http.MethodPost, path: "/v1/transactions:submit", id: "submitTransaction", tag: tagLedger,
			summary: "Submit a signed transaction",
			doc: documented{about: "Anybody with a credential; who acts is the certificate in the transaction. It is ordered, and changes what its rules say. " +
				"The very same transaction sent again has one effect. A `conflict` ends it: only its signer can make another.", fixed: true},
			body: client.SubmissionRequest{}, result: jsontext.Value{}, write: true, signed: true, serve: serveSubmit,
		},
	}
}

func servePropose(s *service, c *gin.Context) error {
	b, _, err := bodyOf[client.ProposalRequest](s, c)
	if err != nil {
		return err
	}
	if err := waymark.CheckForms(b); err != nil {
		return err
	}
	q, err := s.offered(b.Transaction, b.Request)
	if err != nil {
		return within("/request", err)
	}
	p, err := s.offline.Propose(b.Transaction, q, []byte(b.Certificate))
	if err != nil {
		return err
	}
	exchangeOf(c).txID = p.TxID
	return s.respond(c, http.StatusOK, client.Proposal{TxID: p.TxID, Proposal: p.Bytes, Digest: digestHex(p.Bytes)})
}

// within points at a fault in a part of the body.
func within(at string, err error) error {
	e := *waymark.AsError(err)
	if e.Code == waymark.Invalid && e.Field != "/transaction" {
		e.Field = at + e.Field
	}
	return &e
}

func serveEndorse(s *service, c *gin.Context) error {
	b, _, err := bodyOf[client.EndorsementRequest](s, c)
	if err != nil {
		return err
	}
	t, err := s.offline.EndorseSigned(c.Request.Context(), ledger.Signed{Bytes: b.Proposal, Signature: b.Signature, Proved: exchangeOf(c).proved}, s.offered)
	if err != nil {
		return err
	}
	exchangeOf(c).txID = t.TxID
	return s.respond(c, http.StatusOK, client.Endorsed{TxID: t.TxID, Transaction: t.Bytes, Digest: digestHex(t.Bytes), Result: json.RawMessage(record(t.Result))})
}

// serveSubmit is a write like any other.
func serveSubmit(s *service, c *gin.Context) error {
	b, body, err := bodyOf[client.SubmissionRequest](s, c)
	if err != nil {
		return err
	}
	signed := ledger.Signed{Bytes: b.Transaction, Signature: b.Signature, Proved: exchangeOf(c).proved}
	r := route{write: true} // answered with 200, also for what was created
	return s.write(c, r, body, nil, func(ctx context.Context, j ledger.Journal) (ledger.Committed, error) {
		return s.offline.SubmitSigned(ctx, signed, s.offered, j)
	})
}
