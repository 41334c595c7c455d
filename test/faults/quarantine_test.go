//go:build e2e && linux

package faults_test

import (
	"context"

	"github.com/waymark-ledger/waymark/test/internal/bridge"
)

// quarantine is what the bridges of a site have in quarantine.
type quarantine struct {
	all      []bridge.Quarantined
	payloads map[string]bool
}

func (s *site) quarantine(ctx context.Context) (*quarantine, error) {
	q := &quarantine{payloads: map[string]bool{}}
	for _, each := range append([]*site{s}, s.others...) {
		all, err := bridge.Quarantine(ctx, each.at)
		if err != nil {
			return nil, err
		}
		q.all = append(q.all, all...)
	}
	for _, m := range q.all {
		q.payloads[string(m.Payload)] = true
	}
	return q, nil
}

func (q *quarantine) holds(payload []byte) bool { return q.payloads[string(payload)] }

// codesOf counts by code what is there of some devices.
func (q *quarantine) codesOf(devices []*source) map[string]int {
	codes := map[string]int{}
	for _, s := range devices {
		for _, m := range q.all {
			if m.Device == s.device.ID() {
				codes[m.Code]++
			}
		}
	}
	return codes
}
