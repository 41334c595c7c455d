package model_test

import (
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/rules/policy"
	"github.com/waymark-ledger/waymark/chaincode/rules/registry"
	"github.com/waymark-ledger/waymark/chaincode/rules/telemetry"
	"github.com/waymark-ledger/waymark/chaincode/scenario"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/internal/database/databasetest"
)

// signedByTwo: of readings that a device signed itself and others that an edge signed for it, a policy of the owner shows
// some and not the others, whoever signs for the device now; and a theft at the edge disputes those alone.
func signedByTwo(t *testing.T, open databasetest.Opener) {
	w := newTelemetryWorld(t)
	say := func(values ...int64) {
		for _, v := range values {
			w.report(t, celsius(w.Now, v))
			w.Now = w.Now.Add(time.Second)
		}
	}
	say(1, 2)
	w.sign(t, true)
	edge, since := w.logger.Edge, w.Now
	say(3, 4)
	w.sign(t, false)
	say(5)
	admin := w.As("producer", waymark.Admin)
	scenario.Must(w.Consortium, admin, policy.Put, waymark.PutPolicyRequest{ID: "own",
		Text: `permit (principal in Waymark::Member::"auditor", action == Waymark::Action::"ReadTelemetry", resource) when { resource.signer == "device" };`})
	scenario.Must(w.Consortium, admin, registry.RevokeKey, waymark.RevokeKeyRequest{Device: edge, Key: "k1", From: since, Reason: "stolen"})
	w.block()
	m := w.modelOf(t, open)
	for member, want := range map[string]map[uint64]bool{ // by number: whether it is disputed
		"auditor":  {1: false, 2: false, 5: false},
		"producer": {1: false, 2: false, 3: true, 4: true, 5: false},
	} {
		by := w.As(member, waymark.Viewer)
		all, _ := readings(t, m, w.Tx(by), waymark.ReadingsQuery{Device: "logger-1", Name: "temperature"})
		if len(all) != len(want) {
			t.Errorf("%s is shown %d readings, want %d", member, len(all), len(want))
		}
		for _, r := range all {
			disputed, shown := want[r.Sequence]
			if !shown || r.Disputed != disputed || (r.Edge == edge) != disputed {
				t.Errorf("%s is shown %+v", member, r)
			}
		}
		for sequence := uint64(1); sequence <= 5; sequence++ {
			disputed, shown := want[sequence]
			got, err := scenario.Submit(w.Consortium, by, telemetry.Window, waymark.WindowQuery{Device: "logger-1", Sequence: sequence})
			if (err == nil) != shown || err == nil && got.Disputed != disputed {
				t.Errorf("%s is shown the window of message %d: %+v, %v", member, sequence, got, err)
			}
		}
	}
}
