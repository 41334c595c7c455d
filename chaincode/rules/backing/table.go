package backing

import "github.com/waymark-ledger/waymark/chaincode/waymark"

// records says of each event what its transaction has written. An event that is not here nobody is told.
var records = map[string]func(subject) ([]Record, error){
	waymark.EventMemberRegistered: member,

	waymark.EventDeviceRegistered:  device,
	waymark.EventDevicesRegistered: devices,
	waymark.EventDeviceJoined:      device,
	waymark.EventDeviceActivated:   device,
	waymark.EventDeviceSuspended:   device,
	waymark.EventDeviceResumed:     device,
	waymark.EventDeviceRetired:     device,
	waymark.EventDeviceKeyRotated:  device,
	waymark.EventDeviceKeyReplaced: device,
	waymark.EventDeviceKeyRevoked:  device,
	waymark.EventDeviceDescribed:   device,
	waymark.EventDevicePresence:    presence,

	waymark.EventTransferOffered:   transfer,
	waymark.EventTransferAccepted:  transferred,
	waymark.EventTransferDeclined:  transfer,
	waymark.EventTransferCancelled: transfer,

	waymark.EventAuthorityPut:       authority,
	waymark.EventAuthorityWithdrawn: authority,
	waymark.EventCertificateRevoked: revocation,

	waymark.EventTelemetryRecorded:  recorded,
	waymark.EventTelemetryDisclosed: disclosed,
	waymark.EventTelemetryChecked:   streamed,
	waymark.EventTelemetryForfeited: streamed,

	waymark.EventCommandRequested: command,
	waymark.EventCommandCancelled: command,
	waymark.EventCommandClosed:    command,

	waymark.EventProductRegistered:   product,
	waymark.EventRegulatorAdded:      product,
	waymark.EventGoodsCommissioned:   commissioned,
	waymark.EventGoodsPacked:         act,
	waymark.EventGoodsUnpacked:       act,
	waymark.EventGoodsTransformed:    act,
	waymark.EventGoodsDecommissioned: act,
	waymark.EventGoodsRecalled:       recalled,
	waymark.EventRecallLifted:        recalled,

	waymark.EventShipmentCreated:   created,
	waymark.EventShipmentReady:     custody,
	waymark.EventShipmentVoided:    custody,
	waymark.EventDeviceAttached:    witness,
	waymark.EventDeviceDetached:    witness,
	waymark.EventHandoffOffered:    handoff,
	waymark.EventHandoffAccepted:   accepted,
	waymark.EventHandoffRejected:   handoff,
	waymark.EventHandoffCancelled:  handoff,
	waymark.EventHoldSet:           hold,
	waymark.EventHoldLifted:        hold,
	waymark.EventTitleOffered:      title,
	waymark.EventTitleAccepted:     title,
	waymark.EventTitleDeclined:     title,
	waymark.EventTitleCancelled:    title,
	waymark.EventClaimWaived:       discrepancy,
	waymark.EventExcursionReleased: released,

	waymark.EventPolicyPut:        policy,
	waymark.EventPolicyDelegated:  policy,
	waymark.EventPolicyWithdrawn:  policy,
	waymark.EventDecisionRecorded: decision,

	waymark.EventMoneyIssued:      minted,
	waymark.EventMoneyTransferred: payment,
	waymark.EventMoneyRedeemed:    minted,

	waymark.EventTermsProposed:    proposed,
	waymark.EventTermsAgreed:      agreement,
	waymark.EventTermsPurged:      purged,
	waymark.EventEscrowFunded:     escrow,
	waymark.EventEscrowSettled:    settlement,
	waymark.EventEscrowPaid:       escrow,
	waymark.EventEscrowRefunded:   escrow,
	waymark.EventDisputeOpened:    dispute,
	waymark.EventEvidenceAdded:    dispute,
	waymark.EventDisputeWithdrawn: dispute,
	waymark.EventDisputeResolved:  dispute,
}
