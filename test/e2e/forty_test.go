//go:build e2e

package e2e

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"sync"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/test/internal/app"
)

// client is one of forty that act on a shipment at the same moment, through the gateway
// of its own member.
type client struct {
	member, path string
	body         any // nil to read
}

// fortyClients answer, replace and end the one open handoff of a shipment, attach devices
// to it and read it, whether they may or not.
func fortyClients(shipment string, devices []string) []client {
	at := "/v1/shipments/" + shipment
	offered := func(to string, n int) map[string]any {
		return map[string]any{"to": to, "expires_at": time.Now().Add(time.Hour + time.Duration(n)*time.Minute).UTC()}
	}
	var all []client
	for n := range 4 {
		all = append(all,
			client{"carrier", answer(shipment, 1, "accept"), map[string]string{"reservation": fmt.Sprintf("reservation %d", n)}},
			client{"carrier", answer(shipment, 1, "reject"), map[string]string{"reason": fmt.Sprintf("reason %d", n)}},
			client{"producer", answer(shipment, 1, "cancel"), map[string]string{"reason": fmt.Sprintf("reason %d", n)}},
			client{"producer", at + "/handoffs", offered("retailer", n)},
			client{"carrier", at + "/handoffs", offered("retailer", n)},
			client{"producer", at + "/devices", map[string]string{"device": devices[n]}},
			client{"retailer", answer(shipment, 1, "accept"), map[string]string{}},
			client{"auditor", answer(shipment, 1, "accept"), map[string]string{"reservation": "mine"}},
			client{"auditor", at, nil},
			client{"retailer", at, nil})
	}
	return all
}

// do returns why the client was not served, nil if it was.
func (c client) do(ctx context.Context, a *app.App) error {
	if c.body == nil {
		_, err := app.Read[waymark.ShipmentView](ctx, a, c.path)
		return err
	}
	_, _, err := app.Write[any](ctx, a, http.MethodPost, c.path, c.body)
	return err
}

// P9: forty clients act on one shipment at once. Each is told clearly what became of its
// act, the handoff ends in one way, and every member knows the same custodian.
func TestFortyClientsAtOnce(t *testing.T) {
	ctx := limit(t, 2*time.Minute)
	for range 3 {
		d := logger(ctx, t, attest.Ed25519)
		id := shipment(ctx, t, "auditor")
		attach(ctx, t, id, d.ID())
		record(ctx, t, sign(t, d, attest.COSE, 400).Text())
		offer(ctx, t, id, "producer", "carrier")
		var devices []string
		for range 4 {
			devices = append(devices, logger(ctx, t, attest.Ed25519).ID())
		}
		clients := fortyClients(id, devices)
		outcomes := allAtOnce(ctx, t, clients)
		codes := map[waymark.Code]int{}
		for i, err := range outcomes {
			codes[clearly(t, clients[i], err)]++
		}
		t.Logf("%d clients: %v", len(clients), codes)
		oneCustodian(ctx, t, id, clients, outcomes)
	}
}

// allAtOnce has each client act, and returns what each was told.
func allAtOnce(ctx context.Context, t *testing.T, clients []client) []error {
	t.Helper()
	apps, outcomes := make([]*app.App, len(clients)), make([]error, len(clients))
	for i, c := range clients {
		apps[i] = operator(t, c.member)
	}
	var wait sync.WaitGroup
	for i, c := range clients {
		wait.Go(func() { outcomes[i] = c.do(ctx, apps[i]) })
	}
	wait.Wait()
	return outcomes
}

// clearly fails the test unless an outcome tells the client what is so, and returns its code,
// none for a success.
func clearly(t *testing.T, c client, err error) waymark.Code {
	t.Helper()
	if err == nil {
		return ""
	}
	var p *app.Problem
	if !errors.As(err, &p) {
		t.Errorf("%s %s: %v", c.member, c.path, err)
		return waymark.Internal
	}
	switch p.Code {
	case waymark.Conflict:
	case waymark.FailedPrecondition, waymark.Forbidden:
		if len(p.Reasons) == 0 {
			t.Errorf("%s %s: %v without a reason", c.member, c.path, p)
		}
	default:
		t.Errorf("%s %s: an unclear answer: %v", c.member, c.path, p)
	}
	return p.Code
}

// oneCustodian fails the test unless exactly one of the clients ended the first handoff,
// and all members know who has the goods by that.
func oneCustodian(ctx context.Context, t *testing.T, shipment string, clients []client, outcomes []error) {
	t.Helper()
	awaitSameHeight(ctx, t)
	ways := map[string]waymark.HandoffState{
		answer(shipment, 1, "accept"): waymark.HandoffAccepted,
		answer(shipment, 1, "reject"): waymark.HandoffRejected,
		answer(shipment, 1, "cancel"): waymark.HandoffCancelled,
	}
	var ended []waymark.HandoffState
	for i, c := range clients {
		if state, ends := ways[c.path]; ends && outcomes[i] == nil {
			ended = append(ended, state)
		}
	}
	if len(ended) != 1 {
		t.Fatalf("the handoff of %s ended %d times: %v", shipment, len(ended), ended)
	}
	custodian, leg := "producer", uint64(0)
	if ended[0] == waymark.HandoffAccepted {
		custodian, leg = "carrier", 1
	}
	var first waymark.Custody
	for member := range local.at.Members {
		view, err := as(t, member, waymark.Viewer).Shipment(ctx, waymark.ShipmentQuery{Shipment: shipment})
		if err != nil {
			if member == "carrier" && custodian != "carrier" {
				continue // it is no party unless it accepted, or is offered the goods
			}
			t.Fatalf("read by %s: %v", member, err)
		}
		if first.Shipment == "" {
			first = view.Custody
		}
		if c := view.Custody; c.Custodian != custodian || c.Leg != leg || !reflect.DeepEqual(c, first) || view.Handoffs[0].State != ended[0] {
			t.Errorf("%s knows custody %+v and handoff %+v, want %s on leg %d", member, c, view.Handoffs[0], custodian, leg)
		}
	}
}
