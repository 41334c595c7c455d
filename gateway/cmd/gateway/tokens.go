package main

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/waymark-ledger/waymark/gateway/internal/auth"
)

// tokensInterval is how often the tokens file is looked at while nobody calls.
const tokensInterval = time.Second

// tokens is the tokens file in force, if there is one, and who is told of its changes.
type tokens struct {
	told func([]auth.Change)
	file atomic.Pointer[auth.File]
}

// open returns the file in force if it is the one at path, so that no change of it is missed.
func (t *tokens) open(path string) (*auth.File, error) {
	if file := t.file.Load(); file != nil && file.Path() == path {
		return file, file.Look()
	}
	return auth.Open(path)
}

// use puts a file in force, nil for none. What the one before had and it has not, and the other
// way round, is a change, but for the first.
func (t *tokens) use(file *auth.File) {
	before := t.file.Swap(file)
	if before == file {
		return
	}
	if before != nil {
		before.Tell(nil)
	}
	if file != nil {
		file.Tell(t.told)
	}
	if before != nil {
		t.told(auth.Compare(before, file))
	}
}

// all are the tokens in force.
func (t *tokens) all() []auth.Change { return auth.Compare(nil, t.file.Load()) }

// check returns Unavailable while the file cannot be read. It is a health.Part.
func (t *tokens) check(context.Context) error {
	if file := t.file.Load(); file != nil {
		return file.Look()
	}
	return nil
}

// run looks at the file until ctx is done. What is wrong with it the readiness tells.
func (t *tokens) run(ctx context.Context) {
	ticker := time.NewTicker(tokensInterval)
	defer ticker.Stop()
	for {
		_ = t.check(ctx)
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}
