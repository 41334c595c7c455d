package policy_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/rules/command"
	"github.com/waymark-ledger/waymark/chaincode/rules/custody"
	"github.com/waymark-ledger/waymark/chaincode/rules/goods"
	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/rules/policy"
	"github.com/waymark-ledger/waymark/chaincode/rules/registry"
	"github.com/waymark-ledger/waymark/chaincode/rules/telemetry"
	"github.com/waymark-ledger/waymark/chaincode/rules/title"
	"github.com/waymark-ledger/waymark/chaincode/scenario"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
)

// world is a consortium in which every action has something to act on: shipment
// s1 with the carrier, offered to the retailer, witnessed by logger-1.
func world(t *testing.T) *scenario.Consortium {
	t.Helper()
	c := scenario.New(t)
	producer := c.As("producer", waymark.Operator)
	d := c.Device("logger-1", "producer")
	c.Device("logger-c", "carrier")
	c.Device("logger-t", "producer")
	scenario.Must(c, producer, registry.OfferTransfer, waymark.OfferTransferRequest{Device: "logger-t", To: "carrier", ExpiresAt: c.Now.Add(time.Hour)})
	scenario.Must(c, producer, custody.Create, waymark.CreateShipmentRequest{ID: "s1", Consignee: "retailer",
		Goods: c.Goods("producer", scenario.GTIN, "1")})
	for member, gtin := range products() {
		c.Goods(member, gtin, "2")
		scenario.Must(c, c.As(member, waymark.Operator), goods.Commission, waymark.CommissionRequest{Lot: waymark.Goods{GTIN: gtin, Lot: "L"}.String(), Quantity: "1", Unit: "KGM"})
	}
	scenario.Must(c, producer, custody.Attach, waymark.AttachDeviceRequest{Shipment: "s1", Device: "logger-1"})
	c.Record(d.Pack(500))
	scenario.Must(c, producer, custody.Offer, waymark.OfferHandoffRequest{Shipment: "s1", To: "carrier", ExpiresAt: c.Now.Add(time.Hour)})
	scenario.Must(c, c.As("carrier", waymark.Operator), custody.Accept, waymark.AcceptHandoffRequest{Shipment: "s1", Number: 1})
	scenario.Must(c, c.As("carrier", waymark.Operator), custody.Offer, waymark.OfferHandoffRequest{Shipment: "s1", To: "retailer", ExpiresAt: c.Now.Add(time.Hour)})
	scenario.Must(c, producer, command.Request, commandOf(c, "c1"))
	scenario.Must(c, producer, title.Offer, waymark.OfferTitleRequest{Shipment: "s1", To: "retailer", ExpiresAt: c.Now.Add(time.Hour)})
	return c
}

// commandOf is a request of a command to logger-1.
func commandOf(c *scenario.Consortium, id string) waymark.CommandRequest {
	return waymark.CommandRequest{ID: id, Device: "logger-1", Name: "wake", Arguments: `{}`, ExpiresAt: c.Now.Add(time.Hour)}
}

// products are one of each member.
func products() map[string]string {
	return map[string]string{"producer": scenario.GTIN, "carrier": "00012345600012", "retailer": "04012345678901", "auditor": "09506000134369"}
}

// try runs a transaction as far as its endorsement.
func try[Q waymark.Validator, R any](rule func(ledger.Ledger, Q) (R, error), request Q) func(*scenario.Consortium, ledger.Caller) error {
	return func(c *scenario.Consortium, by ledger.Caller) error {
		_, _, err := scenario.Endorse(c, by, rule, request)
		return err
	}
}

// acts are the transactions behind each action. What a caller does about a member
// or device of its own is named by own.
func acts(c *scenario.Consortium, own string) map[waymark.Action]func(*scenario.Consortium, ledger.Caller) error {
	end := waymark.EndHandoffRequest{Shipment: "s1", Number: 2, Reason: "because"}
	shipment, device := waymark.ShipmentQuery{Shipment: "s1"}, waymark.DeviceQuery{Device: "logger-1"}
	registration := c.NewDevice("logger-n", own).Registration()
	authority, joining := c.NewAuthority(attest.Ed25519, nil), c.NewDevice("logger-j", own)
	gtin := products()[own]
	free := []waymark.Line{{ID: waymark.Item(gtin, "2").String()}}
	return map[waymark.Action]func(*scenario.Consortium, ledger.Caller) error{
		waymark.ActRegisterMember:   try(registry.RegisterMember, waymark.RegisterMemberRequest{ID: own, Name: "new"}),
		waymark.ActReadMember:       try(registry.Member, waymark.MemberQuery{Member: own}),
		waymark.ActRegisterDevice:   try(registry.RegisterDevice, waymark.RegisterDeviceRequest{Registration: registration}),
		waymark.ActManageDevice:     try(registry.SuspendDevice, waymark.DeviceStateRequest{Device: "logger-1", Reason: "because"}),
		waymark.ActReadDevice:       try(registry.Device, device),
		waymark.ActRelayMessages:    try(telemetry.Record, waymark.RecordRequest{Messages: []string{"nonsense"}}),
		waymark.ActReadTelemetry:    try(telemetry.Window, waymark.WindowQuery{Device: "logger-1", Sequence: 1}),
		waymark.ActCreateShipment:   try(custody.Create, waymark.CreateShipmentRequest{ID: "s2", Consignee: "auditor", Goods: free}),
		waymark.ActReadShipment:     try(custody.Get, shipment),
		waymark.ActAttachDevice:     try(custody.Attach, waymark.AttachDeviceRequest{Shipment: "s1", Device: "logger-c"}),
		waymark.ActOfferHandoff:     try(custody.Offer, waymark.OfferHandoffRequest{Shipment: "s1", To: "auditor", ExpiresAt: c.Now.Add(time.Hour)}),
		waymark.ActAcceptHandoff:    try(custody.Accept, waymark.AcceptHandoffRequest{Shipment: "s1", Number: 2}),
		waymark.ActRejectHandoff:    try(custody.Reject, end),
		waymark.ActCancelHandoff:    try(custody.Cancel, end),
		waymark.ActReadyShipment:    try(custody.Ready, waymark.ReadyShipmentRequest{Shipment: "s1"}),
		waymark.ActVoidShipment:     try(custody.Void, waymark.VoidShipmentRequest{Shipment: "s1", Reason: "because"}),
		waymark.ActDetachDevice:     try(custody.Detach, waymark.DetachDeviceRequest{Shipment: "s1", Device: "logger-1"}),
		waymark.ActSetHold:          try(custody.Hold, waymark.HoldRequest{Shipment: "s1", Kind: waymark.HoldQuarantine, Reason: "because"}),
		waymark.ActLiftHold:         try(custody.LiftHold, waymark.HoldRequest{Shipment: "s1", Kind: waymark.HoldPendingData, Reason: "because"}),
		waymark.ActOfferTitle:       try(title.Offer, waymark.OfferTitleRequest{Shipment: "s1", To: "auditor", ExpiresAt: c.Now.Add(time.Hour)}),
		waymark.ActAcceptTitle:      try(title.Accept, waymark.AcceptTitleRequest{Shipment: "s1", Number: 1}),
		waymark.ActDeclineTitle:     try(title.Decline, waymark.EndTitleOfferRequest{Shipment: "s1", Number: 1, Reason: "because"}),
		waymark.ActCancelTitle:      try(title.Cancel, waymark.EndTitleOfferRequest{Shipment: "s1", Number: 1, Reason: "because"}),
		waymark.ActManageAuthority:  try(registry.WithdrawAuthority, waymark.WithdrawAuthorityRequest{Authority: authority.ID(), Reason: "because"}),
		waymark.ActJoinDevice:       try(registry.Join, authority.Join(joining, authority.Issue(joining, nil))),
		waymark.ActReplaceDeviceKey: try(registry.ReplaceKey, waymark.ReplaceKeyRequest{Device: "logger-1", Registration: registration, Reason: "because"}),
		waymark.ActOfferTransfer:    try(registry.OfferTransfer, waymark.OfferTransferRequest{Device: "logger-1", To: "auditor", ExpiresAt: c.Now.Add(time.Hour)}),
		waymark.ActAcceptTransfer:   try(registry.AcceptTransfer, waymark.AcceptTransferRequest{Device: "logger-t"}),
		waymark.ActDeclineTransfer:  try(registry.DeclineTransfer, waymark.EndTransferRequest{Device: "logger-t", Reason: "because"}),
		waymark.ActCancelTransfer:   try(registry.CancelTransfer, waymark.EndTransferRequest{Device: "logger-t", Reason: "because"}),
		waymark.ActCommandDevice:    try(command.Request, commandOf(c, "c2")),
		waymark.ActReadCommand:      try(command.Open, device),
		waymark.ActCancelCommand:    try(command.Cancel, waymark.CancelCommandRequest{Device: "logger-1", ID: "c1", Reason: "because"}),
		waymark.ActRegisterProduct:  try(goods.RegisterProduct, waymark.RegisterProductRequest{GTIN: gtin, Name: "goods"}),
		waymark.ActCommissionGoods:  try(goods.Commission, waymark.CommissionRequest{Items: []string{free[0].ID}}),
		waymark.ActManageProduct:    try(goods.AddRegulator, waymark.AddRegulatorRequest{GTIN: gtin, Regulator: own}),
		waymark.ActRecallGoods:      try(goods.LiftRecall, waymark.LiftRecallRequest{Lot: waymark.Goods{GTIN: gtin, Lot: "L"}.String(), Reason: "because"}),
		waymark.ActReadGoods:        try(goods.Get, waymark.GoodsQuery{ID: free[0].ID}),
		waymark.ActHandleGoods:      try(custody.Create, waymark.CreateShipmentRequest{ID: "s2", Consignee: "auditor", Goods: free}),
		waymark.ActWritePolicy:      try(policy.Put, waymark.PutPolicyRequest{ID: "p", Text: "permit (principal, action, resource);"}),
		waymark.ActWithdrawPolicy:   try(policy.Withdraw, waymark.WithdrawPolicyRequest{ID: "p", Reason: "because"}),
		waymark.ActAskDecision:      try(policy.Check, waymark.CheckRequest{Action: waymark.ActReadPolicy, Principal: waymark.Principal{Member: own, Role: waymark.Viewer}}),
		waymark.ActReadPolicy: func(c *scenario.Consortium, by ledger.Caller) error {
			_, err := policy.Baseline(c.World.Begin(c.Tx(by)))
			return err
		},
	}
}

// ask makes the question about the resources that acts use.
func ask(a waymark.Action, own string) waymark.CheckRequest {
	r := waymark.CheckRequest{Action: a, Member: own, Device: "logger-1", Shipment: "s1", Handoff: 2, TitleOffer: 1, Hold: waymark.HoldQuarantine,
		Product: products()[own], Goods: waymark.Item(products()[own], "2").String()}
	switch a {
	case waymark.ActRegisterDevice:
		r.Device = "logger-n"
	case waymark.ActJoinDevice:
		r.Device = "logger-j"
	case waymark.ActAcceptTransfer, waymark.ActDeclineTransfer, waymark.ActCancelTransfer:
		r.Device = "logger-t"
	case waymark.ActAttachDevice:
		r.Device = "logger-c"
	case waymark.ActLiftHold:
		r.Hold = waymark.HoldPendingData
	case waymark.ActCreateShipment:
		r.Shipment = "s2"
	case waymark.ActReadCommand: // of all that are open, whoever requested them
		r.Member = ""
	case waymark.ActCancelCommand: // of the one that the producer requested
		r.Member = "producer"
	}
	return r
}

// TestCheckIsWhatTransactionsDecide: whoever may ask is told what the transaction
// would say, with the same rules.
func TestCheckIsWhatTransactionsDecide(t *testing.T) {
	c := world(t)
	for _, member := range []string{"producer", "carrier", "retailer", "auditor"} {
		transactions := acts(c, member)
		for _, role := range waymark.Roles() {
			by := c.As(member, role)
			for _, action := range waymark.Actions() {
				if transactions[action] == nil { // a device's own, see below; asked by gateways; of another package
					continue
				}
				d := scenario.Must(c, by, policy.Check, ask(action, member))
				err := transactions[action](c, by)
				forbidden := waymark.CodeOf(err) == waymark.Forbidden
				if d.Allowed == forbidden {
					t.Errorf("%s of %s, %s: the check says %+v, the transaction %v", role, member, action, d, err)
				}
				if forbidden && !slices.Equal(waymark.AsError(err).Reasons, d.Reasons) {
					t.Errorf("%s of %s, %s: reasons %v and %v", role, member, action, d.Reasons, waymark.AsError(err).Reasons)
				}
			}
		}
	}
}

func TestCheckOfADevice(t *testing.T) {
	c := world(t)
	by := c.As("auditor", waymark.Viewer)
	report := waymark.CheckRequest{Action: waymark.ActReport, Device: "logger-1"}
	if d := scenario.Must(c, by, policy.Check, report); !d.Allowed {
		t.Errorf("active: %+v", d)
	}
	scenario.Must(c, c.As("producer", waymark.Operator), registry.SuspendDevice, waymark.DeviceStateRequest{Device: "logger-1", Reason: "lost"})
	if d := scenario.Must(c, by, policy.Check, report); d.Allowed || !slices.Equal(d.Reasons, []string{"only-active-device-reports"}) {
		t.Errorf("suspended: %+v", d)
	}
}

func TestCheckNeedsWhatItIsAbout(t *testing.T) {
	c := world(t)
	by := c.As("auditor", waymark.Viewer)
	for _, action := range waymark.Actions() {
		r := waymark.CheckRequest{Action: action, Member: "auditor", Device: "logger-9", Shipment: "s9", Handoff: 9, TitleOffer: 9, Hold: waymark.HoldQuarantine, Product: "00000000000017", Goods: waymark.Item("00000000000017", "9").String()}
		switch _, _, err := scenario.Endorse(c, by, policy.Check, r); action {
		case waymark.ActManageDevice, waymark.ActReadDevice, waymark.ActReadTelemetry, waymark.ActAnchorTelemetry, waymark.ActForfeitTelemetry, waymark.ActReport, waymark.ActReadShipment,
			waymark.ActOfferHandoff, waymark.ActAttachDevice, waymark.ActAcceptHandoff, waymark.ActRejectHandoff, waymark.ActCancelHandoff,
			waymark.ActReplaceDeviceKey, waymark.ActOfferTransfer, waymark.ActAcceptTransfer, waymark.ActDeclineTransfer, waymark.ActCancelTransfer,
			waymark.ActCommandDevice, waymark.ActReadCommand, waymark.ActCancelCommand,
			waymark.ActManageProduct, waymark.ActCommissionGoods, waymark.ActHandleGoods, waymark.ActRecallGoods, waymark.ActReadGoods,
			waymark.ActWaiveClaim, waymark.ActReleaseExcursion,
			waymark.ActAgreeOnTerms, waymark.ActReadTerms, waymark.ActFundEscrow, waymark.ActSettleEscrow, waymark.ActReadSettlement,
			waymark.ActOpenDispute, waymark.ActAddEvidence, waymark.ActWithdrawDispute, waymark.ActResolveDispute,
			waymark.ActReadyShipment, waymark.ActVoidShipment, waymark.ActDetachDevice, waymark.ActSetHold, waymark.ActLiftHold,
			waymark.ActOfferTitle, waymark.ActAcceptTitle, waymark.ActDeclineTitle, waymark.ActCancelTitle:
			if waymark.CodeOf(err) != waymark.NotFound {
				t.Errorf("%s of nothing: %v", action, err)
			}
		default: // it can be asked about what does not exist yet
			if err != nil {
				t.Errorf("%s: %v", action, err)
			}
		}
	}
	r := waymark.CheckRequest{Action: waymark.ActAttachDevice, Device: "logger-1", Shipment: "s9"}
	scenario.Refused(c, by, policy.Check, r, waymark.NotFound, "")
	scenario.Refused(c, by, policy.Check, waymark.CheckRequest{Action: "Fly"}, waymark.Invalid, "")
	scenario.Must(c, c.As("auditor", waymark.Viewer), policy.Check, waymark.CheckRequest{Action: waymark.ActReadCommand, Member: "auditor", Device: "logger-1"})
	scenario.Refused(c, by, policy.Check, waymark.CheckRequest{Action: waymark.ActCancelCommand, Device: "logger-1"}, waymark.Invalid, "")
	scenario.Refused(c, by, policy.Check, waymark.CheckRequest{Action: waymark.ActReadDevice}, waymark.Invalid, "")
	scenario.Refused(c, c.As("auditor", ""), policy.Check, waymark.CheckRequest{Action: waymark.ActReadPolicy}, waymark.Forbidden, waymark.DefaultDeny)
}

func TestBaseline(t *testing.T) {
	c := world(t)
	b, err := policy.Baseline(c.World.Begin(c.Tx(c.As("auditor", waymark.Viewer))))
	if err != nil || !strings.Contains(b.Policy, "only-offeree-answers-handoff") {
		t.Errorf("baseline %+v, %v", b, err)
	}
	if _, err := policy.Baseline(c.World.Begin(c.Tx(c.As("auditor", "")))); waymark.CodeOf(err) != waymark.Forbidden {
		t.Errorf("got %v", err)
	}
}
