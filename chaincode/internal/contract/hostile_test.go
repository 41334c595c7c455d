package contract_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/hyperledger/fabric-protos-go-apiv2/msp"
	"google.golang.org/protobuf/proto"

	"github.com/waymark-ledger/waymark/chaincode/internal/ledgertest/stub"
	"github.com/waymark-ledger/waymark/chaincode/scenario"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// transactions are all that take a request, with the members that it has.
var transactions = map[waymark.Transaction][]string{
	waymark.MembersRegister:  {"id", "name", "gln", "gateway_url"},
	waymark.MembersGet:       {"member"},
	waymark.DevicesRegister:  {"registration", "activate"},
	waymark.DevicesSuspend:   {"device", "reason"},
	waymark.DevicesResume:    {"device", "reason"},
	waymark.DevicesRetire:    {"device", "reason"},
	waymark.DevicesRotateKey: {"device", "rotation", "overlap_seconds"},
	waymark.DevicesGet:       {"device"},
	waymark.TelemetryRecord:  {"messages", "body"},
	waymark.TelemetryWindow:  {"device", "sequence", "purpose"},

	waymark.TelemetryDisclose:    {"to"},
	waymark.TelemetryUndisclosed: {"messages"},
	waymark.TelemetryCheck:       {"device", "windows"},
	waymark.TelemetryForfeit:     {"device", "last", "reason"},
	waymark.TelemetryDisclosed:   {"device", "sequence", "holder", "purpose"},
	waymark.TelemetryStream:      {"device"},
	waymark.ShipmentsCreate:      {"id", "consignee", "arbiter", "goods", "conditions", "profile", "attested", "seals", "claim_seconds", "draft"},
	waymark.ShipmentsAttach:      {"shipment", "device"},
	waymark.ShipmentsOffer:       {"shipment", "to", "expires_at"},
	waymark.ShipmentsAccept:      {"shipment", "number", "reservation", "attestations", "exceptions", "checked"},
	waymark.ShipmentsWaiveClaim:  {"shipment", "number", "reason"},
	waymark.ShipmentsReject:      {"shipment", "number", "reason"},
	waymark.ShipmentsCancel:      {"shipment", "number", "reason"},
	waymark.ShipmentsGet:         {"shipment", "purpose"},
	waymark.ShipmentsHistory:     {"shipment", "purpose"},
	waymark.PoliciesCheck:        {"action", "member", "device", "shipment", "hold", "handoff", "product", "goods", "principal", "purpose", "data_class"},
	waymark.GoodsRegisterProduct: {"gtin", "name", "net_content", "regulators"},
	waymark.GoodsAddRegulator:    {"gtin", "regulator"},
	waymark.GoodsPack:            {"id", "container", "lines"},
	waymark.GoodsUnpack:          {"id", "container", "lines"},
	waymark.GoodsTransform:       {"id", "inputs", "outputs", "loss"},
	waymark.GoodsDecommission:    {"id", "lines", "reason"},
	waymark.GoodsRecall:          {"lot", "reason", "reference"},
	waymark.GoodsLiftRecall:      {"lot", "reason"},
	waymark.GoodsProduct:         {"gtin"},
	waymark.GoodsGet:             {"id", "limit", "cursor"},
	waymark.GoodsContents:        {"container", "limit", "cursor"},
	waymark.GoodsTrace:           {"id", "direction", "limit", "cursor"},
	waymark.GoodsHistory:         {"id"},
	waymark.GoodsAct:             {"id"},
	waymark.GoodsCommission:      {"lot", "items", "quantity", "unit"},
	waymark.CommandsRequest:      {"id", "device", "name", "arguments", "expires_at", "purpose"},
	waymark.CommandsCancel:       {"device", "id", "reason"},
	waymark.CommandsClose:        {"receipt"},
	waymark.CommandsGet:          {"device", "id"},
	waymark.CommandsOpen:         {"device"},

	waymark.DevicesRegisterMany:      {"registrations", "activate", "attributes"},
	waymark.DevicesJoin:              {"registration", "authority", "chain"},
	waymark.DevicesActivate:          {"device", "reason"},
	waymark.DevicesReplaceKey:        {"device", "registration", "reason"},
	waymark.DevicesRevokeKey:         {"device", "key", "from", "reason"},
	waymark.DevicesSetAttributes:     {"device", "attributes", "reason"},
	waymark.DevicesPutAuthority:      {"certificate", "activate", "reason"},
	waymark.DevicesWithdrawAuthority: {"authority", "reason"},
	waymark.DevicesRevokeCertificate: {"authority", "serial", "reason"},
	waymark.DevicesOfferTransfer:     {"device", "to", "expires_at"},
	waymark.DevicesAcceptTransfer:    {"device"},
	waymark.DevicesDeclineTransfer:   {"device", "reason"},
	waymark.DevicesCancelTransfer:    {"device", "reason"},
	waymark.DevicesHistory:           {"device"},
	waymark.DevicesAuthority:         {"owner", "authority"},
	waymark.DevicesCertificate:       {"owner", "authority", "serial"},
	waymark.DevicesTransfer:          {"device"},
	waymark.DevicesRecordPresence:    {"device", "presence"},
	waymark.DevicesPresence:          {"device"},

	waymark.ShipmentsReady:    {"shipment"},
	waymark.ShipmentsVoid:     {"shipment", "reason"},
	waymark.ShipmentsDetach:   {"shipment", "device"},
	waymark.ShipmentsHold:     {"shipment", "kind", "reason"},
	waymark.ShipmentsLiftHold: {"shipment", "kind", "reason"},
	waymark.TitlesOffer:       {"shipment", "to", "expires_at"},
	waymark.TitlesAccept:      {"shipment"},
	waymark.TitlesDecline:     {"shipment", "reason"},
	waymark.TitlesCancel:      {"shipment", "reason"},
	waymark.TitlesGet:         {"shipment", "purpose"},

	waymark.PoliciesPut:         {"id", "text", "delegable"},
	waymark.PoliciesPutTemplate: {"id", "template", "parameters", "delegable"},
	waymark.PoliciesDelegate:    {"owner", "from", "id", "text", "delegable"},
	waymark.PoliciesWithdraw:    {"id", "owner", "author", "reason"},
	waymark.PoliciesAuthorize:   {"action", "member", "device", "shipment", "hold", "handoff", "product", "goods", "principal", "purpose", "data_class"},
	waymark.PoliciesGet:         {"owner", "author", "id"},
	waymark.PoliciesHistory:     {"owner", "author", "id"},
	waymark.PoliciesDryRun:      {"put", "withdraw", "devices", "shipments", "purpose"},
	waymark.PoliciesReceipt:     {"tx_id"},

	waymark.ShipmentsReleaseExcursion: {"shipment", "device", "rule", "first", "disposition"},

	waymark.AccountsIssue:    {"id", "currency", "digits", "to", "amount", "reference"},
	waymark.AccountsTransfer: {"id", "issuer", "currency", "to", "amount", "notes", "reference"},
	waymark.AccountsRedeem:   {"id", "currency", "amount", "notes", "reference"},
	waymark.AccountsCurrency: {"issuer", "currency"},
	waymark.AccountsNotes:    {"issuer", "currency", "limit", "cursor"},
	waymark.AccountsPayment:  {"id"},

	waymark.SettlementPropose:     {"shipment"},
	waymark.SettlementAgree:       {"shipment", "sha256"},
	waymark.SettlementPurge:       {"shipment"},
	waymark.SettlementTerms:       {"shipment"},
	waymark.SettlementFund:        {"shipment", "issuer", "currency", "amount", "notes", "refund_after", "reference"},
	waymark.SettlementSettle:      {"shipment"},
	waymark.SettlementPay:         {"shipment"},
	waymark.SettlementRefund:      {"shipment"},
	waymark.SettlementDispute:     {"shipment", "reason"},
	waymark.SettlementAddEvidence: {"shipment", "number", "item"},
	waymark.SettlementWithdraw:    {"shipment", "number", "reason"},
	waymark.SettlementResolve:     {"shipment", "number", "paid", "refunded", "words"},
	waymark.SettlementGet:         {"shipment"},
}

// values are what nobody should send as a value.
func values() []string {
	return []string{
		`null`, `true`, `-1`, `0`, `1.5`, `1e400`, `18446744073709551616`, `9007199254740993`, `{}`, `[]`, `[null]`, `[[]]`, `[{}]`, `""`, `" "`,
		`"\u0000"`, `"\u0000dev\u0000victim\u0000"`, `"\udbff\udfff"`, `"\ud800"`, `"a/b"`, `"../../etc"`, `"*"`, `"#"`, "\"\xff\xfe\"", `"NaN"`, `"e\u0301"`,
		`"` + strings.Repeat("a", 65) + `"`, `"` + strings.Repeat("a", 1<<15) + `"`,
		strings.Repeat("[", 1000) + strings.Repeat("]", 1000), `["` + strings.Repeat("a", 1<<15+1) + `"]`,
		`[{"id":null,"quantity":null}]`, `[{"name":"t","unit":"Cel","minimum":"1e99"}]`, `"9999-12-31T23:59:59Z"`, `"0000-00-00T00:00:00Z"`,
	}
}

var anyFault = []waymark.Code{waymark.Invalid, waymark.NotFound, waymark.Forbidden}

func TestHostileRequests(t *testing.T) {
	b := newBench(t)
	b.journey()
	id := b.id("producer", waymark.Operator)
	whole := []string{
		``, ` `, `null`, `"null"`, `true`, `0`, `[]`, `[null]`, `{}`, `{"":""}`, `{"unknown":1}`, `{`, `{}{}`, `{}]`, `nul`, "\xff", "\x00",
	}
	huge := []string{
		strings.Repeat("{\"a\":", 100000), strings.Repeat("[", 1<<20), `{"a":` + strings.Repeat("9", 1<<20) + `}`, strings.Repeat(" ", 1<<20), `"` + strings.Repeat("a", 1<<20) + `"`,
	}
	megabyte := strings.Repeat("a", 1<<20)
	b.refused(id, []waymark.Code{waymark.Invalid}, string(waymark.MembersGet), `{"member":"`+megabyte+`"}`)
	b.refused(id, []waymark.Code{waymark.Invalid}, string(waymark.TelemetryRecord), `{"messages":["`+megabyte+`"]}`)
	// Which one takes the request makes no difference to what is no JSON of its form.
	for _, name := range []waymark.Transaction{waymark.MembersGet, waymark.TelemetryRecord} {
		for _, text := range huge {
			b.refused(id, []waymark.Code{waymark.Invalid}, string(name), text)
		}
	}
	for name, members := range transactions {
		for _, text := range whole {
			b.refused(id, []waymark.Code{waymark.Invalid}, string(name), text)
		}
		for _, m := range members {
			for _, v := range values() {
				b.refused(id, anyFault, string(name), fmt.Sprintf(`{%q:%s}`, m, v))
			}
		}
	}
}

// TestOneReadingOfARequest: a request that two readers of the block could take
// for two different ones is refused.
func TestOneReadingOfARequest(t *testing.T) {
	b := newBench(t)
	id := b.id("producer", waymark.Admin)
	for _, text := range []string{
		`{"member":"carrier","member":"producer"}`,
		`{"Member":"producer"}`,
		`{"MEMBER":"producer"}`,
		`{"member":"carrier","Member":"producer"}`,
		`{"member":"producer"} ` + "\u00a0",
		`{"member":"producer"}null`,
	} {
		b.refused(id, []waymark.Code{waymark.Invalid}, string(waymark.MembersGet), text)
	}
	for _, text := range []string{"\"a\xff\"", "\"a\xed\xa0\x80\"", `"a\ud800"`, `"\udfff\udbff"`, `"a\ufffd"`} {
		b.refused(id, []waymark.Code{waymark.Invalid}, string(waymark.MembersRegister), `{"id":"producer","name":`+text+`}`)
	}
	create := `{"id":"s1","consignee":"retailer","conditions":[],"goods":[{"id":"https://id.gs1.org/01/09506000134352/10/1","quantity":"1",%s}]}`
	for _, more := range []string{`"id":"2"`, `"Id":"2"`, `"quant\u0131ty":"2"`} {
		b.refused(b.id("producer", waymark.Operator), []waymark.Code{waymark.Invalid}, string(waymark.ShipmentsCreate), fmt.Sprintf(create, more))
	}
	if response, _ := b.invoke(id, string(waymark.MembersGet), " {\"member\" :\n\"producer\"}\t"); response.GetStatus() != 200 {
		t.Errorf("white space: %s", response.GetMessage())
	}
}

// TestMessagesInEitherForm: a request in CBOR does what the same one in JSON does, and one that is neither is refused.
func TestMessagesInEitherForm(t *testing.T) {
	b := newBench(t)
	d := (&scenario.Consortium{T: t, Now: b.now}).NewDevice("logger-1", "producer")
	b.must("producer", waymark.Operator, waymark.DevicesRegister, waymark.RegisterDeviceRequest{Registration: d.Registration(), Activate: true})
	request := waymark.RecordRequest{Messages: []string{d.Pack(500), "no message", d.Pack(510)}}
	inJSON, err := json.Marshal(request)
	if err != nil {
		t.Fatal(err)
	}
	id, name, inCBOR := b.id("carrier", waymark.Relay), string(waymark.TelemetryRecord), string(b.argument(request))
	one, effects := b.endorse(id, name, inCBOR)
	other, again := b.endorse(id, name, string(inJSON))
	if one.GetStatus() != 200 || !proto.Equal(one, other) || effects.Untouched() || !bytes.Equal(effects.Effects(), again.Effects()) {
		t.Errorf("in CBOR %v, in JSON %v", one, other)
	}
	for _, text := range []string{inCBOR[:len(inCBOR)-1], inCBOR + "\x00", "\x83", "\x83\x01\x80\x40", "\x83\x02" + inCBOR[2:], strings.Replace(inCBOR, "no message", "no\xffessage", 1)} {
		b.refused(id, []waymark.Code{waymark.Invalid}, name, text)
	}
	b.refused(b.id("producer", waymark.Admin), []waymark.Code{waymark.Invalid}, string(waymark.MembersGet), inCBOR)
}

func TestHostileCalls(t *testing.T) {
	b := newBench(t)
	id := b.id("producer", waymark.Admin)
	get := `{"member":"producer"}`
	for _, args := range [][]string{
		{}, {""}, {"", get}, {":"}, {":", get}, {"Get", get}, {":Get", get}, {"members", get}, {"members:", get}, {"members:get", get}, {"Members:Get", get},
		{"members:Get "}, {" members:Get", get}, {"members:members:Get", get}, {"members:Register:Get", get}, {"nobody:Get", get},
		{"members:Delete", get}, {"members:GetName"}, {"members:GetInfo"}, {"members:GetUnknownTransaction"}, {"members:GetIgnoredFunctions"},
		{"members:GetEvaluateTransactions"}, {"members:GetTransactionContextHandler"}, {"members:GetBeforeTransaction"}, {"members:Get\x00", get},
		{"members:\xff", get}, {strings.Repeat("a", 1<<20), get}, {strings.Repeat(":", 1000), get}, {"org.hyperledger.fabric:", ""}, {"org.hyperledger.fabric:Get", ""},
		{"org.hyperledger.fabric:getMetadata"}, {"members:Get"}, {"members:Get", get, ""}, {"members:Get", get, get}, {"policies:Baseline", "{}"}, {"policies:Templates", "{}"}, {"shipments:Profiles", "{}"}, {"policies:List"},
		{`waymark-error:{"code":"unavailable","message":"come back"}`, get}, {`members:waymark-error:{"code":"internal","message":"x"}`, get},
		append([]string{"members:Get", get}, make([]string, 1000)...),
	} {
		b.refused(id, []waymark.Code{waymark.Invalid}, args...)
	}
}

func TestHostileCallers(t *testing.T) {
	b := newBench(t)
	b.journey()
	register, get := `{"id":"producer","name":"x"}`, `{"member":"producer"}`
	for _, role := range []waymark.Role{"", "root", "Admin", "admin ", "admin,operator", `"admin"`} {
		b.refused(b.id("producer", role), []waymark.Code{waymark.Forbidden}, string(waymark.MembersRegister), register)
		b.refused(b.id("producer", role), []waymark.Code{waymark.Forbidden}, string(waymark.MembersGet), get)
	}
	serialise := func(m *msp.SerializedIdentity) []byte {
		raw, err := proto.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		return raw
	}
	badAttributes, err := stub.CreatorWith("producer", []byte("{"))
	if err != nil {
		t.Fatal(err)
	}
	certificateless := serialise(&msp.SerializedIdentity{Mspid: "producer"}) // has no role
	b.refused(certificateless, []waymark.Code{waymark.Forbidden}, string(waymark.MembersGet), get)
	for name, creator := range map[string][]byte{
		"nobody": nil, "no identity": []byte("nonsense"),
		"attributes that are no JSON": badAttributes,
		"a broken certificate":        serialise(&msp.SerializedIdentity{Mspid: "producer", IdBytes: []byte("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")}),
	} {
		t.Run(name, func(t *testing.T) {
			b.refused(creator, []waymark.Code{waymark.Unauthenticated}, string(waymark.MembersGet), get)
			b.refused(creator, []waymark.Code{waymark.Unauthenticated}, string(waymark.PoliciesBaseline))
		})
	}
}
