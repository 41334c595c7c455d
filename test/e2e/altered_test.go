//go:build e2e

package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hyperledger/fabric-chaincode-go/v2/pkg/statebased"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/test/internal/altered"
	"github.com/waymark-ledger/waymark/test/internal/app"
	"github.com/waymark-ledger/waymark/test/internal/audit"
	"github.com/waymark-ledger/waymark/test/internal/fixture"
	"github.com/waymark-ledger/waymark/test/internal/localnet"
)

// liar is the member whose chaincode is altered: the one to which the goods are offered, so
// that its endorsement is one of the two that custody needs.
const liar = "carrier"

// forgery is what the altered chaincode writes instead of what it is asked.
type forgery struct {
	name   string
	writes []fixture.Write
}

// forgeries are of every record on which goods, money, devices or a decision hang, and of
// what protects them. A row is a key and what the liar would like it to be: a key that is
// new needs the endorsements of the chaincode's own policy.
func forgeries(t *testing.T, shipment, device, serial string, sale *deal, note string) []forgery {
	t.Helper()
	const mine, gtin, first = `{"owner":"carrier","holder":"carrier","custodian":"carrier","state":"accepted"}`, app.GTIN, "/0000000000000001"
	own := onlyThe(t, liar)
	var all []forgery
	for _, key := range []string{
		"member/producer",
		"device/" + device,
		"transfer/" + device,
		"authority/producer/forged",
		"revocation/producer/forged/1f",
		"stream/" + device,
		"window/" + device + first,
		"command/" + device + "/forged",
		"commands/" + device,
		"presence/" + device,
		"policy/producer/producer/forged",
		"slots/producer/producer",
		"slot/producer/producer" + first,
		"decision/forged",

		"shipment/" + shipment,
		"custody/" + shipment,
		"cargo/" + shipment,
		"guard/" + shipment,
		"handoff/" + shipment + first,
		"title/" + shipment,
		"titleoffer/" + shipment + first,
		"discrepancy/" + shipment + first,
		"hold/" + shipment + "/quarantine",
		"attachment/" + device,
		"witness/" + shipment + "/" + device,
		"excursion/" + shipment + "/" + device + first + "/0000000000000000",
		"exposure/" + shipment + "/" + device,

		"product/" + gtin,
		"item/" + gtin + "/" + serial,
		"lot/" + gtin + "/L-1",
		"portion/" + gtin + "/L-1/stock/carrier/carrier",
		"lotitem/" + gtin + "/L-1/" + serial,
		"container/395060001234567894",
		"content/395060001234567894/item/" + gtin + "/" + serial,
		"recall/" + gtin + "/L-1",
		"act/forged",

		"terms/" + shipment,
		"escrow/" + shipment,
		"funding/" + shipment,
		"dispute/" + shipment + first,
		"payment/retailer/forged",
		"note/retailer/EUR/carrier/forged",
	} {
		all = append(all, forgery{key, []fixture.Write{{Key: key, Text: mine}}})
	}
	all = append(all, ofMoney(sale, note)...)
	item, title := "item/"+gtin+"/"+serial, "title/"+shipment
	custody, handoff := "custody/"+shipment, "handoff/"+shipment+first
	whole := []fixture.Write{{Key: custody, Text: mine}, {Key: handoff, Text: mine}, {Key: "guard/" + shipment, Text: `{"last":1,"open":false}`}}
	return append(all,
		forgery{"an acceptance", whole},
		forgery{"an item deleted", []fixture.Write{{Key: item, Deleted: true}}},
		forgery{"title deleted", []fixture.Write{{Key: title, Deleted: true}}},
		forgery{"a weaker policy of title", []fixture.Write{{Key: title, Policy: own}}},
		forgery{"custody deleted", []fixture.Write{{Key: custody, Deleted: true}}},
		forgery{"a weaker policy of custody", []fixture.Write{{Key: custody, Policy: own}}},
		forgery{"custody with a weaker policy", []fixture.Write{{Key: custody, Text: mine, Policy: own}}},
		forgery{"a policy of a record without one", []fixture.Write{{Key: "device/" + device, Policy: own}}},
		forgery{"a policy of a new record", []fixture.Write{{Key: "title/forged", Text: mine, Policy: own}}},
		forgery{"what another member holds privately", []fixture.Write{{Key: "disclosure/" + device + first, Holder: "producer", Text: mine}}},
		forgery{"terms at another member", []fixture.Write{
			{Key: "terms/" + shipment, Holder: "retailer", Text: mine}, {Key: "terms/" + shipment, Holder: liar, Text: mine}}},
		forgery{"nothing at all", nil},
	)
}

// ofMoney are forgeries of records of a sale that there are, most with a policy of their own.
func ofMoney(sale *deal, note string) []forgery {
	var all []forgery
	for _, key := range []string{
		"agreement/" + sale.id,
		"escrow/" + sale.id,
		"settlement/" + sale.id,
		"title/" + sale.id,
		"custody/" + sale.id,
		"currency/carrier/" + sale.currency,
		"note/carrier/" + sale.currency + "/retailer/" + note,
	} {
		all = append(all,
			forgery{key, []fixture.Write{{Key: key, Text: `{"owner":"carrier","holder":"carrier","custodian":"carrier","state":"paid"}`}}},
			forgery{key + " deleted", []fixture.Write{{Key: key, Deleted: true}}})
	}
	return all
}

// onlyThe is an endorsement policy of a key that the peers of one member satisfy.
func onlyThe(t *testing.T, member string) []byte {
	t.Helper()
	policy, err := statebased.NewStateEP(nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := policy.AddOrgs(statebased.RoleTypePeer, member); err != nil {
		t.Fatal(err)
	}
	encoded, err := policy.Policy()
	if err != nil {
		t.Fatal(err)
	}
	return encoded
}

// P6, P9: what one member's altered chaincode writes is not the ledger's with that member's
// endorsement alone. The endorsements of all others are of what they find themselves, and
// so of other bytes: sent along, they count for nothing.
func TestAnAlteredChaincodeChangesNothing(t *testing.T) {
	ctx := limit(t, 4*time.Minute)
	d := logger(ctx, t, attest.Ed25519)
	id := shipment(ctx, t, "auditor")
	attach(ctx, t, id, d.ID())
	record(ctx, t, sign(t, d, attest.COSE, 400).Text())
	offer(ctx, t, id, "producer", liar)
	offerTitle(ctx, t, id, "producer", liar)
	sale := newDeal(ctx, t, newCurrency())
	sale.fund(ctx, t, time.Now().Add(time.Hour), "order-3")
	note := noteOf(ctx, t, sale)
	all := append(forgeries(t, id, d.ID(), serialOf(ctx, t, id), sale, note), moneyForgeries(ctx, t, sale)...)
	before := seenByAll(ctx, t, id, d.ID(), sale)
	forger := alter(ctx, t, liar)
	for _, f := range all {
		t.Run(f.name, func(t *testing.T) {
			if err := forger.Forge(f.writes); err != nil {
				t.Fatal(err)
			}
			invalid(ctx, t, liar, id)
		})
	}
	t.Run("with what others endorse", func(t *testing.T) {
		if err := forger.Forge([]fixture.Write{{Key: "custody/" + id, Text: `{"custodian":"carrier"}`}}); err != nil {
			t.Fatal(err)
		}
		invalid(ctx, t, liar, id, "auditor", "producer", "retailer")
	})
	t.Run("through a gateway", func(t *testing.T) {
		_, _, err := app.Write[any](ctx, operator(t, liar), http.MethodPost, answer(id, 1, "accept"), map[string]string{})
		var p *app.Problem
		if !errors.As(err, &p) || p.Code != waymark.Conflict && p.Code != waymark.Unavailable {
			t.Errorf("the gateway of the liar answers %v, want a clear failure", err)
		}
	})
	t.Run("its own private collection", func(t *testing.T) { // is its own affair: this shows that forgeries get as far as being judged
		if err := forger.Forge([]fixture.Write{{Key: "terms/forged", Holder: liar, Text: "whatever"}}); err != nil {
			t.Fatal(err)
		}
		if code, _ := submitForged(ctx, t, liar, id); code != peer.TxValidationCode_VALID.String() {
			t.Errorf("what it keeps for itself is %s", code)
		}
	})
	t.Run("what it tells beside that", func(t *testing.T) { forgedEvent(ctx, t, forger, id) })
	if err := forger.End(ctx); err != nil {
		t.Fatal(err)
	}
	for _, party := range []string{"retailer", "producer"} { // who pays, and who is paid
		t.Run("money by "+party, func(t *testing.T) {
			forger := alter(ctx, t, party)
			for _, f := range ofMoney(sale, note) {
				if err := forger.Forge(f.writes); err != nil {
					t.Fatal(err)
				}
				invalid(ctx, t, party, id)
			}
		})
	}
	after := seenByAll(ctx, t, id, d.ID(), sale)
	for end := time.Now().Add(20 * time.Second); !reflect.DeepEqual(before, after) && time.Now().Before(end); time.Sleep(time.Second) {
		after = seenByAll(ctx, t, id, d.ID(), sale) // the liar's peer finds its own chaincode again
	}
	for what, saw := range before {
		if after[what] != saw {
			t.Errorf("%s was\n%s\nand is\n%s", what, saw, after[what])
		}
	}
	conserved(ctx, t, sale.currency, sale)
	h, _ := done(ctx, t, operator(t, liar).AcceptHandoff, waymark.AcceptHandoffRequest{Shipment: id, Number: 1})
	if h.State != waymark.HandoffAccepted {
		t.Errorf("with the chaincode proper: %+v", h)
	}
}

// noteOf is the note that the payer of a sale has left.
func noteOf(ctx context.Context, t *testing.T, sale *deal) string {
	t.Helper()
	notes, err := as(t, "retailer", waymark.Viewer).ListNotes(ctx, waymark.NotesQuery{Issuer: "carrier", Currency: sale.currency})
	if err != nil || len(notes.Notes) != 1 {
		t.Fatalf("the retailer has %+v (%v)", notes, err)
	}
	return notes.Notes[0].ID
}

// serialOf is the serial number of the item that a shipment holds.
func serialOf(ctx context.Context, t *testing.T, shipment string) string {
	t.Helper()
	view, err := as(t, "producer", waymark.Viewer).Shipment(ctx, waymark.ShipmentQuery{Shipment: shipment})
	if err != nil {
		t.Fatal(err)
	}
	return path.Base(view.Shipment.Goods[0].ID)
}

// TestEveryRecordIsForged: the table has a key of each kind of record that the page on the
// architecture lists, so that no new kind is left out.
func TestEveryRecordIsForged(t *testing.T) {
	root, err := localnet.Root()
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(filepath.Join(root, "docs", "architecture.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(page), "| record | key |")
	table, _, _ = strings.Cut(table, "\n\n")
	kinds := regexp.MustCompile("`([a-z]+)/\\{").FindAllStringSubmatch(table, -1)
	if len(kinds) < 20 {
		t.Fatalf("the page lists %d records", len(kinds))
	}
	forged := map[string]bool{}
	for _, f := range forgeries(t, "shipment", "device", "1", &deal{id: "deal"}, "1") {
		for _, w := range f.writes {
			kind, _, _ := strings.Cut(w.Key, "/")
			forged[kind] = true
		}
	}
	for _, kind := range kinds {
		if !forged[kind[1]] {
			t.Errorf("no %s is forged", kind[1])
		}
	}
}

// alter puts the altered chaincode in the place of a member's own until the test ends.
func alter(ctx context.Context, t *testing.T, member string) *altered.Chaincode {
	t.Helper()
	dir := t.TempDir()
	program := filepath.Join(dir, "forger")
	if err := local.BuildCommand(ctx, "forger", program); err != nil {
		t.Fatal(err)
	}
	c, err := altered.Start(ctx, local.Network, member, program, dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.End(context.WithoutCancel(ctx)); err != nil {
			t.Error(err)
		}
	})
	return c
}

// submitForged submits what the altered chaincode of a member answers to an acceptance, with
// its endorsement and those that others give to the same proposal.
func submitForged(ctx context.Context, t *testing.T, member, shipment string, others ...string) (code, txID string) {
	t.Helper()
	request, err := json.Marshal(waymark.AcceptHandoffRequest{Shipment: shipment, Number: 1})
	if err != nil {
		t.Fatal(err)
	}
	p, err := audit.Propose(local.at, member, waymark.Operator, waymark.ShipmentsAccept, string(request))
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	forged := endorsed(ctx, t, p, member)
	responses := []*peer.ProposalResponse{forged}
	for _, other := range others {
		response := endorsed(ctx, t, p, other)
		if slices.Equal(response.GetPayload(), forged.GetPayload()) {
			t.Fatalf("%s endorses what is forged", other)
		}
		responses = append(responses, response)
	}
	if code, err = p.Submit(ctx, forged.GetPayload(), responses...); err != nil {
		t.Fatal(err)
	}
	return code, p.TxID()
}

// endorsed asks a peer, again if its chaincode has just been replaced.
func endorsed(ctx context.Context, t *testing.T, p *audit.Proposal, member string) *peer.ProposalResponse {
	t.Helper()
	for {
		response, err := p.Endorse(ctx, member)
		if err == nil {
			return response
		}
		select {
		case <-ctx.Done():
			t.Fatal(err)
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// invalid fails the test unless every peer finds the forged transaction invalid for want of
// endorsements.
func invalid(ctx context.Context, t *testing.T, by, shipment string, others ...string) {
	t.Helper()
	const want = "ENDORSEMENT_POLICY_FAILURE"
	code, txID := submitForged(ctx, t, by, shipment, others...)
	if code != want {
		t.Errorf("endorsed by %s and %v: %s, want %s", by, others, code, want)
	}
	for member := range local.at.Members {
		if code, err := audit.ValidationCode(ctx, local.at, member, txID); err != nil || code != want {
			t.Errorf("endorsed by %s and %v: %s (%v) at %s, want %s", by, others, code, err, member, want)
		}
	}
}

// whenAsked is the time of a verdict, which is come to when it is asked for.
var whenAsked = regexp.MustCompile(`"at":"[^"]*",`)

// seenByAll is what the gateway of each member says of a shipment and its device.
func seenByAll(ctx context.Context, t *testing.T, shipment, device string, sale *deal) map[string]string {
	t.Helper()
	awaitSameHeight(ctx, t)
	seen := map[string]string{}
	for member := range local.at.Members {
		for _, page := range []string{"/v1/shipments/" + shipment, "/v1/devices/" + device, "/v1/devices/" + device + "/stream",
			"/v1/members/producer", "/v1/policies/owners/producer", "/v1/devices/" + device + "/windows/1",
			"/v1/shipments/" + sale.id, sale.at("/settlement"), "/v1/members/carrier/currencies/" + sale.currency + "/notes"} {
			status, body, err := as(t, member, waymark.Viewer).Do(ctx, http.MethodGet, page, nil)
			if err != nil {
				t.Fatal(err)
			}
			if status != http.StatusOK { // a refusal is about this request alone
				body = nil
			}
			seen[member+" "+page] = fmt.Sprintf("%d %s", status, whenAsked.ReplaceAll(body, nil))
		}
	}
	return seen
}
