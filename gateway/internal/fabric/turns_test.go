package fabric

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
	"github.com/waymark-ledger/waymark/gateway/internal/share"
)

// fill takes all places, as calls that are going on for many callers would, and returns the turns.
func fill(t *testing.T, all *share.Turns) []*share.Turn {
	t.Helper()
	var taken []*share.Turn
	for {
		turn := all.Join(share.As(t.Context(), fmt.Sprint("other", len(taken))))
		select {
		case <-turn.Come():
			taken = append(taken, turn)
		default:
			turn.Leave()
			return taken
		}
	}
}

// Together the places must be fewer than the calls that a peer serves by default.
func TestTheTurnsFitThePeer(t *testing.T) {
	const peerServes = 500
	n, all := newTurns(50), 0
	for _, kind := range []*share.Turns{n.evaluate, n.endorse, n.submit, n.inquire, n.fetch, n.probe} {
		all += len(fill(t, kind))
	}
	if all != 456 || all >= peerServes {
		t.Errorf("%d calls at once", all)
	}
}

func TestAWriteWaitsForItsTurn(t *testing.T) {
	c := newClient(t, readable())
	others := fill(t, c.turns.endorse)
	done := make(chan error, 1)
	go func() {
		_, err := c.Submit(context.Background(), suspend())
		done <- err
	}()
	if _, err := c.Evaluate(t.Context(), ledger.Call{As: suspend().As, Transaction: waymark.PoliciesBaseline}); err != nil {
		t.Errorf("a query behind the writes: %v", err)
	}
	select {
	case err := <-done:
		t.Fatalf("ended out of turn: %v", err)
	default:
	}
	others[0].Leave()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// One caller whose calls take long, of whatever kind, leaves places for the others.
func TestOneCallerLeavesTurns(t *testing.T) {
	for name, tt := range map[string]struct {
		of func(turns) *share.Turns
		do func(context.Context, *Client) error
	}{
		"query": {func(n turns) *share.Turns { return n.evaluate }, func(ctx context.Context, c *Client) error {
			_, err := c.Evaluate(ctx, ledger.Call{As: suspend().As, Transaction: waymark.PoliciesBaseline})
			return err
		}},
		"endorsement": {func(n turns) *share.Turns { return n.endorse }, func(ctx context.Context, c *Client) error {
			_, err := c.Submit(ctx, suspend())
			return err
		}},
		"submission": {func(n turns) *share.Turns { return n.submit }, func(ctx context.Context, c *Client) error {
			_, err := c.Submit(ctx, suspend())
			return err
		}},
		"block": {func(n turns) *share.Turns { return n.fetch }, func(ctx context.Context, c *Client) error {
			_, err := c.Transaction(ctx, suspend().As, someTx, false, nil)
			return err
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // they wait
			c := newClient(t, readable())
			greedy := share.As(t.Context(), "greedy")
			for range 2 * maxEvaluations {
				tt.of(c.turns).Join(greedy)
			}
			if err := tt.do(share.As(t.Context(), "meek"), c); waymark.CodeOf(err) == waymark.ResourceExhausted || waymark.CodeOf(err) == waymark.Unavailable {
				t.Errorf("the other caller: %v", err)
			}
			c.cfg.Timeouts.Total, c.cfg.Timeouts.Evaluate, c.cfg.Timeouts.Submit = 5*time.Second, 5*time.Second, 5*time.Second
			if err := tt.do(greedy, c); err == nil {
				t.Error("the first caller has more than its part")
			}
		})
	}
}

// With every place of callers' queries taken the peer is still ready, and its height is known.
func TestOverloadIsNoOutage(t *testing.T) {
	c := newClient(t, readable())
	fill(t, c.turns.evaluate)
	c.cfg.Timeouts.Evaluate = 5 * time.Second
	if err := c.Ready(t.Context()); err != nil {
		t.Errorf("ready: %v", err)
	}
	if _, err := c.height(t.Context()); waymark.CodeOf(err) == waymark.ResourceExhausted {
		t.Errorf("height: %v", err)
	}
}

func TestNoTurnInTime(t *testing.T) {
	submit := func(ctx context.Context, c *Client) error {
		_, err := c.Submit(ctx, suspend())
		return err
	}
	evaluate := func(ctx context.Context, c *Client) error {
		_, err := c.Evaluate(ctx, ledger.Call{As: suspend().As, Transaction: waymark.PoliciesBaseline})
		return err
	}
	tests := []struct {
		name string
		full func(*Client) *share.Turns
		do   func(context.Context, *Client) error
		gone bool // the caller is
		want waymark.Code
		time time.Duration // for all of it
	}{
		{"endorsement", func(c *Client) *share.Turns { return c.turns.endorse }, submit, false, waymark.ResourceExhausted, 50 * time.Millisecond},
		{"query", func(c *Client) *share.Turns { return c.turns.evaluate }, evaluate, false, waymark.ResourceExhausted, 50 * time.Millisecond},
		{"endorsement, the caller gone", func(c *Client) *share.Turns { return c.turns.endorse }, submit, true, waymark.Unavailable, time.Minute},
		{"submission", func(c *Client) *share.Turns { return c.turns.submit }, submit, false, waymark.Unavailable, 5 * time.Second}, // in which it is endorsed
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := readable()
			c := newClient(t, p)
			await(t, func() bool { return c.Stream().Connected })
			c.cfg.Timeouts.Total, c.cfg.Timeouts.Evaluate = tt.time, tt.time
			c.cfg.Timeouts.Submit = 10 * time.Millisecond
			fill(t, tt.full(c))
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			if tt.gone {
				cancel()
			}
			err := tt.do(ctx, c)
			if waymark.CodeOf(err) != tt.want {
				t.Errorf("got %v, want %s", err, tt.want)
			}
			if p.submitted != 0 {
				t.Error("something was submitted")
			}
			// What was endorsed may have been submitted for all that the caller knows.
			if about := new(ledger.Failure); errors.As(err, &about) != (tt.name == "submission") {
				t.Errorf("got %v", err)
			}
		})
	}
}

// readable is a peer that answers queries.
func readable() *fakePeer {
	return &fakePeer{evaluate: func() ([]byte, error) { return []byte("{}"), nil }}
}
