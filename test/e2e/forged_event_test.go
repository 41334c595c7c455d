//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/hyperledger/fabric-protos-go-apiv2/peer"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	gateway "github.com/waymark-ledger/waymark/gateway/client"
	"github.com/waymark-ledger/waymark/test/internal/altered"
	"github.com/waymark-ledger/waymark/test/internal/app"
	"github.com/waymark-ledger/waymark/test/internal/fixture"
)

// forgedEvent: a member that writes for itself alone, and tells beside it that goods were handed over to it, is believed by the ledger, and by no gateway.
func forgedEvent(ctx context.Context, t *testing.T, forger *altered.Chaincode, shipment string) {
	t.Helper()
	lie := altered.Lie{
		Writes: []fixture.Write{{Key: "terms/forged", Holder: liar, Text: "whatever"}},
		Event:  waymark.EventHandoffAccepted, Payload: fmt.Sprintf(`{"shipment":%q,"number":1,"from":"producer","to":%q}`, shipment, liar),
	}
	if err := forger.Lie(lie); err != nil {
		t.Fatal(err)
	}
	code, txID := submitForged(ctx, t, liar, shipment)
	if code != peer.TxValidationCode_VALID.String() {
		t.Fatalf("with its event it is %s", code)
	}
	for _, member := range []string{"producer", "retailer"} {
		told := toldOf(ctx, t, as(t, member, waymark.Viewer), waymark.EventsQuery{Shipment: shipment}, txID)
		if len(told) == 0 || slices.ContainsFunc(told, func(e gateway.Event) bool { return e.TxID == txID }) {
			t.Errorf("%s is told of the shipment: %+v", member, told)
		}
	}
}

// toldOf are the events of all blocks up to that of a transaction that a caller is told.
func toldOf(ctx context.Context, t *testing.T, a *app.App, q waymark.EventsQuery, txID string) (events []gateway.Event) {
	t.Helper()
	if err := app.Settle(ctx, txID, a); err != nil {
		t.Fatal(err)
	}
	tx, err := a.Transaction(ctx, gateway.TransactionQuery{TxID: txID})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.ListShipments(ctx, waymark.ShipmentsQuery{At: *tx.BlockNumber, Limit: 1}); err != nil { // which waits for it
		t.Fatal(err)
	}
	for q.After = "0:0:0"; ; {
		page, err := a.ListEvents(ctx, q)
		if err != nil {
			t.Fatal(err)
		}
		events = append(events, page.Events...)
		if page.Next == q.After {
			return events
		}
		q.After = page.Next
	}
}

// TestEventsOfWhatIsPrivate are told, though of what they tell a block has nothing but hashes.
func TestEventsOfWhatIsPrivate(t *testing.T) {
	ctx := limit(t, time.Minute)
	d, _ := proposedDeal(ctx, t, newCurrency())
	d.purge(ctx, t)
	_, last := done(ctx, t, operator(t, "producer").VoidShipment, waymark.VoidShipmentRequest{Shipment: d.id, Reason: "a test"})
	var names []string
	for _, e := range toldOf(ctx, t, as(t, "producer", waymark.Viewer), waymark.EventsQuery{Shipment: d.id, Kind: "terms"}, last.TxID) {
		names = append(names, e.Type)
	}
	if want := []string{"waymark." + waymark.EventTermsProposed, "waymark." + waymark.EventTermsPurged, "waymark." + waymark.EventTermsPurged}; !slices.Equal(names, want) {
		t.Errorf("told %v, want %v", names, want)
	}
}

// toldOfDisclosures fails the test unless the owner is told that messages of a device were disclosed.
func toldOfDisclosures(ctx context.Context, t *testing.T, device string) {
	t.Helper()
	for e, err := range as(t, "producer", waymark.Viewer).Events(ctx, waymark.EventsQuery{Device: device, Kind: waymark.EventTelemetryDisclosed, After: "0:0:0"}) {
		if err != nil || e.Subject != device {
			t.Errorf("of device %s %+v, %v", device, e, err)
		}
		return
	}
	t.Errorf("nobody is told what was disclosed of device %s", device)
}
