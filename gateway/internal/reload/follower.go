package reload

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/waymark-ledger/waymark/gateway/internal/config"
	"go.uber.org/zap"
)

// interval is how often the file is read. A change takes effect when it was seen twice, so
// that a file which is still being written is left alone.
const interval = time.Second

// Part is what follows the configuration in one part of the gateway. It checks all of next
// that concerns it, changing nothing, and returns what puts it in force, which cannot fail;
// nil if nothing has to be done. On an error of any part none is put in force. It is called
// after SIGHUP also if nothing has changed.
type Part func(ctx context.Context, next config.Config) (apply func(), err error)

// Options is what a Follower is made of. All are required.
type Options struct {
	Path        string // of the file
	Environment []string
	Running     config.Config // what the gateway was started with
	Parts       []Part
	Logger      *zap.Logger
	Registry    prometheus.Registerer
	// Still runs do while nobody else reads the files that parts read, and puts them in force.
	Still func(do func())
	// Changed is told of the keys that took effect.
	Changed func(keys []string)
}

// Follower follows the file.
type Follower struct {
	Options
	metrics *metrics
	known   []byte // the bytes that were last acted upon; nil at first
	seen    []byte // the bytes that were last read
}

// New returns a follower. It acts upon the file once after the start, so that no change is
// missed that was made between then and the reading of what is running.
func New(o Options) *Follower {
	return &Follower{Options: o, metrics: newMetrics(o.Registry)}
}

// Run follows until ctx is done. A signal makes it read the file at once.
func (f *Follower) Run(ctx context.Context, signals <-chan os.Signal) {
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	f.follow(ctx, signals, ticker.C)
}

func (f *Follower) follow(ctx context.Context, signals <-chan os.Signal, ticks <-chan time.Time) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-signals:
			f.now(ctx)
		case <-ticks:
			f.look(ctx)
		}
	}
}

// now acts upon the file as it is.
func (f *Follower) now(ctx context.Context) {
	data, err := config.Read(f.Path)
	if err != nil {
		f.refuse(err)
		return
	}
	f.Still(func() { f.act(ctx, data) })
}

// look acts upon the file if it has changed and has stopped changing. A file that cannot be
// read for a moment, as while it is replaced, is no change.
func (f *Follower) look(ctx context.Context) {
	data, err := config.Read(f.Path)
	if err != nil {
		return
	}
	settled := bytes.Equal(data, f.seen)
	f.seen = data
	if settled && !bytes.Equal(data, f.known) {
		f.Still(func() { f.act(ctx, data) })
	}
}

// act puts what data says in force, or nothing of it.
func (f *Follower) act(ctx context.Context, data []byte) {
	first := f.known == nil
	f.known, f.seen = data, data
	next, err := config.Parse(f.Path, data, f.Environment)
	if err != nil {
		f.refuse(err)
		return
	}
	in, changed, waiting := f.Running.Reloaded(next)
	if err := in.Validate(); err != nil { // each is good, and what is changed does not fit what waits
		f.refuse(fmt.Errorf("the changes need a restart: %w", err))
		return
	}
	applies, err := f.prepare(ctx, in)
	if err != nil {
		f.refuse(err)
		return
	}
	for _, apply := range applies {
		apply()
	}
	f.Running = in
	f.metrics.applied(len(waiting))
	if !first || len(changed)+len(waiting) > 0 {
		f.Logger.Info("configuration read again", zap.Strings("changed", changed), zap.Strings("waiting_for_restart", waiting))
	}
	if len(changed) > 0 {
		f.Changed(changed)
	}
}

// prepare asks every part, so that all that is wrong is told at once.
func (f *Follower) prepare(ctx context.Context, in config.Config) ([]func(), error) {
	var applies []func()
	var errs []error
	for _, part := range f.Parts {
		apply, err := part(ctx, in)
		if err != nil {
			errs = append(errs, err)
		}
		if apply != nil {
			applies = append(applies, apply)
		}
	}
	return applies, errors.Join(errs...)
}

func (f *Follower) refuse(err error) {
	f.metrics.refused()
	f.Logger.Error("configuration refused: nothing was changed", zap.Error(err))
}
