package policy

import (
	"github.com/waymark-ledger/waymark/chaincode/rules/access"
	"github.com/waymark-ledger/waymark/chaincode/rules/custody"
	"github.com/waymark-ledger/waymark/chaincode/rules/goods"
	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/rules/registry"
	"github.com/waymark-ledger/waymark/chaincode/rules/settlement"
	"github.com/waymark-ledger/waymark/chaincode/rules/telemetry"
	"github.com/waymark-ledger/waymark/chaincode/rules/title"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// Check decides for the caller, for anybody of its member, or for anybody at all
// about what its member owns, without doing anything. It answers only what the
// policies say: an act that they allow can still fail for the state of things.
func Check(l ledger.Ledger, r waymark.CheckRequest) (*waymark.Decision, error) {
	_, d, _, err := decide(l, r, waymark.ActAskDecision)
	if err != nil {
		return nil, err
	}
	return &d, nil
}

// Authorize is Check that leaves a receipt on the ledger. The policies that decided
// are read by the transaction: if one changes before it commits, it is invalid. A receipt
// of a denial tells only the hash of what was known of the resource, unless the caller's
// member owns it: who may not read it does not so either.
func Authorize(l ledger.Ledger, r waymark.CheckRequest) (*waymark.DecisionReceipt, error) {
	q, d, policies, err := decide(l, r, waymark.ActRecordDecision)
	if err != nil {
		return nil, err
	}
	receipt, err := access.NewReceipt(l.Tx(), q, d, policies)
	if err != nil {
		return nil, err
	}
	if !d.Allowed && q.Resource.Owner() != l.Tx().Caller.Member {
		receipt.Entities = ""
	}
	if err := ledger.Save(l, ledger.DecisionKey(receipt.TxID), receipt); err != nil {
		return nil, err
	}
	return receipt, l.Emit(waymark.EventDecisionRecorded, waymark.DecisionEvent{Action: r.Action, Allowed: d.Allowed})
}

// Receipt returns the decision that a transaction recorded.
func Receipt(l ledger.Ledger, q waymark.ReceiptQuery) (*waymark.DecisionReceipt, error) {
	if err := mayRead(l); err != nil {
		return nil, err
	}
	return ledger.Require[waymark.DecisionReceipt](l, ledger.DecisionKey(q.TxID), "decision of transaction "+q.TxID)
}

// decide answers a question that the caller may ask, or have recorded: act says which.
func decide(l ledger.Ledger, r waymark.CheckRequest, act waymark.Action) (q access.Request, d waymark.Decision, consulted []waymark.Policy, err error) {
	if err := mayRead(l); err != nil {
		return q, d, nil, err
	}
	tx := l.Tx()
	subject := tx.Caller
	if p := r.Principal; p != (waymark.Principal{}) {
		subject = ledger.Caller{Member: p.Member, Role: p.Role, App: p.App}
	}
	q = access.RequestOf(tx, r.Action, access.Entity{}, r.Purpose)
	q.Principal, q.Context.DataClass = access.Caller(subject), r.DataClass
	if err := resolve(l, r, &q, subject.Member); err != nil {
		return q, d, nil, err
	}
	q.Context.Holds = q.Resource.Holds()
	question := access.Question(subject.Member, q.Resource.Owner())
	if err := access.Authorize(tx, act, question); err != nil {
		return q, d, nil, err
	}
	d, consulted, err = access.Ask(l, q)
	return q, d, consulted, err
}

// resolve finds the principal and resource that the action is about. subject is the
// member that would act.
func resolve(l ledger.Ledger, r waymark.CheckRequest, q *access.Request, subject string) (err error) {
	switch r.Action {
	case waymark.ActRegisterMember, waymark.ActReadMember, waymark.ActManageAuthority:
		q.Resource = access.Member(r.Member)
	case waymark.ActRelayMessages, waymark.ActReadPolicy, waymark.ActReadTransaction:
		q.Resource = access.Consortium(l.Tx().Channel)
	case waymark.ActWritePolicy, waymark.ActWithdrawPolicy:
		q.Resource = access.Policy(r.Member, subject)
	case waymark.ActAskDecision, waymark.ActRecordDecision:
		q.Resource = access.Question(r.Member, "")
	case waymark.ActRegisterProduct, waymark.ActManageProduct, waymark.ActCommissionGoods, waymark.ActRecallGoods,
		waymark.ActHandleGoods, waymark.ActReadGoods:
		return resolveGoods(l, r, q, subject)
	case waymark.ActIssueMoney, waymark.ActTransferMoney, waymark.ActRedeemMoney, waymark.ActReadAccount, waymark.ActReadCurrency:
		q.Resource = moneyOf(l, r)
	default:
		return resolveDevice(l, r, q)
	}
	return err
}

// resolveGoods is resolve for the acts on products and goods.
func resolveGoods(l ledger.Ledger, r waymark.CheckRequest, q *access.Request, subject string) (err error) {
	switch r.Action {
	case waymark.ActRegisterProduct:
		q.Resource = access.Product(waymark.Product{GTIN: r.Product, Owner: r.Member})
	case waymark.ActManageProduct, waymark.ActCommissionGoods, waymark.ActRecallGoods:
		q.Resource, err = product(l, r.Product)
	case waymark.ActHandleGoods:
		q.Resource, err = goods.Handled(l, waymark.MustGoods(r.Goods), subject)
	default:
		q.Resource, err = goods.Resource(l, waymark.MustGoods(r.Goods), subject)
	}
	return err
}

// resolveDevice is resolve for the acts on devices and their telemetry.
func resolveDevice(l ledger.Ledger, r waymark.CheckRequest, q *access.Request) (err error) {
	switch r.Action {
	case waymark.ActRegisterDevice, waymark.ActJoinDevice:
		q.Resource = access.Device(waymark.Device{ID: r.Device, Owner: r.Member, State: waymark.DeviceRegistered}, l.Tx().Time)
	case waymark.ActManageDevice, waymark.ActReadDevice, waymark.ActReplaceDeviceKey, waymark.ActOfferTransfer,
		waymark.ActAnchorTelemetry, waymark.ActForfeitTelemetry:
		q.Resource, err = device(l, r.Device)
	case waymark.ActReport:
		q.Resource, err = device(l, r.Device)
		q.Principal = q.Resource
	case waymark.ActCommandDevice:
		q.Resource, err = commanded(l, r.Device)
	case waymark.ActReadTelemetry:
		q.Resource, err = telemetryOf(l, r.Device, r.Shipment)
	case waymark.ActAcceptTransfer, waymark.ActDeclineTransfer, waymark.ActCancelTransfer:
		q.Resource, err = transfer(l, r.Device)
	case waymark.ActReadCommand, waymark.ActCancelCommand:
		q.Resource, err = commandTo(l, r.Device, r.Member)
	default:
		return resolveShipment(l, r, q)
	}
	return err
}

// resolveShipment is resolve for the acts on shipments and handoffs.
func resolveShipment(l ledger.Ledger, r waymark.CheckRequest, q *access.Request) (err error) {
	switch r.Action {
	case waymark.ActCreateShipment:
		q.Resource = access.Shipment(waymark.Shipment{ID: r.Shipment, Consignor: r.Member},
			access.Present{Custodian: r.Member, TitleHolder: r.Member, Parties: []string{r.Member}})
	case waymark.ActReadShipment, waymark.ActOfferHandoff, waymark.ActReadyShipment, waymark.ActVoidShipment, waymark.ActOfferTitle:
		q.Resource, err = custody.ShipmentResource(l, r.Shipment)
	case waymark.ActReleaseExcursion:
		q.Resource, err = custody.ExcursionsResource(l, r.Shipment)
	case waymark.ActAttachDevice, waymark.ActDetachDevice:
		err = attachment(l, r, q)
	case waymark.ActAcceptHandoff, waymark.ActRejectHandoff, waymark.ActCancelHandoff, waymark.ActWaiveClaim:
		q.Resource, err = custody.HandoffResource(l, r.Shipment, r.Handoff)
	case waymark.ActAgreeOnTerms, waymark.ActReadTerms, waymark.ActFundEscrow, waymark.ActSettleEscrow, waymark.ActReadSettlement,
		waymark.ActOpenDispute, waymark.ActAddEvidence, waymark.ActWithdrawDispute, waymark.ActResolveDispute:
		q.Resource, err = settlement.Resource(l, r.Shipment)
	case waymark.ActSetHold, waymark.ActLiftHold:
		q.Resource, err = custody.HoldResource(l, r.Shipment, r.Hold)
	case waymark.ActAcceptTitle, waymark.ActDeclineTitle, waymark.ActCancelTitle:
		q.Resource, err = title.OfferResource(l, r.Shipment, r.TitleOffer)
	default:
		err = waymark.Errorf(waymark.Internal, "no resource is known for action %s", r.Action)
	}
	return err
}

func product(r ledger.Reader, gtin string) (access.Entity, error) {
	p, err := goods.RequireProduct(r, gtin)
	if err != nil {
		return access.Entity{}, err
	}
	return access.Product(*p), nil
}

// moneyOf is what the acts on money are about.
func moneyOf(l ledger.Ledger, r waymark.CheckRequest) access.Entity {
	if r.Action == waymark.ActReadCurrency {
		return access.Consortium(l.Tx().Channel)
	}
	return access.Member(r.Member)
}

func device(l ledger.Ledger, id string) (access.Entity, error) {
	d, err := registry.RequireDevice(l, id)
	if err != nil {
		return access.Entity{}, err
	}
	return access.Device(*d, l.Tx().Time), nil
}

func transfer(r ledger.Reader, device string) (access.Entity, error) {
	t, err := registry.RequireTransfer(r, device)
	if err != nil {
		return access.Entity{}, err
	}
	return access.Transfer(*t), nil
}

// commandTo is a command, known by its device and by who requested it.
func commandTo(r ledger.Reader, device, requester string) (access.Entity, error) {
	d, err := registry.RequireDevice(r, device)
	if err != nil {
		return access.Entity{}, err
	}
	witnessed, err := custody.WitnessedBy(r, device)
	return access.Command(*d, witnessed.Custodian, requester), err
}

// commanded is a device as who commands it sees it: with who has custody of the
// shipment that it witnesses.
func commanded(l ledger.Ledger, id string) (access.Entity, error) {
	d, err := registry.RequireDevice(l, id)
	if err != nil {
		return access.Entity{}, err
	}
	witnessed, err := custody.WitnessedBy(l, id)
	return access.DeviceAt(*d, l.Tx().Time, witnessed), err
}

// telemetryOf is what a device reported for a shipment, or if none is named what it
// reports now, for the shipment that it witnesses.
func telemetryOf(l ledger.Ledger, id, shipment string) (access.Entity, error) {
	d, err := registry.RequireDevice(l, id)
	if err != nil {
		return access.Entity{}, err
	}
	if shipment == "" {
		witnessed, err := custody.WitnessedBy(l, id)
		return access.Telemetry(*d, d.Edge(l.Tx().Time), witnessed, d.Attributes.PrivateClasses()), err
	}
	what := "witness " + id + " of shipment " + shipment
	a, err := ledger.Require[waymark.Attachment](l, ledger.WitnessKey(shipment, id), what)
	if err != nil {
		return access.Entity{}, err
	}
	then := telemetry.Source{Owner: a.Owner, Edge: a.Edge} // what it reported then stays that member's
	witnessed, err := custody.Witnessed(l, shipment)
	return then.Seen(*d, witnessed, d.Attributes.PrivateClasses()), err
}

func attachment(l ledger.Ledger, r waymark.CheckRequest, q *access.Request) error {
	d, err := registry.RequireDevice(l, r.Device)
	if err != nil {
		return err
	}
	q.Context.DeviceOwner = d.Owner
	q.Resource, err = custody.ShipmentResource(l, r.Shipment)
	return err
}
