//go:build e2e && linux

package faults_test

import (
	"context"

	"github.com/waymark-ledger/waymark/network/endpoints"
	"github.com/waymark-ledger/waymark/test/internal/bridge"
)

// quarantine is what a bridge has in quarantine.
type quarantine struct {
	all      []bridge.Quarantined
	payloads map[string]bool
}

func readQuarantine(ctx context.Context, at *endpoints.Network) (*quarantine, error) {
	all, err := bridge.Quarantine(ctx, at)
	if err != nil {
		return nil, err
	}
	q := &quarantine{all: all, payloads: map[string]bool{}}
	for _, m := range all {
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
