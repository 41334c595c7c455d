package requests_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
)

// chain stands for the ledger: it orders envelopes, which are what they are about, and tells
// their fates. It calls a journal as ledger.Journal says.
type chain struct {
	mu     sync.Mutex
	ids    int
	blocks map[string]ledger.Fate // by transaction id
	about  map[string]string      // what a transaction is about, by its id
	fates  []string               // of the next transactions; then all are Valid
	hold   chan struct{}          // when not nil, nothing is ordered until it is closed
	loses  int                    // so many of the next envelopes are taken and lost
	bars   int                    // so many of the next copies of one that was lost are refused; -1: all
}

func newChain() *chain {
	return &chain{blocks: make(map[string]ledger.Fate), about: make(map[string]string)}
}

var errLost = errors.New("the orderer lost it")

// endorse makes a transaction.
func (c *chain) endorse(about string) ledger.Endorsed {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ids++
	id := txID(c.ids)
	c.about[id] = about
	return ledger.Endorsed{TxID: id, Envelope: []byte(about), Result: json.RawMessage(fmt.Sprintf(`{"about":%q,"n":%d}`, about, c.ids))}
}

// order puts a transaction into a block, or loses it, or waits until ctx is done.
func (c *chain) order(ctx context.Context, id string) (ledger.Fate, error) {
	c.mu.Lock()
	hold := c.hold
	c.mu.Unlock()
	if hold != nil {
		select {
		case <-hold:
		case <-ctx.Done():
			return ledger.Fate{}, ctx.Err()
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if f, there := c.blocks[id]; there {
		return f, nil
	}
	if c.loses > 0 {
		c.loses--
		return ledger.Fate{}, errLost
	}
	f := ledger.Fate{TxID: id, BlockNumber: uint64(len(c.blocks)), Status: ledger.Valid}
	if len(c.fates) > 0 {
		f.Status, c.fates = c.fates[0], c.fates[1:]
	}
	c.blocks[id] = f
	return f, nil
}

// Resolve implements requests.Resolver.
func (c *chain) Resolve(ctx context.Context, tx ledger.Endorsed) (ledger.Fate, error) {
	if c.refuses(tx.TxID) {
		return ledger.Fate{}, ledger.ErrBarred
	}
	for {
		f, err := c.order(ctx, tx.TxID)
		if err == nil || ctx.Err() != nil {
			return f, err
		}
	}
}

// refuses reports whether the next copy of a transaction is refused.
func (c *chain) refuses(id string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, there := c.blocks[id]
	if there || c.bars == 0 {
		return false
	}
	c.bars = max(c.bars-1, -1)
	return true
}

// write is a write of one transaction, which is endorsed anew once after a conflict.
func (c *chain) write(about string) func(context.Context, ledger.Journal) (ledger.Committed, error) {
	return func(ctx context.Context, j ledger.Journal) (ledger.Committed, error) {
		for attempt := 0; ; attempt++ {
			tx := c.endorse(about)
			if err := j.Endorsed(ctx, tx); err != nil {
				return ledger.Committed{}, err
			}
			j.Submitted(tx.TxID)
			f, err := c.order(ctx, tx.TxID)
			if err != nil {
				return ledger.Committed{}, &ledger.Failure{TxID: tx.TxID, Err: errors.Join(waymark.Errorf(waymark.Unavailable, "?"), err)}
			}
			j.Resolved(f)
			if f.Status == ledger.Valid {
				return ledger.Committed{Commit: ledger.Commit{TxID: f.TxID, BlockNumber: f.BlockNumber, Status: f.Status}, Result: tx.Result}, nil
			}
			if attempt == 1 {
				return ledger.Committed{}, waymark.Errorf(waymark.Conflict, "won each time")
			}
		}
	}
}

// effects are how many valid transactions are about something.
func (c *chain) effects(about string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := 0
	for id, f := range c.blocks {
		if f.Status == ledger.Valid && c.about[id] == about {
			n++
		}
	}
	return n
}

func (c *chain) set(change func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	change()
}

func TestChainKeepsItsWord(t *testing.T) {
	c := newChain()
	tx := c.endorse("x")
	c.loses = 1
	first, err := c.Resolve(t.Context(), tx)
	second, again := c.Resolve(t.Context(), tx)
	if err != nil || again != nil || first != second || c.effects("x") != 1 || slices.Contains([]string{""}, first.Status) {
		t.Errorf("%+v %+v %v %v", first, second, err, again)
	}
}
