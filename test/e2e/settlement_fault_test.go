//go:build e2e

package e2e

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/test/internal/app"
)

// P2: a gateway that dies between the two transactions of a settlement leaves nothing undone that
// the same request does not do, once.
func TestASettlementThatWasCutIsFinished(t *testing.T) {
	ctx := limit(t, 3*time.Minute)
	currency := newCurrency()
	d := newDeal(ctx, t, currency)
	d.fund(ctx, t, time.Now().Add(time.Hour), "order-12")
	d.deliver(ctx, t, 100)
	done(ctx, t, operator(t, "retailer").WaiveClaim, waymark.WaiveClaimRequest{Shipment: d.id, Number: 1, Reason: "agreed"})
	producer, cut := operator(t, "producer"), make(chan struct{})
	go func() {
		defer close(cut)
		_, _, _ = producer.Do(ctx, http.MethodPost, d.at("/escrow/settle"), nil) // its end is what is tested
	}()
	d.awaitDecided(ctx, t)
	if err := local.Kill(ctx, "gateway.producer"); err != nil {
		t.Fatal(err)
	}
	<-cut
	if err := local.Start(ctx, "gateway.producer"); err != nil {
		t.Fatal(err)
	}
	t.Logf("when it was cut the escrow was %s", d.settlement(ctx, t).Escrow.State)
	awaitAnswer(ctx, t, producer, d.at("/settlement"))
	due := d.value() - d.units*d.penalty
	paid, _ := done(ctx, t, producer.SettleEscrow, waymark.SettleRequest{Shipment: d.id})
	if paid.Escrow.State != waymark.EscrowPaid || paid.Settlement.Paid != due {
		t.Errorf("paid out %+v, want %d", paid, due)
	}
	conserved(ctx, t, currency, d)
	if has := balance(ctx, t, "producer", currency); has != due {
		t.Errorf("the producer has %d, want %d", has, due)
	}
}

// awaitAnswer waits until a gateway that was started answers.
func awaitAnswer(ctx context.Context, t *testing.T, a *app.App, path string) {
	t.Helper()
	for {
		status, _, err := a.Do(ctx, http.MethodGet, path, nil)
		if err == nil && status == http.StatusOK {
			return
		}
		if ctx.Err() != nil {
			t.Fatal(err)
		}
		time.Sleep(100 * time.Millisecond)
	}
}

func (d *deal) settlement(ctx context.Context, t *testing.T) waymark.SettlementView {
	t.Helper()
	v, err := as(t, "retailer", waymark.Viewer).Settlement(ctx, waymark.SettlementQuery{Shipment: d.id})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func (d *deal) awaitDecided(ctx context.Context, t *testing.T) {
	t.Helper()
	for d.settlement(ctx, t).Settlement.State != waymark.SettlementDecided {
		time.Sleep(time.Millisecond)
	}
}

// Whoever takes its money back gives title back in the same transaction, and the other parties
// have the say over the goods then.
func TestTitleGoesBackWithTheMoney(t *testing.T) {
	ctx := limit(t, 2*time.Minute)
	currency := newCurrency()
	d := newDeal(ctx, t, currency)
	date := time.Now().Add(20 * time.Second) // enough for what is before it, however slow the network is
	d.fund(ctx, t, date, "order-13")
	offerTitle(ctx, t, d.id, "producer", "retailer")
	done(ctx, t, operator(t, "retailer").AcceptTitle, waymark.AcceptTitleRequest{Shipment: d.id, Number: 1})
	refused(ctx, t, operator(t, "retailer"), "/v1/shipments/"+d.id+"/title/offers",
		map[string]any{"to": "carrier", "expires_at": time.Now().Add(time.Hour).UTC()}, waymark.FailedPrecondition, waymark.ReasonEscrow)
	time.Sleep(time.Until(date) + time.Second)
	done(ctx, t, operator(t, "retailer").RefundEscrow, waymark.EscrowRequest{Shipment: d.id})
	expectShipment(ctx, t, d.id, waymark.ShipmentReady, "producer", "producer")
	offerTitle(ctx, t, d.id, "producer", "carrier")
	done(ctx, t, operator(t, "carrier").AcceptTitle, waymark.AcceptTitleRequest{Shipment: d.id, Number: 2})
	offer(ctx, t, d.id, "producer", "carrier")
	conserved(ctx, t, currency, d)
}
