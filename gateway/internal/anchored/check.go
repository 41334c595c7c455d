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
}

// What becomes of a check.
const (
	checkSent   = "sent"
	checkBody   = "body"
	checkFailed = "failed"
)

// NewChecker returns a checker, which does nothing until a Watch follows blocks.
func NewChecker(o Options) *Checker {
	c := &Checker{Options: o, look: time.Second, waiting: waiting{member: o.Member, now: time.Now, devices: map[string]*device{}},
		checks: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "waymark_gateway_anchor_checks_total", Help: "Checks of anchored windows by this gateway, by how they ended: sent; body, which is not as it should be; failed.",
		}, []string{"outcome"})}
	for _, outcome := range []string{checkSent, checkBody, checkFailed} {
		c.checks.WithLabelValues(outcome)
	}
	o.Registry.MustRegister(c.checks)
	return c
}

// How many checks are made at once, and before it is looked who is due again.
const (
	atOnce   = 8
	mostATry = 64
)

// run sends checks until ctx is done.
func (c *Checker) run(ctx context.Context) {
	for found := false; pause.For(ctx, c.look); {
		if !found {
			found = c.find(ctx)
		}
		c.all(ctx, c.waiting.due(mostATry))
	}
}

// all sends the checks of devices.
func (c *Checker) all(ctx context.Context, devices []string) {
	var working sync.WaitGroup
	places := make(chan struct{}, atOnce)
	for _, device := range devices {
		places <- struct{}{}
		working.Go(func() {
			defer func() { <-places }()
			c.try(ctx, device)
		})
	}
	working.Wait()
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
	windows, err := c.check(ctx, device)
	var fault bodies.Fault
	switch {
	case errors.Is(err, context.Canceled):
		return
	case err == nil && windows == 0:
		c.waiting.drop(device)
		return
	case err == nil:
		c.checks.WithLabelValues(checkSent).Inc()
		return
	case errors.As(err, &fault):
		c.checks.WithLabelValues(checkBody).Inc()
		c.Logger.Error("anchored telemetry cannot be checked: its body is not as it should be", zap.String("device_id", device), zap.Error(err))
	default:
		c.checks.WithLabelValues(checkFailed).Inc()
		c.Logger.Warn("anchored telemetry is not checked", zap.String("device_id", device), zap.Error(err))
	}
	c.waiting.failed(device)
}

// check sends the check of as many windows of a device as can be shown, and returns how many. What is wrong with the first one is an
// error, and with a later one too, once those before it are checked. None wait, or none of this member's: none are checked.
func (c *Checker) check(ctx context.Context, device string) (windows int, err error) {
	waiting, err := c.Records.Waiting(ctx, device)
	if err != nil {
		return 0, err
	}
	request := waymark.CheckTelemetryRequest{Device: device}
	opener := NewOpener(c.Bodies, c.Channel)
	var wrong error
	for _, u := range waiting {
		if u.Window.Owner != c.Member { // another store has its messages
			break
		}
		shown, err := c.show(ctx, opener, u)
		if err != nil {
			wrong = fmt.Errorf("messages %d to %d: %w", u.Window.First, u.Window.Last, err)
			break
		}
		more := request
		more.Windows = slices.Concat(request.Windows, []waymark.CheckedWindow{shown})
		if len(request.Windows) > 0 && more.Validate() != nil { // there is no room for it: it goes with the next check
			break
		}
		request = more
	}
	if len(request.Windows) > 0 {
		_, err = c.Ledger.Submit(ctx, ledger.Call{As: c.As, Transaction: waymark.TelemetryCheck, Request: request})
	}
	return len(request.Windows), errors.Join(err, wrong)
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
