package model

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/rules/access"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
)

const (
	// rulesFor is how long the ledger's rulebook is taken for what it was. When half of that has passed one of those who ask
	// finds out anew, and nobody waits for it.
	rulesFor = 10 * time.Second
	// rulesAgain is how long a failure to find out is told to all who ask.
	rulesAgain = time.Second
)

// errOtherRules is why nothing is answered.
var errOtherRules = waymark.Errorf(waymark.Unavailable, "the chaincode has another rulebook than this gateway: lists are answered again when both are of one version")

// rulebook knows whether the ledger's is the one that this gateway carries.
type rulebook struct {
	ledger Ledger
	own    ledger.Identity // that asks
	now    func() time.Time
	asking chan struct{} // has one place

	mu     sync.Mutex
	same   time.Time // when it was found to be the same last
	tried  time.Time // when finding out failed last
	failed error     // why; nil if it did not since same
}

func newRulebook(l Ledger, own ledger.Identity) *rulebook {
	return &rulebook{ledger: l, own: own, now: time.Now, asking: make(chan struct{}, 1)}
}

// check fails unless the rulebook of the ledger is the one that this gateway carries.
func (b *rulebook) check(ctx context.Context) error {
	good, known, err := b.known()
	if known {
		return err
	}
	if !b.enter(ctx, !good) {
		if good { // another finds out meanwhile
			return nil
		}
		return ctx.Err()
	}
	defer func() { <-b.asking }()
	if _, known, err := b.known(); known { // by whoever had the place
		return err
	}
	err = b.ask(ctx)
	if err != nil && ctx.Err() != nil { // who gives up finds out nothing
		return err
	}
	b.note(err)
	_, _, err = b.known()
	return err
}

// enter takes the place of who asks. It waits for it if it is to, as long as ctx.
func (b *rulebook) enter(ctx context.Context, wait bool) bool {
	select {
	case b.asking <- struct{}{}:
		return true
	default:
	}
	if !wait {
		return false
	}
	select {
	case b.asking <- struct{}{}:
		return true
	case <-ctx.Done():
		return false
	}
}

// known is whether the rulebook still counts as the same, whether that need not be found out anew, and else why it does not.
func (b *rulebook) known() (good, known bool, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.now()
	good = now.Sub(b.same) < rulesFor
	if !good {
		err = b.failed
	}
	return good, now.Sub(b.same) < rulesFor/2 || now.Sub(b.tried) < rulesAgain, err
}

// note notes what was found out. Another rulebook counts at once.
func (b *rulebook) note(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.failed = err
	switch {
	case err == nil:
		b.same, b.tried = b.now(), time.Time{}
	case errors.Is(err, errOtherRules):
		b.same, b.tried = time.Time{}, b.now()
	default:
		b.tried = b.now()
	}
}

func (b *rulebook) ask(ctx context.Context) error {
	raw, err := b.ledger.Evaluate(ctx, ledger.Call{As: b.own, Transaction: waymark.PoliciesBaseline})
	if err != nil {
		return err
	}
	var theirs waymark.Baseline
	if err := json.Unmarshal(raw, &theirs); err != nil {
		return errors.Join(errOtherRules, err)
	}
	if theirs.SHA256 != access.Baseline().SHA256 {
		return errOtherRules
	}
	return nil
}
