package consortium

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/waymark-ledger/waymark/network/internal/supervisor"
)

// downPoll is how often Down looks whether the supervisor is gone.
const downPoll = 10 * time.Millisecond

// Down stops every process of the network, and the supervisor. With purge it
// also removes all the network has written: ledgers, keys, logs.
func (c *Consortium) Down(ctx context.Context, purge bool) error {
	unlock, err := c.lock()
	if err != nil {
		return err
	}
	defer unlock()
	if err := c.log.Stage("stop all processes", func() error { return c.stop(ctx) }); err != nil {
		return err
	}
	if !purge {
		return nil
	}
	return c.log.Stage("remove ledgers, keys and logs", func() error {
		for _, path := range c.network.Purgeable() {
			if err := os.RemoveAll(path); err != nil {
				return fmt.Errorf("purge: %w", err)
			}
		}
		_ = os.Remove(c.network.Dir) // fails, rightly, if something else is in it
		return nil
	})
}

// stop ends the supervisor and waits until it is gone.
func (c *Consortium) stop(ctx context.Context) error {
	err := c.control.Shutdown(ctx)
	for err == nil {
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for supervisor: %w", ctx.Err())
		case <-time.After(downPoll):
		}
		_, err = c.control.Statuses(ctx)
	}
	if errors.Is(err, supervisor.ErrNotRunning) {
		return nil
	}
	return err
}
