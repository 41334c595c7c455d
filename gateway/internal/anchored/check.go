package anchored

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/anchor"
	"github.com/waymark-ledger/waymark/gateway/internal/bodies"
	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
	"github.com/waymark-ledger/waymark/gateway/internal/pause"
	"go.uber.org/zap"
)

// Ledger is what a Checker needs of the ledger. Errors hold a waymark.Error.
type Ledger interface {
	// Submit runs a transaction that writes. It returns only once the transaction is
	// committed and valid.
	Submit(ctx context.Context, call ledger.Call) (ledger.Committed, error)
}

// Records tells which windows wait for their check.
type Records interface {
	// Unchecked returns the devices that have such windows.
	Unchecked(ctx context.Context) ([]string, error)
	// Waiting returns those of a device, oldest first.
	Waiting(ctx context.Context, device string) ([]ledger.Unchecked, error)
}

// Options are what a Checker is made of.
type Options struct {
	Member  string          // whose windows it checks
	Channel string          // on which they are
	As      ledger.Identity // which signs the checks: a relay or operator of the member
	Ledger  Ledger
	Records Records
	Bodies  Bodies
	Timeout time.Duration // of one check

	Logger   *zap.Logger
	Registry prometheus.Registerer
}

// Checker sends the checks of a member's anchored windows: it shows the messages that were picked by the hashes of blocks that it saw
// itself. What cannot be checked, since its body is not as it should be, it leaves, says so, and tries again later.
type Checker struct {
	Options
	seen    *seen // of the watch
	waiting waiting
	checks  *prometheus.CounterVec
	look    time.Duration // between looks who is due
	opening chan struct{} // has a place for each device whose bodies are open
}

// What becomes of a check.
const (
	checkSent   = "sent"
	checkBody   = "body"
	checkFailed = "failed"
)

// NewChecker returns a checker, which does nothing until a Watch follows blocks.
func NewChecker(o Options) *Checker {
	c := &Checker{Options: o, look: time.Second, opening: make(chan struct{}, mostOpening), waiting: waiting{member: o.Member, now: time.Now, devices: map[string]*device{}, offered: map[string]bool{}},
		checks: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "waymark_gateway_anchor_checks_total", Help: "Checks of anchored windows by this gateway, by how they ended: sent; body, which is not as it should be; failed.",
		}, []string{"outcome"})}
	for _, outcome := range []string{checkSent, checkBody, checkFailed} {
		c.checks.WithLabelValues(outcome)
	}
	o.Registry.MustRegister(c.checks, prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "waymark_gateway_anchor_windows_waiting", Help: "Anchored windows of the member that wait for their check, as the blocks told since this gateway feeds the read model; 0 while another does.",
	}, func() float64 {
		windows, _ := c.waiting.sum()
		return float64(windows)
	}), prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "waymark_gateway_anchor_waiting_seconds", Help: "How long the oldest of them has waited, as far as this gateway saw it.",
	}, func() float64 {
		_, longest := c.waiting.sum()
		return longest.Seconds()
	}))
	return c
}

// Bounds of the work: most of a check is waiting until it is committed, and bodies are open only before that.
const (
	atOnce      = 32 // devices
	mostOpening = 4  // of them with open bodies
	mostATry    = 64 // devices, before it is looked again who is due
)

// run sends checks until ctx is done. A device that takes long holds up no other.
func (c *Checker) run(ctx context.Context) {
	devices := make(chan string)
	var working sync.WaitGroup
	for range atOnce {
		working.Go(func() {
			for device := range devices {
				c.try(ctx, device)
			}
		})
	}
	defer c.waiting.clear()
	defer working.Wait()
	defer close(devices)
	for found := false; pause.For(ctx, c.look); {
		found = found || c.find(ctx)
		for c.give(ctx, devices) {
		}
	}
}

// give hands out devices that are due, and reports whether there may be more.
func (c *Checker) give(ctx context.Context, devices chan<- string) (more bool) {
	due := c.waiting.due(mostATry)
	for _, device := range due {
		select {
		case devices <- device:
		case <-ctx.Done():
			return false
		}
	}
	return len(due) == mostATry
}

// find finds the devices whose windows were there before the blocks that are followed. It reports false if it has to be tried again:
// the read model is not whole yet.
func (c *Checker) find(ctx context.Context) bool {
	devices, err := c.Records.Unchecked(ctx)
	if err != nil {
		c.Logger.Debug("the read model does not say yet which windows wait for their check", zap.Error(err))
		return false
	}
	for _, device := range devices {
		c.waiting.overdue(device)
	}
	return true
}

// try sends the check of a device, and notes what becomes of it.
func (c *Checker) try(ctx context.Context, device string) {
	ctx, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	made, err := c.make(ctx, device)
	wrong := made.wrong
	switch {
	case err == nil && len(made.request.Windows) > 0:
		_, err = c.Ledger.Submit(ctx, ledger.Call{As: c.As, Transaction: waymark.TelemetryCheck, Request: made.request})
	case err == nil && wrong == nil:
		c.waiting.drop(device)
		return
	}
	if errors.Is(err, context.Canceled) || errors.Is(wrong, context.Canceled) {
		return
	}
	if err == nil && len(made.request.Windows) > 0 {
		c.checks.WithLabelValues(checkSent).Inc()
		c.waiting.sent(device, made.left)
	} else {
		c.waiting.failed(device)
	}
	c.tell(device, errors.Join(err, wrong))
}

// tell counts and logs why windows of a device are not checked.
func (c *Checker) tell(device string, err error) {
	var fault bodies.Fault
	switch {
	case err == nil:
	case errors.As(err, &fault):
		c.checks.WithLabelValues(checkBody).Inc()
		c.Logger.Error("anchored telemetry cannot be checked: its body is not as it should be", zap.String("device_id", device), zap.Error(err))
	default:
		c.checks.WithLabelValues(checkFailed).Inc()
		c.Logger.Warn("anchored telemetry is not checked", zap.String("device_id", device), zap.Error(err))
	}
}

// made is a check of the windows of a device.
type made struct {
	request waymark.CheckTelemetryRequest
	left    bool  // windows of the member's wait that are not in it
	wrong   error // with the first of them, if anything is
}

// make makes the check of as many windows of a device as can be shown. None wait, or none of this member's: none are in it.
func (c *Checker) make(ctx context.Context, device string) (m made, err error) {
	select {
	case c.opening <- struct{}{}:
		defer func() { <-c.opening }()
	case <-ctx.Done():
		return m, ctx.Err()
	}
	m.request.Device = device
	waiting, err := c.Records.Waiting(ctx, device)
	if err != nil {
		return m, err
	}
	opener := NewOpener(c.Bodies, c.Channel)
	for _, u := range waiting {
		if u.Window.Owner != c.Member { // another store has its messages
			break
		}
		shown, err := c.show(ctx, opener, u)
		if err != nil {
			m.left, m.wrong = true, fmt.Errorf("messages %d to %d: %w", u.Window.First, u.Window.Last, err)
			break
		}
		more := m.request
		more.Windows = slices.Concat(m.request.Windows, []waymark.CheckedWindow{shown})
		if len(m.request.Windows) > 0 && more.Validate() != nil { // there is no room for it: it goes with the next check
			m.left = true
			break
		}
		m.request = more
	}
	return m, nil
}

// show is a window with its messages that were picked.
func (c *Checker) show(ctx context.Context, o *Opener, u ledger.Unchecked) (waymark.CheckedWindow, error) {
	w := u.Window
	hash, err := c.seen.hash(ctx, place{w.Device, w.First}, u.Block)
	if err != nil {
		return waymark.CheckedWindow{}, fmt.Errorf("its block: %w", err)
	}
	opened, err := o.Open(ctx, w)
	if err != nil {
		return waymark.CheckedWindow{}, err
	}
	shown := waymark.CheckedWindow{First: w.First, Block: u.Block, BlockHash: hex.EncodeToString(hash), Messages: []waymark.ShownMessage{}}
	for _, n := range anchor.Picks(hash, w.Recorded.TxID, w.Device, w.First, w.Last) {
		path, err := anchor.Path(w.Device, w.First, opened.Lines, n)
		if err != nil {
			return waymark.CheckedWindow{}, err
		}
		message := waymark.ShownMessage{Message: opened.Texts[n-w.First], Path: []string{}}
		for _, step := range path {
			message.Path = append(message.Path, hex.EncodeToString(step))
		}
		shown.Messages = append(shown.Messages, message)
	}
	return shown, nil
}
