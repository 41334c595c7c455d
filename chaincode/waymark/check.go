package waymark

import "slices"

// CheckRequest asks what the caller would be answered, without doing it. The
// action decides which ids are needed.
type CheckRequest struct {
	Action Action `json:"action"`
	// Member is for RegisterMember, ReadMember and ManageAuthority; it is the owner for
	// RegisterProduct, RegisterDevice, JoinDevice, WritePolicy and WithdrawPolicy, the consignor for
	// CreateShipment, the issuer or owner for the money actions and ReadAccount, whom AskDecision and RecordDecision are about, and who requested it for CancelCommand and,
	// optional, ReadCommand.
	Member string `json:"member,omitempty" metadata:",optional" form:"id"`
	// Device is for the device, transfer and command actions, ReadTelemetry, AttachDevice and DetachDevice.
	Device string `json:"device,omitempty" metadata:",optional" form:"id"`
	// Shipment is for the shipment, handoff, hold, title, terms, escrow and dispute actions; for ReadTelemetry it is the one that
	// the device witnessed then, if not now.
	Shipment   string   `json:"shipment,omitempty" metadata:",optional" form:"id"`
	Hold       HoldKind `json:"hold,omitempty" metadata:",optional"`                        // the kind, for SetHold and LiftHold
	Handoff    uint64   `json:"handoff,omitempty" metadata:",optional" form:"sequence"`     // the number, for AcceptHandoff, RejectHandoff, CancelHandoff and WaiveClaim
	TitleOffer uint64   `json:"title_offer,omitempty" metadata:",optional" form:"sequence"` // the number, for AcceptTitle, DeclineTitle and CancelTitle
	Product    string   `json:"product,omitempty" metadata:",optional" form:"gtin"`         // the GTIN, for ManageProduct, CommissionGoods and RecallGoods
	Goods      string   `json:"goods,omitempty" metadata:",optional" form:"goods"`          // the thing, for HandleGoods and ReadGoods

	// Principal is who would act; the caller if it is left out.
	Principal Principal `json:"principal,omitzero" metadata:",optional"`
	Purpose   string    `json:"purpose,omitempty" metadata:",optional" form:"id"`
	DataClass DataClass `json:"data_class,omitempty" metadata:",optional" form:"id"` // for ReadTelemetry; all if it is left out
}

// Validate checks that the ids which the action needs are there and well formed.
func (r CheckRequest) Validate() error {
	if !slices.Contains(Actions(), r.Action) {
		return InvalidField("/action", "must be one of %v", Actions())
	}
	if err := CheckForms(r); err != nil {
		return err
	}
	needsMember, needsDevice, needsShipment, needsHandoff := r.Action.needs()
	return first(
		needed(needsMember, "/member", r.Member),
		needed(needsDevice, "/device", r.Device),
		needed(needsShipment, "/shipment", r.Shipment),
		neededNumber(needsHandoff, "/handoff", r.Handoff),
		neededNumber(slices.Contains([]Action{ActAcceptTitle, ActDeclineTitle, ActCancelTitle}, r.Action), "/title_offer", r.TitleOffer),
		r.validateGoods(),
		neededHold(r.Action == ActSetHold || r.Action == ActLiftHold, "/hold", r.Hold),
		r.validateWho(),
	)
}

// validateGoods checks what the acts on goods need beside a member.
func (r CheckRequest) validateGoods() error {
	if slices.Contains([]Action{ActManageProduct, ActCommissionGoods, ActRecallGoods}, r.Action) || r.Product != "" {
		if err := ValidateGTIN("/product", r.Product); err != nil {
			return err
		}
	}
	if r.Action == ActHandleGoods || r.Action == ActReadGoods || r.Goods != "" {
		return ValidateGoods("/goods", r.Goods)
	}
	return nil
}

func (r CheckRequest) validateWho() error {
	if r.Principal != (Principal{}) {
		if err := r.Principal.validate("/principal"); err != nil {
			return err
		}
	}
	return first(ValidatePurpose("/purpose", r.Purpose), ValidateDataClass("/data_class", r.DataClass))
}

// needs says which ids name the resource of an action.
func (a Action) needs() (member, device, shipment, handoff bool) {
	switch a {
	case ActRegisterMember, ActReadMember, ActManageAuthority, ActRegisterProduct,
		ActWritePolicy, ActWithdrawPolicy, ActAskDecision, ActRecordDecision,
		ActIssueMoney, ActTransferMoney, ActRedeemMoney, ActReadAccount:
		return true, false, false, false
	case ActRegisterDevice, ActJoinDevice, ActCancelCommand:
		return true, true, false, false
	case ActManageDevice, ActReadDevice, ActReadTelemetry, ActReport, ActCommandDevice, ActReadCommand,
		ActReplaceDeviceKey, ActAnchorTelemetry, ActForfeitTelemetry, ActOfferTransfer, ActAcceptTransfer, ActDeclineTransfer, ActCancelTransfer:
		return false, true, false, false
	case ActCreateShipment:
		return true, false, true, false
	case ActAttachDevice, ActDetachDevice:
		return false, true, true, false
	case ActReadShipment, ActOfferHandoff, ActReleaseExcursion,
		ActReadyShipment, ActVoidShipment, ActSetHold, ActLiftHold, ActOfferTitle, ActAcceptTitle, ActDeclineTitle, ActCancelTitle,
		ActAgreeOnTerms, ActReadTerms, ActFundEscrow, ActSettleEscrow, ActReadSettlement,
		ActOpenDispute, ActAddEvidence, ActWithdrawDispute, ActResolveDispute:
		return false, false, true, false
	case ActAcceptHandoff, ActRejectHandoff, ActCancelHandoff, ActWaiveClaim:
		return false, false, true, true
	default: // about the consortium
		return false, false, false, false
	}
}

func needed(need bool, pointer, id string) error {
	if !need && id == "" {
		return nil
	}
	return ValidateID(pointer, id)
}

func neededNumber(need bool, pointer string, n uint64) error {
	if !need && n == 0 {
		return nil
	}
	return ValidateSequence(pointer, n)
}

func neededHold(need bool, pointer string, kind HoldKind) error {
	if !need && kind == "" || slices.Contains(HoldKinds(), kind) {
		return nil
	}
	return InvalidField(pointer, "must be one of %v", HoldKinds())
}

// Decision is the outcome of the policies.
type Decision struct {
	Allowed bool `json:"allowed"`
	// Reasons are the ids of the policies that decided, sorted: of the baseline as
	// they are, of owner policies as "author/id". A denial that no policy speaks
	// for has the one reason "default-deny".
	Reasons []string `json:"reasons"`
	// Obligations are of what whoever is allowed gets: sorted, each once.
	Obligations []Obligation `json:"obligations"`
}

// DefaultDeny is the reason of a denial that no policy speaks for.
const DefaultDeny = "default-deny"

// Baseline is the consortium's rulebook as the chaincode carries it.
type Baseline struct {
	Policy string `json:"policy"`               // Cedar
	Schema string `json:"schema"`               // Cedar schema
	SHA256 string `json:"sha256" form:"sha256"` // of Policy, lower-case hex
}
