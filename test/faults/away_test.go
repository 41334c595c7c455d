//go:build e2e && linux

package faults_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/test/internal/bridge"
	"github.com/waymark-ledger/waymark/test/internal/way"
)

// unreachable is how long nothing passes between the bridge and its gateway.
const unreachable = time.Minute

// away are the rows of what cannot be reached.
func away() []fault {
	site := func(ctx context.Context, t *testing.T) *site {
		t.Helper()
		between := way.New(t, strings.TrimPrefix(local.at.Members["producer"].GatewayURL, "https://"))
		s := newSite(ctx, t, bridge.Options{Gateway: "https://" + between.Address})
		s.way = between
		return s
	}
	name := fmt.Sprintf("gateway unreachable for %.0f s: ", unreachable.Seconds())
	return []fault{
		{name: name + "nothing passes, connections stay", site: site, inflict: func(ctx context.Context, t *testing.T, r *row) {
			let := r.way.Block()
			t.Cleanup(let)
			pause(ctx, unreachable)
			let()
		}},
		{name: "gateway refuses connections for 10 s", site: site, inflict: func(ctx context.Context, t *testing.T, r *row) {
			r.way.Close()
			pause(ctx, 10*time.Second)
			r.way.Open(t)
		}},
	}
}
