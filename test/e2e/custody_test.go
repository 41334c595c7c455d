//go:build e2e

package e2e

import (
	"errors"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/test/internal/app"
)

// The story of a shipment with an excursion, and everything refused on its way.
func TestHandoffsWithAnExcursion(t *testing.T) {
	ctx := limit(t, time.Minute)
	d := logger(ctx, t, attest.Ed25519)
	id := shipment(ctx, t, "auditor")
	attach(ctx, t, id, d.ID())
	record(ctx, t, sign(t, d, attest.COSE, 400, 800, 200).Text())

	offer(ctx, t, id, "producer", "carrier")
	refused(ctx, t, operator(t, "retailer"), answer(id, 1, "accept"), map[string]string{}, waymark.Forbidden, "only-offeree-answers-handoff")
	refused(ctx, t, as(t, "carrier", waymark.Viewer), answer(id, 1, "accept"), map[string]string{}, waymark.Forbidden, waymark.DefaultDeny)
	refused(ctx, t, operator(t, "producer"), answer(id, 1, "accept"), map[string]string{}, waymark.Forbidden, "only-offeree-answers-handoff")
	h, _ := done(ctx, t, operator(t, "carrier").AcceptHandoff, waymark.AcceptHandoffRequest{Shipment: id, Number: 1})
	if h.Condition != waymark.ConditionConformant {
		t.Errorf("at the first handoff the condition is %s", h.Condition)
	}
	again, _ := done(ctx, t, operator(t, "carrier").AcceptHandoff, waymark.AcceptHandoffRequest{Shipment: id, Number: 1})
	if again.Changed != h.Changed {
		t.Errorf("accepted again: %+v, want the first result %+v", again.Changed, h.Changed)
	}
	refused(ctx, t, operator(t, "carrier"), answer(id, 1, "accept"), map[string]string{"reservation": "on second thoughts"}, waymark.FailedPrecondition, "handoff-open")

	record(ctx, t, sign(t, d, attest.COSE, 500, 1130, 900).Text())
	offer(ctx, t, id, "carrier", "retailer")
	refused(ctx, t, operator(t, "retailer"), answer(id, 2, "accept"), map[string]string{}, waymark.FailedPrecondition, "excursion")
	done(ctx, t, operator(t, "retailer").AcceptHandoff, waymark.AcceptHandoffRequest{Shipment: id, Number: 2, Reservation: "two readings above 8"})

	view, err := as(t, "auditor", waymark.Viewer).Shipment(ctx, waymark.ShipmentQuery{Shipment: id})
	if err != nil {
		t.Fatal(err)
	}
	if view.Custody.State != waymark.ShipmentDiscrepant || view.Custody.Custodian != "retailer" || len(view.Excursions) != 1 || view.Excursions[0].Max != "11.3" {
		t.Errorf("the shipment is %+v with excursions %+v", view.Custody, view.Excursions)
	}
}

// P7: missing data is unknown, never conformant.
func TestAcceptanceWithoutDataNeedsReservation(t *testing.T) {
	ctx := limit(t, time.Minute)
	d := logger(ctx, t, attest.Ed25519)
	id := shipment(ctx, t, "")
	attach(ctx, t, id, d.ID())
	offer(ctx, t, id, "producer", "retailer")
	refused(ctx, t, operator(t, "retailer"), answer(id, 1, "accept"), map[string]string{}, waymark.FailedPrecondition, "no-witness")
	first, _, third := sign(t, d, attest.COSE, 400), sign(t, d, attest.COSE, 400), sign(t, d, attest.COSE, 400)
	record(ctx, t, first.Text(), third.Text())
	refused(ctx, t, operator(t, "retailer"), answer(id, 1, "accept"), map[string]string{}, waymark.FailedPrecondition, "missing-messages")
	done(ctx, t, operator(t, "retailer").RejectHandoff, waymark.EndHandoffRequest{Shipment: id, Number: 1, Reason: "no data"})
	offer(ctx, t, id, "producer", "retailer")
	done(ctx, t, operator(t, "producer").CancelHandoff, waymark.EndHandoffRequest{Shipment: id, Number: 2, Reason: "truck broken"})
}

// Many different answers to one handoff: one success, and for each other a clear refusal
// (ASVS 5.0: 2.3.4, 15.4.2).
func TestConcurrentAcceptance(t *testing.T) {
	ctx := limit(t, time.Minute)
	d := logger(ctx, t, attest.Ed25519)
	id := shipment(ctx, t, "auditor")
	attach(ctx, t, id, d.ID())
	record(ctx, t, sign(t, d, attest.COSE, 400).Text())
	offer(ctx, t, id, "producer", "carrier")
	const callers = 20
	outcomes := make([]error, callers)
	var wait sync.WaitGroup
	for i := range callers {
		wait.Go(func() {
			_, _, outcomes[i] = app.Write[waymark.Handoff](ctx, operator(t, "carrier"), http.MethodPost, answer(id, 1, "accept"),
				map[string]string{"reservation": fmt.Sprintf("reservation %d", i)})
		})
	}
	wait.Wait()
	succeeded := 0
	for _, err := range outcomes {
		var p *app.Problem
		switch {
		case err == nil:
			succeeded++
		case errors.As(err, &p) && (p.Code == waymark.Conflict || p.Code == waymark.FailedPrecondition):
		default:
			t.Errorf("an unclear answer: %v", err)
		}
	}
	if succeeded != 1 {
		t.Errorf("%d of %d acceptances succeeded, want 1", succeeded, callers)
	}
	view, err := as(t, "carrier", waymark.Viewer).Shipment(ctx, waymark.ShipmentQuery{Shipment: id})
	if err != nil || view.Custody.Leg != 1 {
		t.Errorf("custody %+v (%v)", view.Custody, err)
	}
}
