package anchored

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/anchor"
	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
	"github.com/waymark-ledger/waymark/gateway/internal/pause"
)

// Acceptances is what an Acceptor needs of the ledger. Errors hold a waymark.Error.
type Acceptances interface {
	Ledger
	// Evaluate runs a transaction that reads and returns its record as JSON.
	Evaluate(ctx context.Context, call ledger.Call) (json.RawMessage, error)
}

// Checks tells what an acceptance has to compare.
type Checks interface {
	// AnchoredConditions reports whether a shipment has conditions that are judged on anchored messages.
	AnchoredConditions(ctx context.Context, shipment string) (bool, error)
	// Checked returns the anchored windows of a device above a message and up to another, but for those that were forfeited.
	Checked(ctx context.Context, device string, after, last uint64) ([]ledger.Anchored, error)
}

// Bounds of an Acceptor.
const (
	mostTries = 8 // of one acceptance
	againIn   = 250 * time.Millisecond
	mostFolds = 10_000 // devices of which a digest is remembered
)

// Acceptor submits transactions. Where an acceptance rests on anchored messages, and does not say itself what the acceptor's blocks say of their
// checks, it makes that of blocks of the member's own peer. It is safe for concurrent use.
type Acceptor struct {
	ledger Acceptances
	checks Checks
	seen   *seen

	mu    sync.Mutex
	folds map[string]fold
}

// fold is the running digest of a device's checks up to a message.
type fold struct {
	checked uint64
	digest  []byte
}

// NewAcceptor returns an acceptor, to which the blocks are known that the watch sees.
func NewAcceptor(l Acceptances, c Checks, w *Watch) *Acceptor {
	return &Acceptor{ledger: l, checks: c, seen: w.seen, folds: map[string]fold{}}
}

// Submit is that of the ledger. An acceptance between whose making and whose endorsement a check comes is made again.
//
// Codes: those of the ledger; Unavailable while the blocks that an acceptance has to be made of cannot be had.
func (a *Acceptor) Submit(ctx context.Context, call ledger.Call) (ledger.Committed, error) {
	request, is := call.Request.(waymark.AcceptHandoffRequest)
	if !is || len(request.Checked) > 0 {
		return a.ledger.Submit(ctx, call)
	}
	for tries := 1; ; tries++ {
		committed, err := a.accept(ctx, call, request)
		if tries == mostTries || !again(err) || !pause.For(ctx, againIn) {
			return committed, err
		}
	}
}

// again reports whether an acceptance is to be made again: a check came in between, or the read model has not the last one yet.
func again(err error) bool {
	var refusal *waymark.Error
	return errors.Is(err, errBehind) || errors.As(err, &refusal) && slices.Contains(refusal.Reasons, waymark.ReasonMoved)
}

// accept submits an acceptance with what the own blocks say now.
func (a *Acceptor) accept(ctx context.Context, call ledger.Call, request waymark.AcceptHandoffRequest) (ledger.Committed, error) {
	own, err := a.own(ctx, call.As, request.Shipment)
	if err != nil {
		return ledger.Committed{}, err
	}
	request.Checked = own
	call.Request = request
	return a.ledger.Submit(ctx, call)
}

// own is what the member's own blocks say of the checks that an acceptance rests on.
func (a *Acceptor) own(ctx context.Context, as ledger.Identity, shipment string) ([]waymark.OwnChecked, error) {
	if some, err := a.checks.AnchoredConditions(ctx, shipment); err == nil && !some {
		return nil, nil
	}
	witnesses, err := a.witnesses(ctx, as, shipment)
	if err != nil {
		return nil, err
	}
	var own []waymark.OwnChecked
	for _, f := range witnesses {
		if f.Anchored == nil {
			continue
		}
		digest, err := a.fold(ctx, f.Device, f.Anchored.Checked)
		if err != nil {
			return nil, notNow(f.Device, err)
		}
		own = append(own, waymark.OwnChecked{Device: f.Device, Checked: f.Anchored.Checked, Digest: hex.EncodeToString(digest)})
	}
	return own, nil
}

// witnesses are those of a shipment, as the ledger has them now. None are those of one that there is not, or that the caller may not read: the ledger
// says the same of the acceptance, or the caller has to compare.
func (a *Acceptor) witnesses(ctx context.Context, as ledger.Identity, shipment string) ([]waymark.WitnessFinding, error) {
	value, err := a.ledger.Evaluate(ctx, ledger.Call{As: as, Transaction: waymark.ShipmentsGet, Request: waymark.ShipmentQuery{Shipment: shipment}})
	if code := waymark.CodeOf(err); code == waymark.NotFound || code == waymark.Forbidden {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var view waymark.ShipmentView
	if err := json.Unmarshal(value, &view); err != nil {
		return nil, fmt.Errorf("read the shipment: %w", err)
	}
	if view.Verdict == nil {
		return nil, nil
	}
	return view.Verdict.Witnesses, nil
}

// errBehind says that the read model has not what the peer has.
var errBehind = waymark.Errorf(waymark.Unavailable, "the read model has not all anchored windows that are checked: retry")

// notNow is the answer where blocks cannot be had.
func notNow(device string, err error) error {
	if waymark.CodeOf(err) == waymark.Unavailable || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return waymark.Errorf(waymark.Unavailable, "the blocks that the checks of device %s rest on cannot be read: %v", device, err)
}

// fold is the running digest of a device's checks up to a message, as the own peer's blocks make it.
func (a *Acceptor) fold(ctx context.Context, device string, checked uint64) ([]byte, error) {
	a.mu.Lock()
	from := a.folds[device]
	a.mu.Unlock()
	if from.checked > checked { // of a device that has left, and has gone on
		from = fold{}
	}
	windows, err := a.checks.Checked(ctx, device, from.checked, checked)
	if err != nil {
		return nil, err
	}
	if n := len(windows); checked != from.checked && (n == 0 || windows[n-1].Last != checked) {
		return nil, errBehind
	}
	digest := from.digest
	for _, w := range windows {
		hash, err := a.seen.hash(ctx, place{device, w.First}, w.Block)
		if err != nil {
			return nil, fmt.Errorf("block %d: %w", w.Block, err)
		}
		digest = anchor.Checked(digest, w.First, w.Block, hash)
	}
	a.keep(device, fold{checked, digest})
	return digest, nil
}

// keep remembers how far a device was folded.
func (a *Acceptor) keep(device string, f fold) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.folds) >= mostFolds {
		a.folds = map[string]fold{}
	}
	a.folds[device] = f
}
