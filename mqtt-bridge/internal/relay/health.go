package relay

import (
	"errors"
	"sync"
	"time"

	"github.com/waymark-ledger/waymark/gateway/client"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/gateway"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/spool"
	"go.uber.org/zap"
)

// complainEvery keeps one line of log for many failures of the same outage.
const complainEvery = 10 * time.Second

// Unreachable is the reason of a retry after a gateway gave no answer.
const Unreachable = "unreachable"

// errUnread is of a queue that cannot be read.
var errUnread = errors.New("cannot read the spool")

// health remembers the last failure of each shard until something of it succeeds.
type health struct {
	mu         sync.Mutex
	failures   [spool.Shards]error
	complained time.Time
}

// current joins what stands in the way of any shard, each thing once.
func (h *health) current() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	var distinct []error
	seen := map[string]bool{}
	for _, err := range h.failures {
		if err != nil && !seen[err.Error()] {
			seen[err.Error()] = true
			distinct = append(distinct, err)
		}
	}
	return errors.Join(distinct...)
}

// note records the outcome of a shard's attempt. It reports whether a failure is
// worth a line of log.
func (h *health) note(shard int, err error, now time.Time) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.failures[shard] = err
	if err == nil || now.Sub(h.complained) < complainEvery {
		return false
	}
	h.complained = now
	return true
}

// failed notes a failure, counts it and logs it now and then: whoever sees it counted finds it in Health.
func (s *shard) failed(err error) {
	reason, complain := reasonOf(err), s.health.note(s.index, err, time.Now())
	s.observer.Retried(reason)
	if complain {
		s.log.Warn("messages wait in the spool", zap.String("reason", reason), zap.Error(err))
	}
}

// succeeded ends what failed noted.
func (s *shard) succeeded() { s.health.note(s.index, nil, time.Now()) }

// reasonOf is a label for metrics: few values, known beforehand.
func reasonOf(err error) string {
	var status *client.Problem
	var under *gateway.UnderWay
	switch {
	case errors.Is(err, spool.ErrQuarantineFull):
		return "quarantine_full"
	case errors.Is(err, errUnread):
		return "spool"
	case gateway.CredentialRefused(err):
		return "credential"
	case errors.As(err, &under):
		return "under_way"
	case errors.As(err, &status):
		return "gateway_status"
	}
	return Unreachable
}
