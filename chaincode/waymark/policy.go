package waymark

// Action is what a caller asks to do. Its text is the id of the Cedar action.
type Action string

// The actions.
const (
	ActRegisterMember Action = "RegisterMember"
	ActReadMember     Action = "ReadMember"
	ActRegisterDevice Action = "RegisterDevice"
	ActManageDevice   Action = "ManageDevice" // activate, suspend, resume, rotate, retire, revoke a key, describe
	ActReadDevice     Action = "ReadDevice"
	ActRelayMessages  Action = "RelayMessages"
	ActReport         Action = "Report" // by the device itself
	ActReadTelemetry  Action = "ReadTelemetry"
	// ActAnchorTelemetry is to record only what messages of a device come to, and to show some of them.
	ActAnchorTelemetry  Action = "AnchorTelemetry"
	ActForfeitTelemetry Action = "ForfeitTelemetry" // give up the check of anchored windows
	ActCreateShipment   Action = "CreateShipment"
	ActReadShipment     Action = "ReadShipment"
	ActAttachDevice     Action = "AttachDevice"
	ActOfferHandoff     Action = "OfferHandoff"
	ActAcceptHandoff    Action = "AcceptHandoff"
	ActRejectHandoff    Action = "RejectHandoff"
	ActCancelHandoff    Action = "CancelHandoff"
	ActReadPolicy       Action = "ReadPolicy"
	// ActReadTransaction is to see a transaction of the channel whole, arguments included.
	ActReadTransaction Action = "ReadTransaction"

	ActReadyShipment Action = "ReadyShipment"
	ActVoidShipment  Action = "VoidShipment"
	ActDetachDevice  Action = "DetachDevice"
	ActSetHold       Action = "SetHold"
	ActLiftHold      Action = "LiftHold"
	ActOfferTitle    Action = "OfferTitle"
	ActAcceptTitle   Action = "AcceptTitle"
	ActDeclineTitle  Action = "DeclineTitle"
	ActCancelTitle   Action = "CancelTitle"

	ActManageAuthority  Action = "ManageAuthority"  // device CAs of a member and what they issued
	ActJoinDevice       Action = "JoinDevice"       // by certificate
	ActReplaceDeviceKey Action = "ReplaceDeviceKey" // without the old one
	ActOfferTransfer    Action = "OfferTransfer"    // of a device to another owner
	ActAcceptTransfer   Action = "AcceptTransfer"
	ActDeclineTransfer  Action = "DeclineTransfer"
	ActCancelTransfer   Action = "CancelTransfer"

	ActWaiveClaim Action = "WaiveClaim" // what is left of the claim window of a handoff

	ActCommandDevice Action = "CommandDevice" // grantable
	ActReadCommand   Action = "ReadCommand"
	ActCancelCommand Action = "CancelCommand"

	ActRegisterProduct Action = "RegisterProduct"
	ActManageProduct   Action = "ManageProduct"   // add a regulator
	ActCommissionGoods Action = "CommissionGoods" // make items and lots of a product known
	ActHandleGoods     Action = "HandleGoods"     // pack, unpack, ship, transform, decommission
	ActRecallGoods     Action = "RecallGoods"     // recall a lot, or lift one's own recall
	ActReadGoods       Action = "ReadGoods"

	ActWritePolicy    Action = "WritePolicy"    // put, delegate
	ActWithdrawPolicy Action = "WithdrawPolicy" // of one's own, or about one's own resources
	ActAskDecision    Action = "AskDecision"    // what would be decided for somebody
	ActRecordDecision Action = "RecordDecision" // the same, on the ledger

	ActReleaseExcursion Action = "ReleaseExcursion" // by quality

	ActIssueMoney    Action = "IssueMoney"
	ActTransferMoney Action = "TransferMoney"
	ActRedeemMoney   Action = "RedeemMoney"
	ActReadAccount   Action = "ReadAccount"  // of the caller's member
	ActReadCurrency  Action = "ReadCurrency" // how much of it there is

	ActAgreeOnTerms    Action = "AgreeOnTerms" // propose, agree to, purge
	ActReadTerms       Action = "ReadTerms"
	ActFundEscrow      Action = "FundEscrow"
	ActSettleEscrow    Action = "SettleEscrow" // settle, pay out, take back
	ActReadSettlement  Action = "ReadSettlement"
	ActOpenDispute     Action = "OpenDispute"
	ActAddEvidence     Action = "AddEvidence"
	ActWithdrawDispute Action = "WithdrawDispute"
	ActResolveDispute  Action = "ResolveDispute"
)

// Actions returns every action.
func Actions() []Action {
	return []Action{ActRegisterMember, ActReadMember, ActRegisterDevice, ActManageDevice, ActReadDevice,
		ActRelayMessages, ActReport, ActReadTelemetry, ActAnchorTelemetry, ActForfeitTelemetry, ActCreateShipment, ActReadShipment, ActAttachDevice,
		ActOfferHandoff, ActAcceptHandoff, ActRejectHandoff, ActCancelHandoff, ActReadPolicy, ActReadTransaction,
		ActReadyShipment, ActVoidShipment, ActDetachDevice, ActSetHold, ActLiftHold,
		ActOfferTitle, ActAcceptTitle, ActDeclineTitle, ActCancelTitle,
		ActManageAuthority, ActJoinDevice, ActReplaceDeviceKey,
		ActOfferTransfer, ActAcceptTransfer, ActDeclineTransfer, ActCancelTransfer,
		ActCommandDevice, ActReadCommand, ActCancelCommand,
		ActRegisterProduct, ActManageProduct, ActCommissionGoods, ActHandleGoods, ActRecallGoods, ActReadGoods,
		ActWritePolicy, ActWithdrawPolicy, ActAskDecision, ActRecordDecision,
		ActWaiveClaim,
		ActReleaseExcursion,
		ActIssueMoney, ActTransferMoney, ActRedeemMoney, ActReadAccount, ActReadCurrency,
		ActAgreeOnTerms, ActReadTerms, ActFundEscrow, ActSettleEscrow, ActReadSettlement,
		ActOpenDispute, ActAddEvidence, ActWithdrawDispute, ActResolveDispute}
}
