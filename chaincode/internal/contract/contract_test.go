package contract_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"
	"google.golang.org/protobuf/proto"

	"github.com/waymark-ledger/waymark/chaincode/internal/contract"
	"github.com/waymark-ledger/waymark/chaincode/internal/ledgertest/stub"
	"github.com/waymark-ledger/waymark/chaincode/scenario"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/chaincode/waymark/recording"
)

// bench is a chaincode on a peer of its own.
type bench struct {
	t    *testing.T
	cc   *contract.Chaincode
	peer *stub.Peer
	ids  map[string][]byte
	now  time.Time // the client's claim
	// transient is what telemetry:Disclose gets besides its argument.
	transient map[string][]byte
	terms     map[waymark.Transaction][]byte // what other transactions get
	tx        int                            // of the next transactions; 0 for the usual one
	committed []stub.Transaction             // by must, in order
}

// disclose has the next calls of telemetry:Disclose bring messages with disclosures.
func (b *bench) disclose(messages ...string) {
	b.t.Helper()
	encoded, err := json.Marshal(waymark.Disclosures{Messages: messages})
	if err != nil {
		b.t.Fatal(err)
	}
	b.transient = map[string][]byte{waymark.TransientDisclosures: encoded}
}

// silent is a chaincode that logs nothing. It keeps nothing between transactions, so
// that the tests can share it: to compile its metadata takes a while.
var silent = sync.OnceValues(func() (*contract.Chaincode, error) {
	return contract.New(zap.NewNop(), func() time.Time { return scenario.Start })
})

func newBench(t *testing.T) *bench {
	t.Helper()
	cc, err := silent()
	if err != nil {
		t.Fatal(err)
	}
	return benchOf(t, cc, scenario.Start)
}

// benchOf is a chaincode with three members, at a time.
func benchOf(t *testing.T, cc *contract.Chaincode, now time.Time) *bench {
	t.Helper()
	b := &bench{t: t, cc: cc, peer: stub.NewPeer(scenario.Channel), ids: map[string][]byte{}, now: now,
		terms: map[waymark.Transaction][]byte{}}
	for _, member := range []string{"producer", "carrier", "retailer"} {
		b.must(member, waymark.Admin, waymark.MembersRegister, waymark.RegisterMemberRequest{ID: member, Name: member})
	}
	return b
}

func (b *bench) id(member string, role waymark.Role) []byte {
	b.t.Helper()
	key := member + "/" + string(role)
	if b.ids[key] == nil {
		id, err := stub.Creator(member, role)
		if err != nil {
			b.t.Fatal(err)
		}
		b.ids[key] = id
	}
	return b.ids[key]
}

// transaction is one as a client proposes it.
func (b *bench) transaction(creator []byte, args ...string) stub.Transaction {
	tx := stub.Transaction{ID: strings.Repeat("a", 64), Time: b.now, Creator: creator}
	for _, a := range args {
		tx.Args = append(tx.Args, []byte(a))
	}
	if b.tx > 0 {
		tx.ID = fmt.Sprintf("%064x", b.tx)
	}
	if len(args) > 0 && args[0] == string(waymark.TelemetryDisclose) {
		tx.Transient = b.transient
	}
	if len(args) > 0 && b.terms[waymark.Transaction(args[0])] != nil {
		tx.Transient = map[string][]byte{waymark.TransientTerms: b.terms[waymark.Transaction(args[0])]}
	}
	return tx
}

// invoke runs a transaction without committing it.
func (b *bench) invoke(creator []byte, args ...string) (*peer.Response, *stub.Stub) {
	s := b.peer.Begin(b.transaction(creator, args...))
	return b.cc.Invoke(s), s
}

// endorsers is how often endorse runs a transaction. Each run meets maps of its own,
// and walks through each of them in another order.
const endorsers = 4

// endorse runs a transaction as several endorsers would, and fails the test unless all
// agree to the byte on the response, the reads, the writes and the event.
func (b *bench) endorse(creator []byte, args ...string) (*peer.Response, *stub.Stub) {
	b.t.Helper()
	response, s := b.invoke(creator, args...)
	for range endorsers - 1 {
		again, other := b.invoke(creator, args...)
		if !proto.Equal(response, again) {
			b.t.Errorf("%s: two endorsers answer\n%v\n%v", args[0], response, again)
		}
		if one, two := s.Effects(), other.Effects(); !bytes.Equal(one, two) {
			b.t.Errorf("%s: two endorsers differ in their effects:\n%s\n%s", args[0], one, two)
		}
	}
	return response, s
}

// must endorses and commits a transaction that succeeds.
func (b *bench) must(member string, role waymark.Role, name waymark.Transaction, request any) []byte {
	b.t.Helper()
	argument := b.argument(request)
	response, s := b.endorse(b.id(member, role), string(name), string(argument))
	if response.GetStatus() != 200 {
		b.t.Fatalf("%s: %s", name, response.GetMessage())
	}
	checkTold(b.t, name, s)
	s.Commit()
	b.committed = append(b.committed, b.transaction(b.id(member, role), string(name), string(argument)))
	return response.GetPayload()
}

// argument is a request as gateways write it.
func (b *bench) argument(request any) []byte {
	b.t.Helper()
	argument, err := json.Marshal(request)
	if messages, is := request.(waymark.RecordRequest); is {
		argument, err = recording.Encode(messages)
	}
	if err != nil {
		b.t.Fatal(err)
	}
	return argument
}

// refused checks that a call fails with a wire error of one of the codes and
// writes nothing.
func (b *bench) refused(creator []byte, codes []waymark.Code, args ...string) {
	b.t.Helper()
	response, s := b.invoke(creator, args...)
	shown := strings.Join(args, " ")
	shown = shown[:min(len(shown), 80)]
	if response.GetStatus() == 200 {
		b.t.Errorf("%q succeeded: %.80s", shown, response.GetPayload())
		return
	}
	e, ok := waymark.ParseWire(response.GetMessage())
	if !ok || !s.Untouched() {
		b.t.Errorf("%q: message %.200q, effects %s", shown, response.GetMessage(), s.Effects())
		return
	}
	for _, code := range codes {
		if e.Code == code {
			return
		}
	}
	b.t.Errorf("%q: %v, want one of %v", shown, e, codes)
}

// journey has the producer's goods with the carrier, offered to the retailer.
func (b *bench) journey() {
	b.t.Helper()
	c := &scenario.Consortium{T: b.t, Now: b.now}
	d := c.NewDevice("logger-1", "producer")
	end := waymark.EndHandoffRequest{Shipment: "s1", Number: 1, Reason: "because"}
	registration, rotation := d.Registration(), d.Rotation("k2")
	receipt := d.Sign(attest.Header{Device: d.ID, Consortium: scenario.Channel, KeyID: "k2", Kind: attest.Receipt},
		fmt.Appendf(nil, `{"command":"c1","result":"done","executed_at":%d}`, b.now.Unix()))
	for _, step := range []struct {
		member string
		role   waymark.Role
		name   waymark.Transaction
		give   any
	}{
		{"producer", waymark.Operator, waymark.DevicesRegister, waymark.RegisterDeviceRequest{Registration: registration, Activate: true}},
		{"producer", waymark.Operator, waymark.DevicesSuspend, waymark.DeviceStateRequest{Device: "logger-1", Reason: "lost"}},
		{"producer", waymark.Operator, waymark.DevicesResume, waymark.DeviceStateRequest{Device: "logger-1", Reason: "found"}},
		{"producer", waymark.Operator, waymark.DevicesRotateKey, waymark.RotateKeyRequest{Device: "logger-1", Rotation: rotation}},
		{"producer", waymark.Admin, waymark.GoodsRegisterProduct, waymark.RegisterProductRequest{GTIN: scenario.GTIN, Name: "goods"}},
		{"producer", waymark.Operator, waymark.GoodsCommission, waymark.CommissionRequest{Items: []string{waymark.Item(scenario.GTIN, "1").String()}}},
		{"producer", waymark.Operator, waymark.ShipmentsCreate, waymark.CreateShipmentRequest{ID: "s1", Consignee: "retailer",
			Goods: []waymark.Line{{ID: waymark.Item(scenario.GTIN, "1").String()}}, Conditions: []waymark.Condition{}}},
		{"producer", waymark.Operator, waymark.ShipmentsAttach, waymark.AttachDeviceRequest{Shipment: "s1", Device: "logger-1"}},
		{"carrier", waymark.Relay, waymark.TelemetryRecord, waymark.RecordRequest{Messages: []string{d.Pack(500)}}},
		{"producer", waymark.Operator, waymark.ShipmentsOffer, waymark.OfferHandoffRequest{Shipment: "s1", To: "carrier", ExpiresAt: b.now.Add(time.Hour)}},
		{"carrier", waymark.Operator, waymark.ShipmentsReject, end},
		{"producer", waymark.Operator, waymark.ShipmentsOffer, waymark.OfferHandoffRequest{Shipment: "s1", To: "carrier", ExpiresAt: b.now.Add(time.Hour)}},
		{"producer", waymark.Operator, waymark.ShipmentsCancel, waymark.EndHandoffRequest{Shipment: "s1", Number: 2, Reason: "because"}},
		{"producer", waymark.Operator, waymark.ShipmentsOffer, waymark.OfferHandoffRequest{Shipment: "s1", To: "carrier", ExpiresAt: b.now.Add(time.Hour)}},
		{"carrier", waymark.Operator, waymark.ShipmentsAccept, waymark.AcceptHandoffRequest{Shipment: "s1", Number: 3, Reservation: "a dent"}},
		{"carrier", waymark.Operator, waymark.ShipmentsWaiveClaim, waymark.WaiveClaimRequest{Shipment: "s1", Number: 3, Reason: "because"}},
		{"producer", waymark.Operator, waymark.CommandsRequest, waymark.CommandRequest{ID: "c1", Device: "logger-1", Name: "wake", Arguments: `{}`, ExpiresAt: b.now.Add(time.Hour)}},
		{"carrier", waymark.Operator, waymark.CommandsRequest, waymark.CommandRequest{ID: "c2", Device: "logger-1", Name: "lock", Arguments: `{"a":1}`, ExpiresAt: b.now.Add(time.Hour)}},
		{"carrier", waymark.Operator, waymark.CommandsCancel, waymark.CancelCommandRequest{Device: "logger-1", ID: "c2", Reason: "because"}},
		{"carrier", waymark.Relay, waymark.CommandsClose, waymark.CloseCommandRequest{Receipt: receipt}},
		{"producer", waymark.Admin, waymark.PoliciesPut, waymark.PutPolicyRequest{ID: "p1", Delegable: true,
			Text: `permit (principal in Waymark::Member::"carrier", action == Waymark::Action::"ReadTelemetry", resource);`}},
		{"producer", waymark.Admin, waymark.PoliciesPutTemplate, waymark.PutTemplateRequest{ID: "p2", Template: "maintainer-commands-model",
			Parameters: map[string]string{"maintainer": "carrier", "model": "TL-20"}}},
		{"carrier", waymark.Admin, waymark.PoliciesDelegate, waymark.DelegatePolicyRequest{Owner: "producer", ID: "p3",
			From: waymark.PolicyRef{Author: "producer", ID: "p1"}, Text: "permit (principal, action, resource);"}},
		{"carrier", waymark.Operator, waymark.PoliciesAuthorize, waymark.CheckRequest{Action: waymark.ActReadTelemetry, Device: "logger-1"}},
		{"producer", waymark.Admin, waymark.PoliciesWithdraw, waymark.WithdrawPolicyRequest{ID: "p2", Reason: "because"}},
		{"producer", waymark.Operator, waymark.DevicesRetire, waymark.DeviceStateRequest{Device: "logger-1", Reason: "done"}},
	} {
		b.must(step.member, step.role, step.name, step.give)
	}
}

func TestEveryTransaction(t *testing.T) {
	b := newBench(t)
	b.journey()
	for name, request := range map[waymark.Transaction]any{
		waymark.MembersGet:       waymark.MemberQuery{Member: "producer"},
		waymark.DevicesGet:       waymark.DeviceQuery{Device: "logger-1"},
		waymark.TelemetryWindow:  waymark.WindowQuery{Device: "logger-1", Sequence: 1},
		waymark.TelemetryStream:  waymark.DeviceQuery{Device: "logger-1"},
		waymark.ShipmentsGet:     waymark.ShipmentQuery{Shipment: "s1"},
		waymark.ShipmentsHistory: waymark.ShipmentQuery{Shipment: "s1"},
		waymark.CommandsGet:      waymark.CommandQuery{Device: "logger-1", ID: "c1"},
		waymark.CommandsOpen:     waymark.DeviceQuery{Device: "logger-1"},
		waymark.PoliciesCheck:    waymark.CheckRequest{Action: waymark.ActOfferHandoff, Shipment: "s1"},
		waymark.PoliciesGet:      waymark.PolicyQuery{Owner: "producer", Author: "carrier", ID: "p3"},
		waymark.PoliciesHistory:  waymark.PolicyQuery{Owner: "producer", Author: "producer", ID: "p2"},
		waymark.PoliciesList:     waymark.PoliciesQuery{},
		waymark.PoliciesReceipt:  waymark.ReceiptQuery{TxID: strings.Repeat("a", 64)},
	} {
		if payload := b.must("producer", waymark.Viewer, name, request); !json.Valid(payload) {
			t.Errorf("%s answers %q", name, payload)
		}
	}
	response, _ := b.invoke(b.id("producer", waymark.Viewer), string(waymark.PoliciesBaseline))
	var baseline waymark.Baseline
	if err := json.Unmarshal(response.GetPayload(), &baseline); err != nil || baseline.SHA256 == "" {
		t.Errorf("baseline %q, %v", response.GetPayload(), err)
	}
	if response, _ := b.invoke(b.id("producer", waymark.Viewer), string(waymark.PoliciesTemplates)); response.GetStatus() != 200 {
		t.Errorf("templates: %v", response)
	}
	if response, _ := b.invoke(b.id("producer", waymark.Viewer), string(waymark.ShipmentsProfiles)); response.GetStatus() != 200 {
		t.Errorf("profiles: %v", response)
	}
	b.must("producer", waymark.Admin, waymark.PoliciesDryRun, waymark.DryRunRequest{Withdraw: waymark.DryRunWithdrawal{ID: "p1"}, Devices: []string{"logger-1"}})
	if response := b.cc.Init(nil); response.GetStatus() != 200 {
		t.Errorf("init: %v", response)
	}
}

func TestClockGuard(t *testing.T) {
	b := newBench(t)
	for off, allowed := range map[time.Duration]bool{
		0: true, attest.MaxClockSkew: true, -attest.MaxClockSkew: true,
		attest.MaxClockSkew + 1: false, -attest.MaxClockSkew - 1: false, 24 * time.Hour: false, -30 * 365 * 24 * time.Hour: false,
	} {
		b.now = scenario.Start.Add(off)
		response, s := b.invoke(b.id("producer", waymark.Admin), string(waymark.MembersRegister), `{"id":"producer","name":"new"}`)
		if (response.GetStatus() == 200) != allowed {
			t.Errorf("%s off: %s", off, response.GetMessage())
		}
		if e, ok := waymark.ParseWire(response.GetMessage()); !allowed && (!ok || e.Code != waymark.FailedPrecondition || e.Reasons[0] != "clock" || len(s.Writes) > 0) {
			t.Errorf("%s off: %s", off, response.GetMessage())
		}
	}
	b.now = scenario.Start
	b.peer.Failures["GetTxTimestamp"] = errors.New("no time")
	b.refused(b.id("producer", waymark.Admin), []waymark.Code{waymark.Invalid}, string(waymark.MembersGet), `{"member":"producer"}`)
}

func TestAnInternalCauseGoesToTheLogAlone(t *testing.T) {
	b := newBench(t)
	core, logged := observer.New(zap.ErrorLevel)
	cc, err := contract.New(zap.New(core), func() time.Time { return scenario.Start })
	if err != nil {
		t.Fatal(err)
	}
	b.cc = cc
	b.peer.Failures["GetState"] = errors.New("secret: /var/peer")
	response, _ := b.invoke(b.id("producer", waymark.Admin), string(waymark.MembersGet), `{"member":"producer"}`)
	if e, ok := waymark.ParseWire(response.GetMessage()); !ok || e.Code != waymark.Internal || strings.Contains(response.GetMessage(), "secret") {
		t.Errorf("got %s", response.GetMessage())
	}
	if entries := logged.TakeAll(); len(entries) != 1 || !strings.Contains(fmt.Sprint(entries[0].ContextMap()), "secret: /var/peer") {
		t.Errorf("logged %+v", entries)
	}
	b.peer.Failures["GetState"] = nil
	b.refused(b.id("producer", ""), []waymark.Code{waymark.Forbidden}, string(waymark.MembersGet), `{"member":"producer"}`)
	if n := logged.Len(); n != 0 {
		t.Errorf("%d refusals are logged as failures", n)
	}
}

// exploding panics where the ledger is read.
type exploding struct{ *stub.Stub }

func (exploding) GetState(string) ([]byte, error) { panic("boom: secret") }

func TestAPanicEndsOneTransaction(t *testing.T) {
	b := newBench(t)
	_, s := b.invoke(b.id("producer", waymark.Admin), string(waymark.MembersGet), `{"member":"producer"}`)
	response := b.cc.Invoke(exploding{s})
	e, ok := waymark.ParseWire(response.GetMessage())
	if !ok || e.Code != waymark.Internal || strings.Contains(e.Message, "secret") || !strings.Contains(e.Message, s.GetTxID()) {
		t.Errorf("got %s", response.GetMessage())
	}
	b.must("producer", waymark.Viewer, waymark.MembersGet, waymark.MemberQuery{Member: "producer"})
}
