package fabric

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
)

// fill takes all places, as many calls that are going on would.
func fill(p places) {
	for range cap(p) {
		p <- struct{}{}
	}
}

// Together the places must be fewer than the calls that a peer serves by default.
func TestTheTurnsFitThePeer(t *testing.T) {
	const peerServes = 500
	n := newTurns()
	if all := cap(n.evaluate) + cap(n.endorse) + cap(n.submit) + cap(n.inquire) + cap(n.probe); all >= peerServes {
		t.Errorf("%d calls at once", all)
	}
}

func TestAWriteWaitsForItsTurn(t *testing.T) {
	c := newClient(t, readable())
	fill(c.turns.endorse)
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
	c.turns.endorse.leave()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// With every place of callers' queries taken the peer is still ready, and its height is known.
func TestOverloadIsNoOutage(t *testing.T) {
	c := newClient(t, readable())
	fill(c.turns.evaluate)
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
		full func(*Client) places
		do   func(context.Context, *Client) error
		gone bool // the caller is
		want waymark.Code
	}{
		{"endorsement", func(c *Client) places { return c.turns.endorse }, submit, false, waymark.ResourceExhausted},
		{"query", func(c *Client) places { return c.turns.evaluate }, evaluate, false, waymark.ResourceExhausted},
		{"endorsement, the caller gone", func(c *Client) places { return c.turns.endorse }, submit, true, waymark.Unavailable},
		{"submission", func(c *Client) places { return c.turns.submit }, submit, false, waymark.Unavailable},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := readable()
			c := newClient(t, p)
			await(t, func() bool { return c.Stream().Connected })
			c.cfg.Timeouts.Total, c.cfg.Timeouts.Evaluate = 50*time.Millisecond, 50*time.Millisecond
			c.cfg.Timeouts.Submit = 10 * time.Millisecond
			fill(tt.full(c))
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
