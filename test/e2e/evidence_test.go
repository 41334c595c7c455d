//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/test/internal/app"
	"github.com/waymark-ledger/waymark/test/internal/device"
)

// scanner makes a device of a member, for its dock, that is not registered.
func scanner(t *testing.T, owner, consortium string) *device.Device {
	t.Helper()
	d, err := device.Create(t.TempDir(), device.Settings{ID: name("scanner"), Algorithm: attest.ES256, Consortium: consortium, Owner: owner, Model: "DS-3"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	return d
}

func register(ctx context.Context, t *testing.T, d *device.Device, owner string) {
	t.Helper()
	registration, err := d.Registration()
	if err != nil {
		t.Fatal(err)
	}
	done(ctx, t, operator(t, owner).RegisterDevice, waymark.RegisterDeviceRequest{Registration: registration, Activate: true})
}

// journey is a shipment of five items from producer to retailer, in the producer's hands and
// witnessed by its logger; the carrier and the retailer have a scanner each.
type journey struct {
	id                string
	logger, dock, end *device.Device
	handoff           waymark.Handoff // the one that is open
}

func newJourney(ctx context.Context, t *testing.T, change func(*waymark.CreateShipmentRequest)) *journey {
	t.Helper()
	j := &journey{id: name("shipment"), logger: logger(ctx, t, attest.Ed25519),
		dock: scanner(t, "carrier", local.at.Consortium), end: scanner(t, "retailer", local.at.Consortium)}
	register(ctx, t, j.dock, "carrier")
	register(ctx, t, j.end, "retailer")
	r := waymark.CreateShipmentRequest{ID: j.id, Consignee: "retailer", Arbiter: "auditor",
		Conditions: []waymark.Condition{{Name: "temperature", Unit: "Cel", Minimum: "2", Maximum: "8"}}}
	var serials []string
	for n := range 5 {
		serials = append(serials, fmt.Sprintf("%s-%d", j.id, n+1))
	}
	r.Goods = commission(ctx, t, serials...)
	if change != nil {
		change(&r)
	}
	done(ctx, t, operator(t, "producer").CreateShipment, r)
	attach(ctx, t, j.id, j.logger.ID())
	j.measure(ctx, t)
	return j
}

// item is one of the journey's items, 1 to 5, or one that is not of it.
func (j *journey) item(n string) string { return waymark.Item(app.GTIN, j.id+"-"+n).String() }

func (j *journey) measure(ctx context.Context, t *testing.T) {
	t.Helper()
	record(ctx, t, sign(t, j.logger, attest.COSE, 500).Text())
}

func (j *journey) offer(ctx context.Context, t *testing.T, from, to string) {
	t.Helper()
	j.handoff = offer(ctx, t, j.id, from, to)
	if len(j.handoff.Nonce) != 32 {
		t.Fatalf("nonce %q", j.handoff.Nonce)
	}
}

// word is the attestation of a device at the open handoff, with what it finds of the seals.
func (j *journey) word(t *testing.T, d *device.Device, format attest.Format, seals ...waymark.Seal) string {
	t.Helper()
	return j.wordAt(t, j.handoff, d, format, seals...)
}

func (j *journey) wordAt(t *testing.T, h waymark.Handoff, d *device.Device, format attest.Format, seals ...waymark.Seal) string {
	t.Helper()
	text, err := d.Attest(format, waymark.Attestation{Shipment: j.id, Handoff: h.Number, Nonce: h.Nonce, Seals: seals, At: time.Now().Unix()})
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func (j *journey) accept(ctx context.Context, t *testing.T, body map[string]any) waymark.Handoff {
	t.Helper()
	h, _ := post[waymark.Handoff](ctx, t, operator(t, j.handoff.To), answer(j.id, j.handoff.Number, "accept"), body)
	return h
}

func (j *journey) refused(ctx context.Context, t *testing.T, body map[string]any, code waymark.Code, reason string) {
	t.Helper()
	refused(ctx, t, operator(t, j.handoff.To), answer(j.id, j.handoff.Number, "accept"), body, code, reason)
}

func (j *journey) view(ctx context.Context, t *testing.T) waymark.ShipmentView {
	t.Helper()
	v, err := as(t, "auditor", waymark.Viewer).Shipment(ctx, waymark.ShipmentQuery{Shipment: j.id})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// A logger and a dock scanner attest a handoff; a message that is held back is found out.
func TestAttestedHandoff(t *testing.T) {
	ctx := limit(t, time.Minute)
	j := newJourney(ctx, t, func(r *waymark.CreateShipmentRequest) { r.Attested = true })
	j.offer(ctx, t, "producer", "carrier")
	j.refused(ctx, t, map[string]any{}, waymark.FailedPrecondition, "no-attestation")
	scan := j.word(t, j.dock, attest.COSE)
	j.refused(ctx, t, map[string]any{"attestations": []string{scan}}, waymark.FailedPrecondition, "no-attestation")

	hot := sign(t, j.logger, attest.COSE, 1200) // the producer would rather not send it
	body := map[string]any{"attestations": []string{j.word(t, j.logger, attest.JWS), scan}}
	j.refused(ctx, t, body, waymark.FailedPrecondition, "missing-messages")
	record(ctx, t, hot.Text())
	j.refused(ctx, t, body, waymark.FailedPrecondition, "excursion")
	body["reservation"] = "12 degrees"
	h := j.accept(ctx, t, body)
	if len(h.Attestations) != 2 || h.Attestations[0].Device != j.logger.ID() || h.Attestations[0].Last != 2 || h.Attestations[1].Device != j.dock.ID() {
		t.Errorf("evidence %+v", h.Attestations)
	}
	if again := j.accept(ctx, t, body); again.Changed != h.Changed {
		t.Errorf("accepted again: %+v, first %+v", again.Changed, h.Changed)
	}
}

// An attestation serves the one handoff that it was signed for.
func TestReplayedAttestations(t *testing.T) {
	ctx := limit(t, time.Minute)
	j := newJourney(ctx, t, func(r *waymark.CreateShipmentRequest) { r.Attested = true })
	other := newJourney(ctx, t, nil)
	j.offer(ctx, t, "producer", "carrier")
	other.offer(ctx, t, "producer", "carrier")
	first := j.handoff
	old := j.word(t, j.logger, attest.COSE)
	done(ctx, t, operator(t, "producer").CancelHandoff, waymark.EndHandoffRequest{Shipment: j.id, Number: 1, Reason: "truck broken"})
	j.offer(ctx, t, "producer", "carrier")
	mixed := j.handoff
	mixed.Nonce = first.Nonce
	elsewhere := scanner(t, "carrier", "elsewhere")
	for name, c := range map[string]struct {
		text   string
		reason string
	}{
		"another handoff":    {old, "nonce"},
		"another nonce":      {j.wordAt(t, mixed, j.logger, attest.JWS), "nonce"},
		"another shipment":   {other.word(t, j.dock, attest.COSE), "nonce"},
		"another consortium": {j.word(t, elsewhere, attest.COSE), ""},
	} {
		t.Run(name, func(t *testing.T) {
			j.refused(ctx, t, map[string]any{"reservation": "in any case", "attestations": []string{c.text}}, waymark.Invalid, c.reason)
		})
	}
	j.refused(ctx, t, map[string]any{"attestations": []string{j.word(t, j.end, attest.COSE)}}, waymark.Forbidden, "not-a-witness")
	j.accept(ctx, t, map[string]any{"attestations": []string{j.word(t, j.logger, attest.COSE)}})
}

// A broken seal needs a reservation, and a new one takes its place.
func TestBrokenSeal(t *testing.T) {
	ctx := limit(t, time.Minute)
	j := newJourney(ctx, t, func(r *waymark.CreateShipmentRequest) { r.Seals = []string{"S-1", "S-2"} })
	seal := func(id string, state waymark.SealState) waymark.Seal { return waymark.Seal{ID: id, State: state} }
	j.offer(ctx, t, "producer", "carrier")
	j.refused(ctx, t, map[string]any{}, waymark.FailedPrecondition, "seal")
	j.accept(ctx, t, map[string]any{"attestations": []string{j.word(t, j.dock, attest.COSE, seal("S-1", waymark.SealIntact), seal("S-2", waymark.SealIntact))}})
	j.measure(ctx, t)
	j.offer(ctx, t, "carrier", "retailer")
	body := map[string]any{"attestations": []string{j.word(t, j.end, attest.JWS, seal("S-1", waymark.SealIntact), seal("S-2", waymark.SealBroken), seal("S-3", waymark.SealApplied))}}
	j.refused(ctx, t, body, waymark.FailedPrecondition, "seal")
	body["reservation"] = "S-2 is cut"
	j.accept(ctx, t, body)
	v := j.view(ctx, t)
	if want := []waymark.Seal{seal("S-1", waymark.SealIntact), seal("S-2", waymark.SealBroken), seal("S-3", waymark.SealIntact)}; !slices.Equal(v.Cargo.Seals, want) ||
		v.Custody.State != waymark.ShipmentDiscrepant || len(v.Discrepancies) != 1 {
		t.Errorf("custody %+v, discrepancies %+v", v.Custody, v.Discrepancies)
	}
}

// The goods are accepted in part: one is missing, one damaged, one another, one of another lot,
// one too much; and the claim is waived.
func TestAcceptanceInPart(t *testing.T) {
	ctx := limit(t, time.Minute)
	j := newJourney(ctx, t, func(r *waymark.CreateShipmentRequest) { r.ClaimSeconds = 3600 })
	j.offer(ctx, t, "producer", "carrier")
	exception := func(serial string, reason waymark.ExceptionReason, found string) waymark.Exception {
		return waymark.Exception{Goods: j.item(serial), Reason: reason, Found: found}
	}
	j.refused(ctx, t, map[string]any{"exceptions": []waymark.Exception{exception("9", waymark.ExceptionMissing, "")}}, waymark.FailedPrecondition, "exception")
	j.refused(ctx, t, map[string]any{"exceptions": []waymark.Exception{exception("1", waymark.ExceptionOver, "")}}, waymark.FailedPrecondition, "exception")
	body := map[string]any{"exceptions": []waymark.Exception{
		exception("1", waymark.ExceptionMissing, ""), exception("2", waymark.ExceptionDamaged, ""), exception("3", waymark.ExceptionWrongItem, j.item("8")),
		exception("4", waymark.ExceptionWrongLot, waymark.Goods{GTIN: app.GTIN, Lot: "L2"}.String()), exception("9", waymark.ExceptionOver, ""),
	}}
	h := j.accept(ctx, t, body)
	if h.Counts != (waymark.ExceptionCounts{Missing: 1, WrongItem: 1, Damaged: 1, WrongLot: 1, Over: 1}) || h.Condition != waymark.ConditionConformant {
		t.Errorf("accepted %+v", h)
	}
	if same := j.accept(ctx, t, body); same.Changed != h.Changed {
		t.Errorf("accepted again: %+v, first %+v", same.Changed, h.Changed)
	}
	j.waive(ctx, t)
	again := waymark.CreateShipmentRequest{ID: name("shipment"), Consignee: "retailer", Goods: []waymark.Line{{ID: j.item("1")}}, Conditions: []waymark.Condition{}}
	done(ctx, t, operator(t, "producer").CreateShipment, again) // what stayed behind is free
	j.measure(ctx, t)
	j.offer(ctx, t, "carrier", "retailer")
	j.refused(ctx, t, map[string]any{"exceptions": []waymark.Exception{exception("1", waymark.ExceptionMissing, "")}}, waymark.FailedPrecondition, "exception")
	j.accept(ctx, t, map[string]any{})
	if v := j.view(ctx, t); v.Custody.State != waymark.ShipmentDiscrepant {
		t.Errorf("custody %+v", v.Custody)
	}
}

// waive gives the carrier's claim up.
func (j *journey) waive(ctx context.Context, t *testing.T) {
	t.Helper()
	path := answer(j.id, 1, "waive-claim")
	refused(ctx, t, operator(t, "producer"), path, map[string]string{"reason": "no claim"}, waymark.Forbidden, waymark.DefaultDeny)
	if d := j.view(ctx, t).Discrepancies; len(d) != 1 || !d[0].Open(time.Now()) || d[0].ClaimUntil.Sub(d[0].Opened.Time) != time.Hour {
		t.Fatalf("discrepancies %+v", d)
	}
	post[waymark.Discrepancy](ctx, t, operator(t, "carrier"), path, map[string]string{"reason": "replaced on the spot"})
	refused(ctx, t, operator(t, "carrier"), path, map[string]string{"reason": "after all"}, waymark.FailedPrecondition, "claim-closed")
	if d := j.view(ctx, t).Discrepancies; len(d) != 1 || d[0].Open(time.Now()) || d[0].Waived == nil || !strings.Contains(d[0].Waived.Reason, "replaced") {
		t.Errorf("discrepancies %+v", d)
	}
}
