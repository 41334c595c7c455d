package rest_test

import (
	"net/http"
	"net/url"
	"reflect"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// reached is a request, and what of it reaches the ledger.
type reached struct {
	method, path, body string
	result             string
	tx                 waymark.Transaction
	want               any
	status             int
	location           string
}

func reachedByRoutes(t *testing.T) []reached {
	t.Helper()
	const handoff = "/v1/shipments/S1/handoffs/3/"
	const lot, box = "urn:epc:class:lgtin:0012345.060001.L1", "https://id.gs1.org/00/395060001234567894"
	const slashed = "https://id.gs1.org/01/00012345600012/21/a%2Fb%26%2B"
	message, _, _ := sealed(t)
	return []reached{
		{method: "GET", path: "/v1/members/producer", tx: waymark.MembersGet, want: waymark.MemberQuery{Member: "producer"}},
		{method: "PUT", path: "/v1/members/producer", body: `{"name":"P"}`,
			tx: waymark.MembersRegister, want: waymark.RegisterMemberRequest{ID: "producer", Name: "P"}},
		{method: "POST", path: "/v1/devices", body: `{"registration":"a.b.c"}`, result: `{"id":"logger-1"}`,
			tx: waymark.DevicesRegister, want: waymark.RegisterDeviceRequest{Registration: "a.b.c"}, status: 201, location: "/v1/devices/logger-1"},
		{method: "GET", path: "/v1/devices/logger-1", tx: waymark.DevicesGet, want: waymark.DeviceQuery{Device: "logger-1"}},
		{method: "POST", path: "/v1/devices/logger-1/suspend", body: `{"reason":"lost"}`,
			tx: waymark.DevicesSuspend, want: waymark.DeviceStateRequest{Device: "logger-1", Reason: "lost"}},
		{method: "POST", path: "/v1/devices/logger-1/resume", body: `{"reason":"found"}`,
			tx: waymark.DevicesResume, want: waymark.DeviceStateRequest{Device: "logger-1", Reason: "found"}},
		{method: "POST", path: "/v1/devices/logger-1/retire", body: `{"reason":"old"}`,
			tx: waymark.DevicesRetire, want: waymark.DeviceStateRequest{Device: "logger-1", Reason: "old"}},
		{method: "POST", path: "/v1/devices/logger-1/rotate", body: `{"rotation":"a.b.c"}`,
			tx: waymark.DevicesRotateKey, want: waymark.RotateKeyRequest{Device: "logger-1", Rotation: "a.b.c"}},
		{method: "GET", path: "/v1/devices/logger-1/stream", tx: waymark.TelemetryStream, want: waymark.DeviceQuery{Device: "logger-1"}},
		{method: "GET", path: "/v1/devices/logger-1/windows/7", tx: waymark.TelemetryWindow, want: waymark.WindowQuery{Device: "logger-1", Sequence: 7}},
		{method: "POST", path: "/v1/messages", body: `{"messages":["` + message + `"]}`,
			tx: waymark.TelemetryRecord, want: waymark.RecordRequest{Messages: []string{message}}},
		{method: "POST", path: "/v1/devices/logger-1/commands", body: `{"id":"c1","name":"wake","arguments":"{\"a\":1}","expires_at":"2026-01-02T03:04:05Z","purpose":"claim-1"}`,
			status: 201, location: "/v1/devices/logger-1/commands/c1", tx: waymark.CommandsRequest,
			want: waymark.CommandRequest{ID: "c1", Device: "logger-1", Name: "wake", Arguments: `{"a":1}`, ExpiresAt: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Purpose: "claim-1"}},
		{method: "GET", path: "/v1/devices/logger-1/commands", tx: waymark.CommandsOpen, want: waymark.DeviceQuery{Device: "logger-1"}},
		{method: "GET", path: "/v1/devices/logger-1/commands/c1", tx: waymark.CommandsGet, want: waymark.CommandQuery{Device: "logger-1", ID: "c1"}},
		{method: "POST", path: "/v1/devices/logger-1/commands/c1/cancel", body: `{"reason":"no need"}`,
			tx: waymark.CommandsCancel, want: waymark.CancelCommandRequest{Device: "logger-1", ID: "c1", Reason: "no need"}},
		{method: "POST", path: "/v1/command-receipts", body: `{"receipt":"a.b.c"}`,
			tx: waymark.CommandsClose, want: waymark.CloseCommandRequest{Receipt: "a.b.c"}},
		{method: "POST", path: "/v1/shipments", body: `{"id":"S1","consignee":"retailer","goods":[{"id":"urn:epc:id:sgtin:0012345.060001.1"}],` +
			`"conditions":[{"name":"temperature","unit":"Cel","maximum":"8"}]}`,
			tx: waymark.ShipmentsCreate, status: 201, location: "/v1/shipments/S1",
			want: waymark.CreateShipmentRequest{ID: "S1", Consignee: "retailer",
				Goods:      []waymark.Line{{ID: "urn:epc:id:sgtin:0012345.060001.1"}},
				Conditions: []waymark.Condition{{Name: "temperature", Unit: "Cel", Maximum: "8"}}}},
		{method: "GET", path: "/v1/shipments/S1", tx: waymark.ShipmentsGet, want: waymark.ShipmentQuery{Shipment: "S1"}},
		{method: "GET", path: "/v1/shipments/S1/history", tx: waymark.ShipmentsHistory, want: waymark.ShipmentQuery{Shipment: "S1"}},
		{method: "POST", path: "/v1/shipments/S1/devices", body: `{"device":"logger-1"}`, status: 201, location: "/v1/shipments/S1",
			tx: waymark.ShipmentsAttach, want: waymark.AttachDeviceRequest{Shipment: "S1", Device: "logger-1"}},
		{method: "POST", path: "/v1/shipments/S1/handoffs", body: `{"to":"carrier","expires_at":"2026-01-02T03:04:05Z"}`,
			status: 201, location: "/v1/shipments/S1", tx: waymark.ShipmentsOffer,
			want: waymark.OfferHandoffRequest{Shipment: "S1", To: "carrier", ExpiresAt: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}},
		{method: "POST", path: handoff + "accept", tx: waymark.ShipmentsAccept, want: waymark.AcceptHandoffRequest{Shipment: "S1", Number: 3}},
		{method: "POST", path: handoff + "accept", body: `{"reservation":"too warm"}`,
			tx: waymark.ShipmentsAccept, want: waymark.AcceptHandoffRequest{Shipment: "S1", Number: 3, Reservation: "too warm"}},
		{method: "POST", path: handoff + "accept", body: `{"attestations":["a.b.c"],"exceptions":[{"goods":"https://id.gs1.org/01/00012345600012/21/1","reason":"missing","note":"gone"}]}`,
			tx: waymark.ShipmentsAccept, want: waymark.AcceptHandoffRequest{Shipment: "S1", Number: 3, Attestations: []string{"a.b.c"},
				Exceptions: []waymark.Exception{{Goods: "https://id.gs1.org/01/00012345600012/21/1", Reason: waymark.ExceptionMissing, Note: "gone"}}}},
		{method: "POST", path: handoff + "accept", body: `{"checked":[{"device":"logger-1"}]}`,
			tx: waymark.ShipmentsAccept, want: waymark.AcceptHandoffRequest{Shipment: "S1", Number: 3, Checked: []waymark.OwnChecked{{Device: "logger-1"}}}},
		{method: "POST", path: handoff + "waive-claim", body: `{"reason":"settled"}`,
			tx: waymark.ShipmentsWaiveClaim, want: waymark.WaiveClaimRequest{Shipment: "S1", Number: 3, Reason: "settled"}},
		{method: "POST", path: handoff + "reject", body: `{"reason":"no"}`,
			tx: waymark.ShipmentsReject, want: waymark.EndHandoffRequest{Shipment: "S1", Number: 3, Reason: "no"}},
		{method: "POST", path: handoff + "cancel", body: `{"reason":"no"}`,
			tx: waymark.ShipmentsCancel, want: waymark.EndHandoffRequest{Shipment: "S1", Number: 3, Reason: "no"}},
		{method: "POST", path: "/v1/products", body: `{"gtin":"00012345600012","name":"milk","net_content":{"quantity":"1","unit":"LTR"},"regulators":["auditor"]}`,
			status: 201, location: "/v1/products/00012345600012", tx: waymark.GoodsRegisterProduct,
			want: waymark.RegisterProductRequest{GTIN: "00012345600012", Name: "milk", NetContent: &waymark.Amount{Quantity: "1", Unit: "LTR"}, Regulators: []string{"auditor"}}},
		{method: "POST", path: "/v1/goods:commission", body: `{"items":["urn:epc:id:sgtin:0012345.060001.1"]}`,
			tx: waymark.GoodsCommission, want: waymark.CommissionRequest{Items: []string{"urn:epc:id:sgtin:0012345.060001.1"}}},
		{method: "POST", path: "/v1/shipments/S1/excursions:release", body: `{"device":"logger-1","rule":"cold","first":4,"disposition":"stable"}`,
			tx: waymark.ShipmentsReleaseExcursion, want: waymark.ReleaseExcursionRequest{Shipment: "S1", Device: "logger-1", Rule: "cold", First: 4, Disposition: "stable"}},
		{method: "GET", path: "/v1/products/00012345600012", tx: waymark.GoodsProduct, want: waymark.ProductQuery{GTIN: "00012345600012"}},
		{method: "POST", path: "/v1/products/00012345600012/regulators", body: `{"regulator":"auditor"}`,
			tx: waymark.GoodsAddRegulator, want: waymark.AddRegulatorRequest{GTIN: "00012345600012", Regulator: "auditor"}},
		{method: "POST", path: "/v1/goods:pack", body: `{"id":"a1","container":"` + box + `","lines":[{"id":"` + lot + `","quantity":"1.5"}]}`,
			tx: waymark.GoodsPack, want: waymark.PackRequest{ID: "a1", Container: box, Lines: []waymark.Line{{ID: lot, Quantity: "1.5"}}}},
		{method: "POST", path: "/v1/goods:unpack", body: `{"id":"a1","container":"` + box + `","lines":[{"id":"` + lot + `","quantity":"1.5"}]}`,
			tx: waymark.GoodsUnpack, want: waymark.UnpackRequest{ID: "a1", Container: box, Lines: []waymark.Line{{ID: lot, Quantity: "1.5"}}}},
		{method: "POST", path: "/v1/goods:transform", body: `{"id":"a1","inputs":[{"id":"` + lot + `","quantity":"1.5"}],"outputs":[{"id":"` + lot + `2","quantity":"1.5","unit":"KGM"}]}`,
			tx: waymark.GoodsTransform, want: waymark.TransformRequest{ID: "a1", Inputs: []waymark.Line{{ID: lot, Quantity: "1.5"}}, Outputs: []waymark.Output{{ID: lot + "2", Quantity: "1.5", Unit: "KGM"}}}},
		{method: "POST", path: "/v1/goods:decommission", body: `{"id":"a1","lines":[{"id":"` + lot + `","quantity":"1.5"}],"reason":"sold"}`,
			tx: waymark.GoodsDecommission, want: waymark.DecommissionRequest{ID: "a1", Lines: []waymark.Line{{ID: lot, Quantity: "1.5"}}, Reason: "sold"}},
		{method: "POST", path: "/v1/goods:recall", body: `{"lot":"` + lot + `","reason":"glass","reference":"7/26"}`,
			tx: waymark.GoodsRecall, want: waymark.RecallRequest{Lot: lot, Reason: "glass", Reference: "7/26"}},
		{method: "POST", path: "/v1/goods:lift-recall", body: `{"lot":"` + lot + `","reason":"none"}`,
			tx: waymark.GoodsLiftRecall, want: waymark.LiftRecallRequest{Lot: lot, Reason: "none"}},
		{method: "GET", path: "/v1/goods?id=" + url.QueryEscape(slashed), tx: waymark.GoodsGet, want: waymark.GoodsQuery{ID: slashed}},
		{method: "GET", path: "/v1/goods/history?id=" + url.QueryEscape(box), tx: waymark.GoodsHistory, want: waymark.ThingQuery{ID: box}},
		{method: "GET", path: "/v1/goods/acts/a1", tx: waymark.GoodsAct, want: waymark.ActQuery{ID: "a1"}},
		{method: "GET", path: "/v1/goods/contents?limit=7&cursor=abc&id=" + url.QueryEscape(box), tx: waymark.GoodsContents,
			want: waymark.ContentsQuery{Container: box, Limit: 7, Cursor: "abc"}},
		{method: "GET", path: "/v1/goods/trace?direction=back&id=" + url.QueryEscape(lot), tx: waymark.GoodsTrace, want: waymark.TraceQuery{ID: lot, Direction: waymark.TraceBack}},
		{method: "POST", path: "/v1/policies:check", body: `{"action":"ReadDevice","device":"logger-1"}`,
			tx: waymark.PoliciesCheck, want: waymark.CheckRequest{Action: waymark.ActReadDevice, Device: "logger-1"}},
		{method: "GET", path: "/v1/policies/baseline", tx: waymark.PoliciesBaseline},

		{method: "POST", path: "/v1/devices", body: `{"registration":"a.b.c","activate":true}`, result: `{"id":"logger-1"}`,
			tx: waymark.DevicesRegister, want: waymark.RegisterDeviceRequest{Registration: "a.b.c", Activate: true}, status: 201, location: "/v1/devices/logger-1"},
		{method: "POST", path: "/v1/devices:registerMany", body: `{"registrations":["a.b.c","d.e.f"],"activate":true}`,
			tx: waymark.DevicesRegisterMany, want: waymark.RegisterManyRequest{Registrations: []string{"a.b.c", "d.e.f"}, Activate: true}},
		{method: "POST", path: "/v1/devices:join", body: `{"registration":"a.b.c","authority":"` + someTx + `","chain":["AA=="]}`, result: `{"id":"logger-1"}`,
			tx: waymark.DevicesJoin, want: waymark.JoinDeviceRequest{Registration: "a.b.c", Authority: someTx, Chain: []string{"AA=="}}, status: 201, location: "/v1/devices/logger-1"},
		{method: "POST", path: "/v1/devices/logger-1/activate", body: `{"reason":"mounted"}`,
			tx: waymark.DevicesActivate, want: waymark.DeviceStateRequest{Device: "logger-1", Reason: "mounted"}},
		{method: "POST", path: "/v1/devices/logger-1/rotate", body: `{"rotation":"a.b.c","overlap_seconds":60}`,
			tx: waymark.DevicesRotateKey, want: waymark.RotateKeyRequest{Device: "logger-1", Rotation: "a.b.c", OverlapSeconds: 60}},
		{method: "POST", path: "/v1/devices/logger-1/replace-key", body: `{"registration":"a.b.c","reason":"lost"}`,
			tx: waymark.DevicesReplaceKey, want: waymark.ReplaceKeyRequest{Device: "logger-1", Registration: "a.b.c", Reason: "lost"}},
		{method: "POST", path: "/v1/devices/logger-1/keys/k1/revoke", body: `{"from":"2026-01-02T03:04:05Z","reason":"stolen"}`,
			tx: waymark.DevicesRevokeKey, want: waymark.RevokeKeyRequest{Device: "logger-1", Key: "k1", From: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Reason: "stolen"}},
		{method: "PUT", path: "/v1/devices/logger-1/attributes", body: `{"attributes":{"location_class":"vehicle"},"reason":"moved"}`,
			tx: waymark.DevicesSetAttributes, want: waymark.SetAttributesRequest{Device: "logger-1", Attributes: waymark.DeviceAttributes{LocationClass: "vehicle"}, Reason: "moved"}},
		{method: "POST", path: "/v1/devices/logger-1/forfeit", body: `{"last":7,"reason":"lost"}`,
			tx: waymark.TelemetryForfeit, want: waymark.ForfeitTelemetryRequest{Device: "logger-1", Last: 7, Reason: "lost"}},
		{method: "POST", path: "/v1/devices/logger-1/presence", body: `{"presence":"a.b.c"}`,
			tx: waymark.DevicesRecordPresence, want: waymark.RecordPresenceRequest{Device: "logger-1", Presence: "a.b.c"}},
		{method: "GET", path: "/v1/devices/logger-1/presence", tx: waymark.DevicesPresence, want: waymark.DeviceQuery{Device: "logger-1"}},
		{method: "GET", path: "/v1/devices/logger-1/history", tx: waymark.DevicesHistory, want: waymark.DeviceQuery{Device: "logger-1"}},
		{method: "POST", path: "/v1/devices/logger-1/transfer", body: `{"to":"carrier","expires_at":"2026-01-02T03:04:05Z"}`, status: 201, location: "/v1/devices/logger-1/transfer",
			tx: waymark.DevicesOfferTransfer, want: waymark.OfferTransferRequest{Device: "logger-1", To: "carrier", ExpiresAt: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}},
		{method: "GET", path: "/v1/devices/logger-1/transfer", tx: waymark.DevicesTransfer, want: waymark.DeviceQuery{Device: "logger-1"}},
		{method: "POST", path: "/v1/devices/logger-1/transfer/accept", tx: waymark.DevicesAcceptTransfer, want: waymark.AcceptTransferRequest{Device: "logger-1"}},
		{method: "POST", path: "/v1/devices/logger-1/transfer/decline", body: `{"reason":"no"}`,
			tx: waymark.DevicesDeclineTransfer, want: waymark.EndTransferRequest{Device: "logger-1", Reason: "no"}},
		{method: "POST", path: "/v1/devices/logger-1/transfer/cancel", body: `{"reason":"no"}`,
			tx: waymark.DevicesCancelTransfer, want: waymark.EndTransferRequest{Device: "logger-1", Reason: "no"}},
		{method: "POST", path: "/v1/device-authorities", body: `{"certificate":"AA==","activate":true}`, result: `{"id":"` + someTx + `","owner":"producer"}`,
			tx: waymark.DevicesPutAuthority, want: waymark.PutAuthorityRequest{Certificate: "AA==", Activate: true},
			status: 201, location: "/v1/members/producer/device-authorities/" + someTx},
		{method: "POST", path: "/v1/device-authorities/" + someTx + "/withdraw", body: `{"reason":"done"}`,
			tx: waymark.DevicesWithdrawAuthority, want: waymark.WithdrawAuthorityRequest{Authority: someTx, Reason: "done"}},
		{method: "POST", path: "/v1/device-authorities/" + someTx + "/revoke", body: `{"serial":"1f","reason":"stolen"}`,
			tx: waymark.DevicesRevokeCertificate, want: waymark.RevokeCertificateRequest{Authority: someTx, Serial: "1f", Reason: "stolen"}},
		{method: "GET", path: "/v1/members/producer/device-authorities/" + someTx,
			tx: waymark.DevicesAuthority, want: waymark.AuthorityQuery{Owner: "producer", Authority: someTx}},
		{method: "GET", path: "/v1/members/producer/device-authorities/" + someTx + "/certificates/1f",
			tx: waymark.DevicesCertificate, want: waymark.CertificateQuery{Owner: "producer", Authority: someTx, Serial: "1f"}},

		{method: "POST", path: "/v1/shipments/S1/ready", tx: waymark.ShipmentsReady, want: waymark.ReadyShipmentRequest{Shipment: "S1"}},
		{method: "POST", path: "/v1/shipments/S1/void", body: `{"reason":"sold out"}`, tx: waymark.ShipmentsVoid, want: waymark.VoidShipmentRequest{Shipment: "S1", Reason: "sold out"}},
		{method: "POST", path: "/v1/shipments/S1/devices/logger-1/detach", tx: waymark.ShipmentsDetach, want: waymark.DetachDeviceRequest{Shipment: "S1", Device: "logger-1"}},
		{method: "POST", path: "/v1/shipments/S1/holds", body: `{"kind":"quarantine","reason":"smells"}`, status: 201, location: "/v1/shipments/S1",
			tx: waymark.ShipmentsHold, want: waymark.HoldRequest{Shipment: "S1", Kind: waymark.HoldQuarantine, Reason: "smells"}},
		{method: "POST", path: "/v1/shipments/S1/holds/pending_data/lift", body: `{"reason":"arrived"}`,
			tx: waymark.ShipmentsLiftHold, want: waymark.HoldRequest{Shipment: "S1", Kind: waymark.HoldPendingData, Reason: "arrived"}},
		{method: "POST", path: "/v1/shipments/S1/title/offers", body: `{"to":"carrier","expires_at":"2026-01-02T03:04:05Z"}`, status: 201, location: "/v1/shipments/S1/title",
			tx: waymark.TitlesOffer, want: waymark.OfferTitleRequest{Shipment: "S1", To: "carrier", ExpiresAt: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}},
		{method: "GET", path: "/v1/shipments/S1/title?purpose=p", tx: waymark.TitlesGet, want: waymark.ShipmentQuery{Shipment: "S1", Purpose: "p"}},
		{method: "POST", path: "/v1/shipments/S1/title/offers/2/accept", tx: waymark.TitlesAccept, want: waymark.AcceptTitleRequest{Shipment: "S1", Number: 2}},
		{method: "POST", path: "/v1/shipments/S1/title/offers/2/decline", body: `{"reason":"no"}`, tx: waymark.TitlesDecline, want: waymark.EndTitleOfferRequest{Shipment: "S1", Number: 2, Reason: "no"}},
		{method: "POST", path: "/v1/shipments/S1/title/offers/2/cancel", body: `{"reason":"no"}`, tx: waymark.TitlesCancel, want: waymark.EndTitleOfferRequest{Shipment: "S1", Number: 2, Reason: "no"}},

		{method: "GET", path: "/v1/devices/logger-1/windows/7?purpose=claim-1", tx: waymark.TelemetryWindow,
			want: waymark.WindowQuery{Device: "logger-1", Sequence: 7, Purpose: "claim-1"}},
		{method: "GET", path: "/v1/shipments/S1?purpose=claim-1", tx: waymark.ShipmentsGet, want: waymark.ShipmentQuery{Shipment: "S1", Purpose: "claim-1"}},
		{method: "GET", path: "/v1/shipments/S1/history?purpose=p", tx: waymark.ShipmentsHistory, want: waymark.ShipmentQuery{Shipment: "S1", Purpose: "p"}},
		{method: "GET", path: "/v1/policies", tx: waymark.PoliciesList, want: waymark.PoliciesQuery{}},
		{method: "GET", path: "/v1/policies/owners/producer", tx: waymark.PoliciesList, want: waymark.PoliciesQuery{Owner: "producer"}},
		{method: "GET", path: "/v1/policies/owners/producer/authors/carrier/p1", tx: waymark.PoliciesGet,
			want: waymark.PolicyQuery{Owner: "producer", Author: "carrier", ID: "p1"}},
		{method: "GET", path: "/v1/policies/owners/producer/authors/carrier/p1/history", tx: waymark.PoliciesHistory,
			want: waymark.PolicyQuery{Owner: "producer", Author: "carrier", ID: "p1"}},
		{method: "GET", path: "/v1/policies/templates", tx: waymark.PoliciesTemplates},
		{method: "GET", path: "/v1/profiles", tx: waymark.ShipmentsProfiles},
		{method: "GET", path: "/v1/policies/decisions/" + someTx, tx: waymark.PoliciesReceipt, want: waymark.ReceiptQuery{TxID: someTx}},
		{method: "PUT", path: "/v1/policies/p1", body: `{"text":"permit (principal,\n action, resource);","delegable":true}`,
			tx: waymark.PoliciesPut, want: waymark.PutPolicyRequest{ID: "p1", Text: "permit (principal,\n action, resource);", Delegable: true}},
		{method: "PUT", path: "/v1/policies/p1/template", body: `{"template":"t","parameters":{"a":"b"}}`,
			tx: waymark.PoliciesPutTemplate, want: waymark.PutTemplateRequest{ID: "p1", Template: "t", Parameters: map[string]string{"a": "b"}}},
		{method: "PUT", path: "/v1/policies/p1/delegation", body: `{"owner":"producer","from":{"author":"producer","id":"p0"},"text":"x"}`,
			tx: waymark.PoliciesDelegate, want: waymark.DelegatePolicyRequest{Owner: "producer", ID: "p1", Text: "x",
				From: waymark.PolicyRef{Author: "producer", ID: "p0"}}},
		{method: "POST", path: "/v1/policies/p1/withdraw", body: `{"author":"carrier","reason":"over"}`,
			tx: waymark.PoliciesWithdraw, want: waymark.WithdrawPolicyRequest{ID: "p1", Author: "carrier", Reason: "over"}},
		{method: "POST", path: "/v1/policies:dry-run", body: `{"put":{"id":"p1","text":"x"},"devices":["logger-1"]}`,
			tx: waymark.PoliciesDryRun, want: waymark.DryRunRequest{Put: waymark.PutPolicyRequest{ID: "p1", Text: "x"}, Devices: []string{"logger-1"}}},
		{method: "POST", path: "/v1/policies:authorize", body: `{"action":"ReadShipment","shipment":"S1","principal":{"member":"auditor","role":"viewer"}}`,
			result: `{"tx_id":"` + someTx + `"}`, status: 201, location: "/v1/policies/decisions/" + someTx, tx: waymark.PoliciesAuthorize,
			want: waymark.CheckRequest{Action: waymark.ActReadShipment, Shipment: "S1", Principal: waymark.Principal{Member: "auditor", Role: waymark.Viewer}}},

		{method: "POST", path: "/v1/payments:issue", body: `{"id":"i1","currency":"EUR","digits":2,"to":"retailer","amount":100}`,
			tx: waymark.AccountsIssue, want: waymark.IssueRequest{ID: "i1", Currency: "EUR", Digits: 2, To: "retailer", Amount: 100}},
		{method: "POST", path: "/v1/payments:transfer", body: `{"id":"t1","issuer":"carrier","currency":"EUR","to":"retailer","amount":100,"notes":["n1"],"reference":"r"}`,
			tx: waymark.AccountsTransfer, want: waymark.TransferMoneyRequest{ID: "t1", Issuer: "carrier", Currency: "EUR", To: "retailer", Amount: 100, Notes: []string{"n1"}, Reference: "r"}},
		{method: "POST", path: "/v1/payments:redeem", body: `{"id":"r1","currency":"EUR","amount":100,"notes":["n1"]}`,
			tx: waymark.AccountsRedeem, want: waymark.RedeemRequest{ID: "r1", Currency: "EUR", Amount: 100, Notes: []string{"n1"}}},
		{method: "GET", path: "/v1/payments/t1", tx: waymark.AccountsPayment, want: waymark.PaymentQuery{ID: "t1"}},
		{method: "GET", path: "/v1/members/carrier/currencies/EUR", tx: waymark.AccountsCurrency, want: waymark.CurrencyQuery{Issuer: "carrier", Currency: "EUR"}},
		{method: "GET", path: "/v1/members/carrier/currencies/EUR/notes", tx: waymark.AccountsNotes, want: waymark.NotesQuery{Issuer: "carrier", Currency: "EUR"}},
		{method: "GET", path: "/v1/members/carrier/currencies/EUR/notes?limit=7&cursor=n1", tx: waymark.AccountsNotes, want: waymark.NotesQuery{Issuer: "carrier", Currency: "EUR", Limit: 7, Cursor: "n1"}},
		{method: "GET", path: "/v1/shipments/S1/terms", tx: waymark.SettlementTerms, want: waymark.SettlementQuery{Shipment: "S1"}},
		{method: "POST", path: "/v1/shipments/S1/terms/agree", body: `{"sha256":"` + someTx + `"}`,
			tx: waymark.SettlementAgree, want: waymark.AgreeTermsRequest{Shipment: "S1", SHA256: someTx}},
		{method: "GET", path: "/v1/shipments/S1/settlement", tx: waymark.SettlementGet, want: waymark.SettlementQuery{Shipment: "S1"}},
		{method: "POST", path: "/v1/shipments/S1/escrow", body: `{"issuer":"carrier","currency":"EUR","amount":100,"notes":["n1"],"refund_after":"2026-01-02T03:04:05Z","reference":"r"}`,
			status: 201, location: "/v1/shipments/S1/settlement", tx: waymark.SettlementFund,
			want: waymark.FundEscrowRequest{Shipment: "S1", Issuer: "carrier", Currency: "EUR", Amount: 100, Notes: []string{"n1"},
				RefundAfter: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Reference: "r"}},
		{method: "POST", path: "/v1/shipments/S1/escrow/refund", tx: waymark.SettlementRefund, want: waymark.EscrowRequest{Shipment: "S1"}},
		{method: "POST", path: "/v1/shipments/S1/disputes", body: `{"reason":"warm"}`, status: 201, location: "/v1/shipments/S1/settlement",
			tx: waymark.SettlementDispute, want: waymark.OpenDisputeRequest{Shipment: "S1", Reason: "warm"}},
		{method: "POST", path: "/v1/shipments/S1/disputes/1/evidence", body: `{"name":"photo","device":"d1","first":3,"handoff":2}`,
			tx: waymark.SettlementAddEvidence, want: waymark.AddEvidenceRequest{Shipment: "S1", Number: 1, Item: waymark.EvidenceItem{Name: "photo", Device: "d1", First: 3, Handoff: 2}}},
		{method: "POST", path: "/v1/shipments/S1/disputes/1/withdraw", body: `{"reason":"no"}`,
			tx: waymark.SettlementWithdraw, want: waymark.WithdrawDisputeRequest{Shipment: "S1", Number: 1, Reason: "no"}},
		{method: "POST", path: "/v1/shipments/S1/disputes/1/resolve", body: `{"paid":60,"refunded":40,"words":"so"}`,
			tx: waymark.SettlementResolve, want: waymark.ResolveDisputeRequest{Shipment: "S1", Number: 1, Paid: 60, Refunded: 40, Words: "so"}},
	}
}

func TestRoutesReachTheLedger(t *testing.T) {
	for _, tt := range reachedByRoutes(t) {
		t.Run(tt.method+" "+tt.path, func(t *testing.T) {
			a := newAPI(t)
			record := `{"x":"<&>", "n":9007199254740993}`
			if tt.result != "" {
				record = tt.result
			}
			a.ledger.result = record
			w := a.do(tt.method, tt.path, tt.body)
			want := call{As: "operator", Tx: tt.tx, Request: tt.want}
			if got := a.ledger.seen(); len(got) != 1 || !reflect.DeepEqual(got[0], want) {
				t.Fatalf("got %d %s\ncalls %+v\nwant  %+v", w.Code, w.Body, got, want)
			}
			status := tt.status
			if status == 0 {
				status = http.StatusOK
			}
			if w.Code != status || w.Header().Get("Location") != tt.location {
				t.Errorf("status %d, location %q", w.Code, w.Header().Get("Location"))
			}
			checkRecord(t, tt.method, w.Body.String(), record)
		})
	}
}

func TestAPurposeIsAnID(t *testing.T) {
	a := newAPI(t)
	for _, path := range []string{"/v1/shipments/S1?purpose=a%20b", "/v1/shipments/S1/history?purpose=%22", "/v1/devices/logger-1/windows/7?purpose=a/b"} {
		if w := a.do("GET", path, ""); w.Code != http.StatusBadRequest || problem(t, w).Code != waymark.Invalid {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
	if calls := a.ledger.seen(); len(calls) != 0 {
		t.Errorf("the ledger was asked %+v", calls)
	}
}

// checkRecord wants a read to answer the record as it is, and a write to put it
// beside the transaction; its numbers must not pass through a float.
func checkRecord(t *testing.T, method, body, record string) {
	t.Helper()
	written := `{"transaction":{"tx_id":"` + someTx + `","block_number":12,"status":"VALID"},"result":` + compact(record) + `}`
	if got := compact(body); got != compact(record) && (method == http.MethodGet || got != written) {
		t.Errorf("body %s", body)
	}
}

func TestSystemRoutesNeedNoToken(t *testing.T) {
	a := newAPI(t)
	for _, path := range []string{"/healthz", "/readyz", "/metrics", "/openapi.json"} {
		if w := a.do("GET", path, "", "Authorization", ""); w.Code != http.StatusOK {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
}

func TestReadiness(t *testing.T) {
	a := newAPI(t)
	a.ledger.err = waymark.Errorf(waymark.Unavailable, "not enough peers answer")
	for range 3 {
		w := a.do("GET", "/readyz", "")
		if p := problem(t, w); w.Code != http.StatusServiceUnavailable || p.Code != waymark.Unavailable {
			t.Errorf("got %d %s", w.Code, w.Body)
		} else if len(p.Parts) != 1 || p.Parts[0].Detail != "not enough peers answer" || p.Parts[0].Since.IsZero() {
			t.Errorf("parts %+v", p.Parts)
		}
	}
	if n := len(a.ledger.seen()); n != 1 {
		t.Errorf("the ledger was asked %d times", n)
	}
}
