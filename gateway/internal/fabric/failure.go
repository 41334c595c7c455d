package fabric

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/hyperledger/fabric-gateway/pkg/client"
	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	gatewaypb "github.com/hyperledger/fabric-protos-go-apiv2/gateway"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// failure is what went wrong with one transaction.
type failure struct {
	kind  kind
	txID  string         // empty if no proposal was made
	wire  *waymark.Error // what the chaincode said, or nil
	cause error          // for the log; may be nil
}

// orNil is err, also of no failure.
func (f *failure) orNil() error {
	if f == nil {
		return nil
	}
	return f.err()
}

// err is the failure as the caller is told it. The cause stays in the chain for
// the log and out of the message.
func (f *failure) err() error {
	if f.kind == unkept {
		return f.cause
	}
	told := f.wire
	if told == nil {
		r := ruleFor(f.kind)
		told = waymark.Errorf(r.code, "%s", r.message)
	}
	var err error = told
	if f.cause != nil {
		err = fmt.Errorf("%s: %w", f.kind, errors.Join(told, f.cause))
	}
	if f.txID != "" {
		err = &ledger.Failure{TxID: f.txID, Err: err}
	}
	return err
}

// Texts by which Fabric v3.1 tells failures apart that share one gRPC code.
const (
	textNotEnough   = "failed to collect enough transaction endorsements"
	textMismatch    = "ProposalResponsePayloads do not match"
	textChaincode   = "chaincode response "
	textDenied      = "access denied"
	textBadProposal = "error validating proposal"
	textTooMany     = "too many requests"
	// textOrderer starts what the peer says of an orderer that refused.
	textOrderer = "received unsuccessful response from orderer: status="
	// textNotReached starts what gRPC says, through the peer, of an orderer to which there is no connection: nothing was sent.
	textNotReached = "connection error: desc = "
	// textTooLarge is gRPC's own: an answer is past Config.BlockBytes.
	textTooLarge = "received message larger than max"
)

// failureOf classifies an error of endorse or evaluate, before which nothing was
// submitted. at are the members that were asked by name: with one nobody can disagree, and
// several may all say the same.
func failureOf(err error, at []string) *failure {
	st := status.Convert(err)
	wire := wireError(st)
	f := &failure{kind: kindOf(st, wire != nil, len(at) == 1 || wire != nil && unanimous(st, at, wire)), cause: detailed(err, st)}
	if f.kind == refused { // of peers that disagree, none speaks for all
		f.wire = wire
	}
	if errors.Is(err, context.Canceled) {
		f.kind = abandoned
	}
	return f
}

// detailed adds what each endorser said, for the log, where fabric-gateway's
// error does not do so itself.
func detailed(err error, st *status.Status) error {
	var known *client.TransactionError
	if errors.As(err, &known) || len(st.Details()) == 0 {
		return err
	}
	return fmt.Errorf("%w: %s", err, strings.Join(texts(st), "; "))
}

// kindOf classifies what was said. asOne says that there is nobody else who says anything else.
func kindOf(st *status.Status, wire, asOne bool) kind {
	if !asOne && strings.Contains(st.Message(), textNotEnough) {
		if wire || mentions(st, textMismatch) || mentions(st, textChaincode) {
			return disagreed
		}
		return unreachable
	}
	if wire {
		return refused
	}
	if mentions(st, textDenied) || mentions(st, textBadProposal) || mentions(st, textChaincode) {
		return defective
	}
	return kindOfCode(st)
}

func kindOfCode(st *status.Status) kind {
	switch st.Code() {
	case codes.Unavailable, codes.FailedPrecondition, codes.Aborted:
		return unreachable
	case codes.DeadlineExceeded:
		return expired
	case codes.Canceled:
		return abandoned
	case codes.ResourceExhausted:
		if mentions(st, textTooLarge) {
			return defective
		}
		return overloaded
	default:
		if mentions(st, textTooMany) {
			return overloaded
		}
		return defective
	}
}

// refusals returns how many orderers refused an envelope as it is, by the error of its submit, and
// whether all the others that were heard of were not reached. Under Raft the peer asks one orderer after another
// until one takes the envelope or refuses it, and tells of that one alone, as Aborted. Under BFT it asks all, and tells of those
// that failed as soon as they leave no quorum: then the rest may yet have taken it.
func refusals(err error) (refused int, unheard bool) {
	if err == nil {
		return 0, false
	}
	said := texts(status.Convert(err))
	if len(said) > 1 {
		said = said[:len(said)-1] // without the summary
	}
	away := 0
	for _, text := range said {
		switch {
		case refuses(text):
			refused++
		case strings.Contains(text, textNotReached):
			away++
		}
	}
	return refused, refused+away == len(said)
}

// refuses reports whether an orderer said that it must not order the transaction.
func refuses(text string) bool {
	_, rest, ok := strings.Cut(text, textOrderer)
	reason, _, _ := strings.Cut(rest, ",")
	return ok && slices.Contains([]string{
		common.Status_BAD_REQUEST.String(), common.Status_FORBIDDEN.String(), common.Status_REQUEST_ENTITY_TOO_LARGE.String(),
	}, reason)
}

// kindOfStatus classifies the error of a question for a transaction's fate.
func kindOfStatus(err error) kind {
	if status.Code(err) == codes.DeadlineExceeded || errors.Is(err, context.DeadlineExceeded) {
		return absent
	}
	return statusFailed
}

// kindOfValidation classifies the code that the committing peer gave. The empty
// kind means that the transaction is valid.
func kindOfValidation(code peer.TxValidationCode) kind {
	switch code {
	case peer.TxValidationCode_VALID:
		return ""
	case peer.TxValidationCode_MVCC_READ_CONFLICT, peer.TxValidationCode_PHANTOM_READ_CONFLICT:
		return conflicted
	case peer.TxValidationCode_ENDORSEMENT_POLICY_FAILURE:
		return unendorsed
	case peer.TxValidationCode_DUPLICATE_TXID:
		return duplicated
	default:
		return invalidated
	}
}

// wireError returns the first error that a chaincode put into the texts.
func wireError(st *status.Status) *waymark.Error {
	for _, text := range texts(st) {
		if e, ok := waymark.ParseWire(text); ok {
			return e
		}
	}
	return nil
}

func mentions(st *status.Status, part string) bool {
	for _, text := range texts(st) {
		if strings.Contains(text, part) {
			return true
		}
	}
	return false
}

// texts returns what each endorser said, and then the summary.
func texts(st *status.Status) []string {
	var all []string
	for _, detail := range st.Details() {
		if d, ok := detail.(*gatewaypb.ErrorDetail); ok {
			all = append(all, d.GetMessage())
		}
	}
	return append(all, st.Message())
}

// unanimous reports whether each of some members, at least one, said the same.
func unanimous(st *status.Status, members []string, said *waymark.Error) bool {
	silent := slices.Clone(members)
	for _, detail := range st.Details() {
		d, ok := detail.(*gatewaypb.ErrorDetail)
		if !ok {
			return false
		}
		if e, ok := waymark.ParseWire(d.GetMessage()); !ok || e.MarshalWire() != said.MarshalWire() {
			return false
		}
		silent = slices.DeleteFunc(silent, func(id string) bool { return id == d.GetMspId() })
	}
	return len(members) > 0 && len(silent) == 0
}
