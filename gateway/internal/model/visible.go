package model

import (
	"encoding/json"
	"strings"

	"github.com/waymark-ledger/waymark/chaincode/rules/access"
	"github.com/waymark-ledger/waymark/chaincode/rules/account"
	"github.com/waymark-ledger/waymark/chaincode/rules/command"
	"github.com/waymark-ledger/waymark/chaincode/rules/custody"
	"github.com/waymark-ledger/waymark/chaincode/rules/goods"
	"github.com/waymark-ledger/waymark/chaincode/rules/policy"
	"github.com/waymark-ledger/waymark/chaincode/rules/registry"
	"github.com/waymark-ledger/waymark/chaincode/rules/settlement"
	"github.com/waymark-ledger/waymark/chaincode/rules/telemetry"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// visible reports whether a caller may know of an event: whether the ledger would tell it of the thing that the
// event is about. What is about nothing that is known here nobody is told.
func visible(v view, e Event, purpose string) (bool, error) {
	kind, _, _ := strings.Cut(e.Name, ".")
	var of subjectOfEvent
	if err := json.Unmarshal(e.Payload, &of); err != nil {
		return false, nil //nolint:nilerr // of a faulty chaincode
	}
	ask := askers[kind]
	if ask == nil {
		return false, nil
	}
	err := ask(v, e, of, purpose)
	if broken(err) {
		return false, err
	}
	return err == nil, nil
}

// subjectOfEvent are the members of payloads that name what an event is about.
type subjectOfEvent struct {
	Member, Device, Shipment, Owner, Author, Authority, ID, GTIN, Act, Lot, Payment string

	Windows    []waymark.WindowRef
	Excursions []waymark.ExcursionRef
	Messages   []waymark.MessageRef
}

// askers ask, by the kind of an event, the rule that reads what it is about.
var askers = map[string]func(v view, e Event, of subjectOfEvent, purpose string) error{
	"member": func(v view, _ Event, of subjectOfEvent, _ string) error {
		return failed(registry.Member(v, waymark.MemberQuery{Member: of.Member}))
	},
	"device":           askDevice,
	"telemetry":        askTelemetry,
	"device_authority": askAuthority,
	"command": func(v view, _ Event, of subjectOfEvent, _ string) error {
		return failed(command.Get(v, waymark.CommandQuery{Device: of.Device, ID: of.ID}))
	},
	"goods":     askGoods,
	"shipment":  askShipment,
	"handoff":   askShipment,
	"hold":      askShipment,
	"title":     askShipment,
	"claim":     askShipment,
	"excursion": askShipment,
	"terms":     askSettlement,
	"escrow":    askSettlement,
	"dispute":   askSettlement,
	"policy":    askPolicy,
	"decision":  askDecision,
	"money":     askPayment,
}

// failed drops what a rule answers.
func failed[T any](_ T, err error) error { return err }

func askDevice(v view, e Event, _ subjectOfEvent, _ string) error {
	return failed(registry.Device(v, waymark.DeviceQuery{Device: e.device}))
}

func askTelemetry(v view, e Event, of subjectOfEvent, purpose string) error {
	switch {
	case len(of.Excursions) > 0:
		return askShipment(v, Event{}, subjectOfEvent{Shipment: of.Excursions[0].Shipment}, purpose)
	case len(of.Windows) > 0:
		return failed(telemetry.Window(v, waymark.WindowQuery{Device: of.Windows[0].Device, Sequence: of.Windows[0].First, Purpose: purpose}))
	case len(of.Messages) > 0:
		return failed(telemetry.Stream(v, waymark.DeviceQuery{Device: of.Messages[0].Device}))
	}
	return failed(telemetry.Stream(v, waymark.DeviceQuery{Device: e.device}))
}

func askAuthority(v view, _ Event, of subjectOfEvent, _ string) error {
	return failed(registry.Authority(v, waymark.AuthorityQuery{Owner: of.Owner, Authority: of.Authority}))
}

func askGoods(v view, e Event, of subjectOfEvent, _ string) error {
	switch {
	case of.Act != "":
		return failed(goods.Read(v, waymark.ActQuery{ID: of.Act}))
	case of.Lot != "":
		return failed(goods.Get(v, waymark.GoodsQuery{ID: of.Lot}))
	case e.Name == waymark.EventGoodsCommissioned: // how many items, none of which it names
		return access.Authorize(v.tx, waymark.ActReadTransaction, access.Consortium(v.tx.Channel))
	}
	return failed(goods.Product(v, waymark.ProductQuery{GTIN: of.GTIN}))
}

func askShipment(v view, _ Event, of subjectOfEvent, purpose string) error {
	return failed(custody.Get(v, waymark.ShipmentQuery{Shipment: of.Shipment, Purpose: purpose}))
}

func askSettlement(v view, _ Event, of subjectOfEvent, _ string) error {
	return failed(settlement.Get(v, waymark.SettlementQuery{Shipment: of.Shipment}))
}

func askPolicy(v view, _ Event, of subjectOfEvent, _ string) error {
	return failed(policy.Get(v, waymark.PolicyQuery{Owner: of.Owner, Author: of.Author, ID: of.ID}))
}

func askDecision(v view, e Event, _ subjectOfEvent, _ string) error {
	return failed(policy.Receipt(v, waymark.ReceiptQuery{TxID: e.TxID}))
}

func askPayment(v view, e Event, of subjectOfEvent, _ string) error {
	if e.Member != v.tx.Caller.Member { // whose payment of this id is another one
		return waymark.Errorf(waymark.Forbidden, "the payment is another member's")
	}
	return failed(account.Payment(v, waymark.PaymentQuery{ID: of.Payment}))
}
