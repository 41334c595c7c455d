package requests

import (
	"context"
	"errors"
	"maps"
	"time"

	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
	"github.com/waymark-ledger/waymark/gateway/internal/pause"
)

// followed is what is remembered of a request that has no end yet.
type followed struct {
	refused time.Time // since when its transaction was refused, and nothing else; zero if it was not
	told    bool      // its end was told, and is not noted yet
}

// fateOf resolves a transaction of a request however long that takes, until ctx is done.
func (r *Runner) fateOf(ctx context.Context, id string, tx ledger.Endorsed) (ledger.Fate, error) {
	for {
		fate, err := r.resolve(ctx, id, tx)
		if !errors.Is(err, ledger.ErrBarred) || !pause.For(ctx, r.pace.recover) {
			return fate, err
		}
	}
}

// resolve asks what became of a transaction of a request. One that the ordering service has
// refused for long enough, as one that it must not order any more, is Unordered.
func (r *Runner) resolve(ctx context.Context, id string, tx ledger.Endorsed) (ledger.Fate, error) {
	fate, err := r.resolver.Resolve(ctx, tx)
	refused := errors.Is(err, ledger.ErrBarred)
	r.mu.Lock()
	defer r.mu.Unlock()
	u := r.followed[id]
	switch {
	case !refused:
		u.refused = time.Time{}
	case u.refused.IsZero():
		u.refused = time.Now()
	case time.Since(u.refused) >= r.pace.barred:
		return ledger.Fate{TxID: tx.TxID, Status: ledger.Unordered}, nil
	}
	r.remember(id, u)
	return fate, err
}

// remember needs the lock.
func (r *Runner) remember(id string, u followed) {
	if u == (followed{}) {
		delete(r.followed, id)
		return
	}
	r.followed[id] = u
}

// forget drops what is remembered of a request that has its end.
func (r *Runner) forget(id string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.followed, id)
}

// forgetOthers drops what is remembered of requests that are this process's no more.
func (r *Runner) forgetOthers(pending []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.followed) == 0 {
		return
	}
	ours := make(map[string]bool, len(pending))
	for _, id := range pending {
		ours[id] = true
	}
	maps.DeleteFunc(r.followed, func(id string, _ followed) bool { return !ours[id] && r.byID[id] == nil })
}
