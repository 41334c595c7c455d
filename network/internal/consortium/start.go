package consortium

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/waymark-ledger/waymark/network/internal/supervisor"
)

const (
	// readyTimeout bounds the start of one process on a busy machine.
	readyTimeout = 60 * time.Second
	readyPoll    = 50 * time.Millisecond
	// lastLineBytes is how much of a log's end is searched for its last line.
	lastLineBytes = 4 << 10
)

// startAll makes the units run and returns when every one of them serves.
func (c *Consortium) startAll(ctx context.Context, units []unit) error {
	for _, u := range units {
		if _, err := c.control.Ensure(ctx, u.spec); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	failures := make(chan error, len(units))
	for _, u := range units {
		go func() { failures <- c.awaitReady(ctx, u) }()
	}
	var errs []error
	for range units {
		errs = append(errs, <-failures)
	}
	return errors.Join(errs...)
}

// startInTurn makes the units run, each only when the one before serves. Peers
// call one another when they start, and one that is refused calls again only
// seconds later.
func (c *Consortium) startInTurn(ctx context.Context, units []unit) error {
	for _, u := range units {
		if err := c.startAll(ctx, []unit{u}); err != nil {
			return err
		}
	}
	return nil
}

// checkPorts names the first port of a process that is down which some other
// program has.
func (c *Consortium) checkPorts(ctx context.Context, units []unit) error {
	running, err := c.running(ctx)
	if err != nil {
		return err
	}
	for _, u := range units {
		if _, up := running[u.spec.Name]; up {
			continue
		}
		if port := portTaken(ctx, u.ports); port != 0 {
			return fmt.Errorf("port %d, which %s needs, is taken by another program: end that one, or choose other ports with --base-port", port, u.spec.Name)
		}
	}
	return nil
}

// running returns the processes that have their ports, by name.
func (c *Consortium) running(ctx context.Context) (map[string]supervisor.Status, error) {
	statuses, err := c.control.Statuses(ctx)
	if err != nil && !errors.Is(err, supervisor.ErrNotRunning) {
		return nil, err
	}
	running := make(map[string]supervisor.Status)
	for _, s := range statuses {
		if s.State == supervisor.Running || s.State == supervisor.Restarting {
			running[s.Name] = s
		}
	}
	return running, nil
}

// awaitReady waits until the unit serves. It gives up when the process has died,
// naming it, its last line and its log.
func (c *Consortium) awaitReady(ctx context.Context, u unit) error {
	for {
		err := u.probe(ctx)
		if err == nil {
			return nil
		}
		status, lost := c.status(ctx, u.spec.Name)
		if lost != nil {
			return lost
		}
		if died(status) {
			return fmt.Errorf("%s died at start (%s): %s: see %s", status.Name, status.Exit, lastLine(status.LogFile), status.LogFile)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s does not serve (%w): see %s", u.spec.Name, err, u.spec.LogFile)
		case <-time.After(readyPoll):
		}
	}
}

// maxStartRestarts is how often a process that comes back by itself may die
// before it is said to have died at start.
const maxStartRestarts = 3

func died(s supervisor.Status) bool {
	if s.State == supervisor.Restarting {
		return s.Restarts >= maxStartRestarts
	}
	return s.State != supervisor.Running
}

// status reports on one process.
func (c *Consortium) status(ctx context.Context, name string) (supervisor.Status, error) {
	statuses, err := c.control.Statuses(ctx)
	if err != nil {
		return supervisor.Status{}, err
	}
	for _, s := range statuses {
		if s.Name == name {
			return s, nil
		}
	}
	return supervisor.Status{}, fmt.Errorf("%w: %q", supervisor.ErrUnknown, name)
}

// lastLine is the last line of a log, which most often says why it ended.
func lastLine(path string) string {
	file, err := os.Open(path)
	if err != nil {
		return "no log"
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return "no log"
	}
	end := make([]byte, min(info.Size(), lastLineBytes))
	if _, err := file.ReadAt(end, info.Size()-int64(len(end))); err != nil {
		return "no log"
	}
	end = bytes.TrimSpace(end)
	if len(end) == 0 {
		return "it said nothing"
	}
	return string(bytes.TrimSpace(end[bytes.LastIndexByte(end, '\n')+1:]))
}
