//go:build e2e

package e2e

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/test/internal/app"
	"github.com/waymark-ledger/waymark/test/internal/audit"
)

// P9: the same request on the same state gives the same bytes, read set and write
// set, from the chaincode process of every member.
func TestEndorsersAgree(t *testing.T) {
	ctx := limit(t, 2*time.Minute)
	d, fresh, asleep := logger(ctx, t, attest.Ed25519), logger(ctx, t, attest.ES256), logger(ctx, t, attest.Ed25519)
	unregistered := newLogger(t, attest.Ed25519)
	done(ctx, t, operator(t, "producer").SuspendDevice, waymark.DeviceStateRequest{Device: asleep.ID(), Reason: "test"})
	id := shipment(ctx, t, "auditor")
	attach(ctx, t, id, d.ID())
	record(ctx, t, sign(t, d, attest.COSE, 400).Text())
	offer(ctx, t, id, "producer", "carrier")
	registration, err := unregistered.Registration()
	if err != nil {
		t.Fatal(err)
	}
	rotation, err := fresh.Rotate(attest.Ed25519)
	if err != nil {
		t.Fatal(err)
	}
	other := shipment(ctx, t, "")
	parts := newJourney(ctx, t, func(r *waymark.CreateShipmentRequest) { r.Attested, r.Seals = true, []string{"S-1"} })
	parts.offer(ctx, t, "producer", "carrier")
	inPart := waymark.AcceptHandoffRequest{Shipment: parts.id, Number: 1, Reservation: "test",
		Attestations: []string{parts.word(t, parts.logger, attest.COSE), parts.word(t, parts.dock, attest.JWS, waymark.Seal{ID: "S-1", State: waymark.SealBroken})},
		Exceptions:   []waymark.Exception{{Goods: parts.item("1"), Reason: waymark.ExceptionMissing}}}
	waived := newJourney(ctx, t, nil)
	waived.offer(ctx, t, "producer", "carrier")
	waived.accept(ctx, t, map[string]any{"reservation": "test"})
	warm := newCourse(ctx, t, 1, everyKind()...)
	record(ctx, t, warm.message(t, 0, 1, 900), warm.message(t, 0, 30, 500))
	attended := newSigner(ctx, t, newSigner(ctx, t, nil))
	attended.attend(ctx, t)
	done(ctx, t, as(t, "producer", waymark.Relay).RecordPresence, attended.presence(t, waymark.PresenceOnline, time.Now().Unix()))
	many, authority := []string{statement(t, name("logger"), "producer", newKey(t)), statement(t, name("logger"), "producer", newKey(t))}, newDeviceCA(t)
	idle := newDeviceCA(t)
	done(ctx, t, as(t, "producer", waymark.Admin).PutDeviceAuthority, authority.put())
	offered := logger(ctx, t, attest.ES256)
	done(ctx, t, operator(t, "producer").OfferTransfer, waymark.OfferTransferRequest{Device: offered.ID(), To: "carrier", ExpiresAt: time.Now().Add(time.Hour)})
	idled, _ := done(ctx, t, operator(t, "producer").RegisterDevice,
		waymark.RegisterDeviceRequest{Registration: statement(t, name("logger"), "producer", newKey(t))})
	ending := waymark.EndTransferRequest{Device: offered.ID(), Reason: "test"}
	wake := command(ctx, t, operator(t, "producer"), d.ID())
	receipt := receiptOf(t, d, wake.ID, waymark.CommandDone)
	dairy := newDairy(ctx, t)
	milk := []waymark.Line{{ID: dairy.lot, Quantity: "1.50"}}
	granted := name("policy")
	if _, _, err := app.Write[waymark.Policy](ctx, as(t, "producer", waymark.Admin), http.MethodPut, "/v1/policies/"+granted,
		map[string]any{"text": `@retain("P30D") permit (principal in Waymark::Member::"carrier", action, resource);`, "delegable": true}); err != nil {
		t.Fatal(err)
	}
	from := waymark.PolicyRef{Author: "producer", ID: granted}
	offerTitle(ctx, t, id, "producer", "retailer")
	draft, moved, leaving := unconditional(ctx, t, "", true), unconditional(ctx, t, "", false), logger(ctx, t, attest.Ed25519)
	attach(ctx, t, moved, leaving.ID())
	record(ctx, t, sign(t, leaving, attest.COSE, 400).Text())
	offer(ctx, t, moved, "producer", "carrier")
	done(ctx, t, operator(t, "carrier").AcceptHandoff, waymark.AcceptHandoffRequest{Shipment: moved, Number: 1})
	done(ctx, t, as(t, "producer", waymark.Quality).HoldShipment, waymark.HoldRequest{Shipment: moved, Kind: waymark.HoldPendingData, Reason: "test"})
	awaitSameHeight(ctx, t)
	for _, c := range []struct {
		member  string
		role    waymark.Role
		tx      waymark.Transaction
		request any
	}{
		{"producer", waymark.Admin, waymark.MembersRegister, waymark.RegisterMemberRequest{ID: "producer", Name: "Producer, renamed"}},
		{"producer", waymark.Operator, waymark.DevicesRegister, waymark.RegisterDeviceRequest{Registration: registration, Activate: true}},
		{"producer", waymark.Operator, waymark.DevicesSuspend, waymark.DeviceStateRequest{Device: d.ID(), Reason: "test"}},
		{"producer", waymark.Operator, waymark.DevicesResume, waymark.DeviceStateRequest{Device: asleep.ID(), Reason: "test"}},
		{"producer", waymark.Operator, waymark.DevicesRetire, waymark.DeviceStateRequest{Device: d.ID(), Reason: "test"}},
		{"producer", waymark.Operator, waymark.DevicesRotateKey, waymark.RotateKeyRequest{Device: fresh.ID(), Rotation: rotation}},
		{"producer", waymark.Relay, waymark.TelemetryRecord, waymark.RecordRequest{Messages: []string{
			sign(t, d, attest.COSE, 900, 1000, 400, -300).Text(), sign(t, d, attest.JWS, 500).Text(), "garbage"}}},
		{"carrier", waymark.Relay, waymark.TelemetryUndisclosed, waymark.UndisclosedQuery{Messages: []waymark.MessageRef{{Device: d.ID(), Sequence: 1}}}},
		{"producer", waymark.Operator, waymark.CommandsRequest, waymark.CommandRequest{ID: name("command"), Device: d.ID(), Name: "lock",
			Arguments: `{"a":[1,"2"]}`, ExpiresAt: time.Now().Add(time.Hour)}},
		{"producer", waymark.Operator, waymark.CommandsCancel, waymark.CancelCommandRequest{Device: d.ID(), ID: wake.ID, Reason: "test"}},
		{"carrier", waymark.Relay, waymark.CommandsClose, waymark.CloseCommandRequest{Receipt: receipt}},
		{"producer", waymark.Viewer, waymark.CommandsGet, waymark.CommandQuery{Device: d.ID(), ID: wake.ID}},
		{"producer", waymark.Viewer, waymark.CommandsOpen, waymark.DeviceQuery{Device: d.ID()}},
		{"producer", waymark.Operator, waymark.ShipmentsCreate, waymark.CreateShipmentRequest{ID: name("shipment"), Consignee: "retailer",
			Goods: commission(ctx, t, name("Z/1"))}},
		{"producer", waymark.Admin, waymark.GoodsRegisterProduct, waymark.RegisterProductRequest{GTIN: "00012345600012", Name: "milk",
			NetContent: &waymark.Amount{Quantity: "1.50", Unit: "LTR"}, Regulators: []string{"retailer", "auditor"}}},
		{"producer", waymark.Operator, waymark.GoodsCommission, waymark.CommissionRequest{Lot: "urn:epc:class:lgtin:9506000.013435.L-1",
			Items: []string{"urn:epc:id:sgtin:9506000.013435.Z%2F2", "urn:epc:id:sgtin:9506000.013435.Z%2F1"}}},
		{"producer", waymark.Admin, waymark.GoodsAddRegulator, waymark.AddRegulatorRequest{GTIN: dairy.milk, Regulator: "carrier"}},
		{"producer", waymark.Operator, waymark.GoodsPack, waymark.PackRequest{ID: name("act"), Container: dairy.box, Lines: milk}},
		{"producer", waymark.Operator, waymark.GoodsUnpack, waymark.UnpackRequest{ID: name("act"), Container: dairy.box, Lines: dairy.bottles[1:]}},
		{"producer", waymark.Operator, waymark.GoodsTransform, waymark.TransformRequest{ID: name("act"), Inputs: milk, Outputs: []waymark.Output{
			{ID: waymark.Item(dairy.bottle, "y").String(), Lot: lotOf(dairy.bottle, "C")}, {ID: waymark.Item(dairy.bottle, "x").String()}, {ID: lotOf(dairy.milk, "M"), Quantity: "0.5", Unit: "LTR"}}}},
		{"producer", waymark.Operator, waymark.GoodsDecommission, waymark.DecommissionRequest{ID: name("act"), Lines: milk, Reason: "test"}},
		{"auditor", waymark.Operator, waymark.GoodsRecall, waymark.RecallRequest{Lot: dairy.lot, Reason: "test"}},
		{"producer", waymark.Operator, waymark.GoodsLiftRecall, waymark.LiftRecallRequest{Lot: dairy.lot, Reason: "test"}},
		{"producer", waymark.Viewer, waymark.GoodsProduct, waymark.ProductQuery{GTIN: dairy.milk}},
		{"producer", waymark.Viewer, waymark.GoodsGet, waymark.GoodsQuery{ID: dairy.lot}},
		{"producer", waymark.Viewer, waymark.GoodsGet, waymark.GoodsQuery{ID: dairy.bottles[0].ID}},
		{"producer", waymark.Viewer, waymark.GoodsContents, waymark.ContentsQuery{Container: dairy.box, Limit: 2}},
		{"producer", waymark.Viewer, waymark.GoodsTrace, waymark.TraceQuery{ID: dairy.lot, Direction: waymark.TraceForward, Limit: 3}},
		{"producer", waymark.Viewer, waymark.GoodsHistory, waymark.GoodsQuery{ID: dairy.box}},
		{"producer", waymark.Operator, waymark.ShipmentsAttach, waymark.AttachDeviceRequest{Shipment: other, Device: fresh.ID()}},
		{"producer", waymark.Operator, waymark.ShipmentsOffer, waymark.OfferHandoffRequest{Shipment: other, To: "carrier", ExpiresAt: time.Now().Add(time.Hour)}},
		{"carrier", waymark.Operator, waymark.ShipmentsAccept, waymark.AcceptHandoffRequest{Shipment: id, Number: 1}},
		{"carrier", waymark.Operator, waymark.ShipmentsAccept, inPart},
		{"retailer", waymark.Quality, waymark.ShipmentsReleaseExcursion, waymark.ReleaseExcursionRequest{Shipment: warm.id, Device: warm.loggers[0].ID(),
			Rule: "warm", First: 1, Disposition: "test"}},
		{"producer", waymark.Relay, waymark.TelemetryRecord, waymark.RecordRequest{Messages: []string{warm.message(t, 0, 60, 950), warm.message(t, 0, 90, 400)}}},
		{"producer", waymark.Relay, waymark.TelemetryRecord, waymark.RecordRequest{Messages: []string{attended.pack(t)}}},
		{"producer", waymark.Viewer, waymark.ShipmentsGet, waymark.ShipmentQuery{Shipment: warm.id}},
		{"carrier", waymark.Operator, waymark.ShipmentsWaiveClaim, waymark.WaiveClaimRequest{Shipment: waived.id, Number: 1, Reason: "test"}},
		{"carrier", waymark.Operator, waymark.ShipmentsReject, waymark.EndHandoffRequest{Shipment: id, Number: 1, Reason: "test"}},
		{"producer", waymark.Operator, waymark.ShipmentsCancel, waymark.EndHandoffRequest{Shipment: id, Number: 1, Reason: "test"}},
		{"producer", waymark.Operator, waymark.ShipmentsReady, waymark.ReadyShipmentRequest{Shipment: draft}},
		{"producer", waymark.Operator, waymark.ShipmentsVoid, waymark.VoidShipmentRequest{Shipment: other, Reason: "test"}},
		{"producer", waymark.Operator, waymark.ShipmentsDetach, waymark.DetachDeviceRequest{Shipment: moved, Device: leaving.ID()}},
		{"producer", waymark.Quality, waymark.ShipmentsHold, waymark.HoldRequest{Shipment: other, Kind: waymark.HoldQuarantine, Reason: "test"}},
		{"producer", waymark.Quality, waymark.ShipmentsLiftHold, waymark.HoldRequest{Shipment: moved, Kind: waymark.HoldPendingData, Reason: "test"}},
		{"producer", waymark.Operator, waymark.TitlesOffer, waymark.OfferTitleRequest{Shipment: other, To: "carrier", ExpiresAt: time.Now().Add(time.Hour)}},
		{"retailer", waymark.Operator, waymark.TitlesAccept, waymark.AcceptTitleRequest{Shipment: id, Number: 1}},
		{"retailer", waymark.Operator, waymark.TitlesDecline, waymark.EndTitleOfferRequest{Shipment: id, Number: 1, Reason: "test"}},
		{"producer", waymark.Operator, waymark.TitlesCancel, waymark.EndTitleOfferRequest{Shipment: id, Number: 1, Reason: "test"}},
		{"auditor", waymark.Viewer, waymark.TitlesGet, waymark.ShipmentQuery{Shipment: id}},
		{"producer", waymark.Operator, waymark.DevicesRegisterMany, waymark.RegisterManyRequest{Registrations: many}},
		{"producer", waymark.Operator, waymark.DevicesActivate, waymark.DeviceStateRequest{Device: idled.ID, Reason: "test"}},
		{"carrier", waymark.Relay, waymark.DevicesJoin, authority.join(t, "producer")},
		{"producer", waymark.Admin, waymark.DevicesPutAuthority, idle.put()},
		{"producer", waymark.Admin, waymark.DevicesRevokeCertificate, waymark.RevokeCertificateRequest{Authority: authority.id(), Serial: "1f", Reason: "test"}},
		{"producer", waymark.Admin, waymark.DevicesWithdrawAuthority, waymark.WithdrawAuthorityRequest{Authority: authority.id(), Reason: "test"}},
		{"producer", waymark.Admin, waymark.DevicesReplaceKey, waymark.ReplaceKeyRequest{Device: fresh.ID(), Registration: statement(t, fresh.ID(), "producer", newKey(t)), Reason: "test"}},
		{"producer", waymark.Operator, waymark.DevicesRevokeKey, waymark.RevokeKeyRequest{Device: fresh.ID(), Key: "k1", From: time.Now(), Reason: "test"}},
		{"producer", waymark.Operator, waymark.DevicesSetAttributes, waymark.SetAttributesRequest{Device: fresh.ID(), Reason: "test", Attributes: waymark.DeviceAttributes{
			LocationClass: "vehicle", Measures: []waymark.MeasuredClass{{Class: "climate", Measurements: []string{"temperature"}, Visibility: waymark.VisibilityOpen}}}}},
		{"producer", waymark.Operator, waymark.DevicesOfferTransfer, waymark.OfferTransferRequest{Device: fresh.ID(), To: "carrier", ExpiresAt: time.Now().Add(time.Hour)}},
		{"carrier", waymark.Operator, waymark.DevicesAcceptTransfer, waymark.AcceptTransferRequest{Device: offered.ID()}},
		{"carrier", waymark.Operator, waymark.DevicesDeclineTransfer, ending},
		{"producer", waymark.Operator, waymark.DevicesCancelTransfer, ending},
		{"auditor", waymark.Viewer, waymark.DevicesTransfer, waymark.DeviceQuery{Device: offered.ID()}},
		{"auditor", waymark.Viewer, waymark.DevicesHistory, waymark.DeviceQuery{Device: offered.ID()}},
		{"carrier", waymark.Relay, waymark.DevicesRecordPresence, attended.presence(t, waymark.PresenceGone, time.Now().Unix())},
		{"auditor", waymark.Viewer, waymark.DevicesPresence, waymark.DeviceQuery{Device: attended.id}},
		{"auditor", waymark.Viewer, waymark.DevicesAuthority, waymark.AuthorityQuery{Owner: "producer", Authority: authority.id()}},
		{"auditor", waymark.Viewer, waymark.DevicesCertificate, waymark.CertificateQuery{Owner: "producer", Authority: authority.id(), Serial: "1f"}},
		{"producer", waymark.Admin, waymark.PoliciesPut, waymark.PutPolicyRequest{ID: name("policy"), Text: "forbid (principal, action, resource);"}},
		{"producer", waymark.Admin, waymark.PoliciesPutTemplate, waymark.PutTemplateRequest{ID: name("policy"), Template: "insurer-reads-for-claim",
			Parameters: map[string]string{"insurer": "auditor", "purpose": "claim-1", "until": "2100-01-01T00:00:00Z"}}},
		{"carrier", waymark.Admin, waymark.PoliciesDelegate, waymark.DelegatePolicyRequest{Owner: "producer", From: from, ID: name("policy"), Text: "permit (principal, action, resource);"}},
		{"producer", waymark.Admin, waymark.PoliciesWithdraw, waymark.WithdrawPolicyRequest{ID: granted, Reason: "test"}},
		{"producer", waymark.Admin, waymark.PoliciesDryRun, waymark.DryRunRequest{Withdraw: waymark.DryRunWithdrawal{ID: granted}, Devices: []string{fresh.ID()}}},
		{"carrier", waymark.Operator, waymark.PoliciesAuthorize, waymark.CheckRequest{Action: waymark.ActReadTelemetry, Device: fresh.ID()}},
		{"carrier", waymark.Relay, waymark.PoliciesCheck, waymark.CheckRequest{Action: waymark.ActCommandDevice, Device: fresh.ID()}},
		{"auditor", waymark.Viewer, waymark.PoliciesList, waymark.PoliciesQuery{Owner: "producer"}},
		{"auditor", waymark.Viewer, waymark.PoliciesGet, waymark.PolicyQuery{Owner: "producer", Author: "producer", ID: granted}},
		{"auditor", waymark.Viewer, waymark.PoliciesHistory, waymark.PolicyQuery{Owner: "producer", Author: "producer", ID: granted}},
		{"auditor", waymark.Viewer, waymark.ShipmentsGet, waymark.ShipmentQuery{Shipment: id}},
		{"auditor", waymark.Viewer, waymark.ShipmentsHistory, waymark.ShipmentQuery{Shipment: id}},
	} {
		t.Run(string(c.tx), func(t *testing.T) {
			request, err := json.Marshal(c.request)
			if err != nil {
				t.Fatal(err)
			}
			payloads, err := audit.EndorseEverywhere(ctx, local.at, c.member, c.role, c.tx, string(request))
			if err != nil {
				t.Fatal(err)
			}
			first := slices.Sorted(maps.Keys(payloads))[0]
			for member, payload := range payloads {
				if !bytes.Equal(payload, payloads[first]) {
					t.Errorf("%s and %s endorse different bytes", first, member)
				}
			}
		})
	}
}

// P6: custody does not move on the endorsement of members whom it does not concern,
// although three of four satisfy the chaincode's own policy (ASVS 5.0: 2.3.5).
func TestCustodyNeedsTheMembersItConcerns(t *testing.T) {
	ctx := limit(t, time.Minute)
	d := logger(ctx, t, attest.Ed25519)
	id := shipment(ctx, t, "")
	attach(ctx, t, id, d.ID())
	record(ctx, t, sign(t, d, attest.COSE, 400).Text())
	offer(ctx, t, id, "producer", "carrier")
	request, err := json.Marshal(waymark.AcceptHandoffRequest{Shipment: id, Number: 1})
	if err != nil {
		t.Fatal(err)
	}
	code, err := audit.SubmitEndorsedBy(ctx, local.at, "carrier", waymark.Operator, waymark.ShipmentsAccept, string(request), "carrier", "retailer", "auditor")
	if err != nil || code != "ENDORSEMENT_POLICY_FAILURE" {
		t.Errorf("without the producer's endorsement: %s (%v), want ENDORSEMENT_POLICY_FAILURE", code, err)
	}
	code, err = audit.SubmitEndorsedBy(ctx, local.at, "carrier", waymark.Operator, waymark.ShipmentsAccept, string(request), "carrier", "producer", "auditor")
	if err != nil || code != "ENDORSEMENT_POLICY_FAILURE" {
		t.Errorf("without who guards title, the producer's own and so the consignee: %s (%v), want ENDORSEMENT_POLICY_FAILURE", code, err)
	}
	code, err = audit.SubmitEndorsedBy(ctx, local.at, "carrier", waymark.Operator, waymark.ShipmentsAccept, string(request), "carrier", "producer", "retailer")
	if err != nil || code != "VALID" {
		t.Errorf("with all: %s (%v), want VALID", code, err)
	}
}
