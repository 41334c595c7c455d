package waymark

// Transaction is the name by which Fabric calls a contract function.
type Transaction string

// The transactions that write. Each takes one request as JSON and is submitted.
const (
	MembersRegister  Transaction = "members:Register"
	DevicesRegister  Transaction = "devices:Register"
	DevicesSuspend   Transaction = "devices:Suspend"
	DevicesResume    Transaction = "devices:Resume"
	DevicesRetire    Transaction = "devices:Retire"
	DevicesRotateKey Transaction = "devices:RotateKey"
	TelemetryRecord  Transaction = "telemetry:Record"
	// TelemetryDisclose takes its messages as transient data: see Disclosures.
	TelemetryDisclose Transaction = "telemetry:Disclose"
	TelemetryCheck    Transaction = "telemetry:Check"
	TelemetryForfeit  Transaction = "telemetry:Forfeit"
	ShipmentsCreate   Transaction = "shipments:Create"
	ShipmentsAttach   Transaction = "shipments:Attach"
	ShipmentsOffer    Transaction = "shipments:Offer"
	ShipmentsAccept   Transaction = "shipments:Accept"
	ShipmentsReject   Transaction = "shipments:Reject"
	ShipmentsCancel   Transaction = "shipments:Cancel"

	ShipmentsWaiveClaim Transaction = "shipments:WaiveClaim"

	DevicesRegisterMany      Transaction = "devices:RegisterMany"
	DevicesJoin              Transaction = "devices:Join"
	DevicesActivate          Transaction = "devices:Activate"
	DevicesReplaceKey        Transaction = "devices:ReplaceKey"
	DevicesRevokeKey         Transaction = "devices:RevokeKey"
	DevicesSetAttributes     Transaction = "devices:SetAttributes"
	DevicesPutAuthority      Transaction = "devices:PutAuthority"
	DevicesWithdrawAuthority Transaction = "devices:WithdrawAuthority"
	DevicesRevokeCertificate Transaction = "devices:RevokeCertificate"
	DevicesOfferTransfer     Transaction = "devices:OfferTransfer"
	DevicesAcceptTransfer    Transaction = "devices:AcceptTransfer"
	DevicesDeclineTransfer   Transaction = "devices:DeclineTransfer"
	DevicesCancelTransfer    Transaction = "devices:CancelTransfer"
	DevicesRecordPresence    Transaction = "devices:RecordPresence"

	ShipmentsReady    Transaction = "shipments:Ready"
	ShipmentsVoid     Transaction = "shipments:Void"
	ShipmentsDetach   Transaction = "shipments:Detach"
	ShipmentsHold     Transaction = "shipments:Hold"
	ShipmentsLiftHold Transaction = "shipments:LiftHold"
	TitlesOffer       Transaction = "titles:Offer"
	TitlesAccept      Transaction = "titles:Accept"
	TitlesDecline     Transaction = "titles:Decline"
	TitlesCancel      Transaction = "titles:Cancel"

	CommandsRequest Transaction = "commands:Request"
	CommandsCancel  Transaction = "commands:Cancel"
	CommandsClose   Transaction = "commands:Close"

	GoodsRegisterProduct Transaction = "goods:RegisterProduct"
	GoodsAddRegulator    Transaction = "goods:AddRegulator"
	GoodsCommission      Transaction = "goods:Commission"
	GoodsPack            Transaction = "goods:Pack"
	GoodsUnpack          Transaction = "goods:Unpack"
	GoodsTransform       Transaction = "goods:Transform"
	GoodsDecommission    Transaction = "goods:Decommission"
	GoodsRecall          Transaction = "goods:Recall"
	GoodsLiftRecall      Transaction = "goods:LiftRecall"

	PoliciesPut         Transaction = "policies:Put"
	PoliciesPutTemplate Transaction = "policies:PutTemplate"
	PoliciesDelegate    Transaction = "policies:Delegate"
	PoliciesWithdraw    Transaction = "policies:Withdraw"
	PoliciesAuthorize   Transaction = "policies:Authorize"

	ShipmentsReleaseExcursion Transaction = "shipments:ReleaseExcursion"

	AccountsIssue    Transaction = "accounts:Issue"
	AccountsTransfer Transaction = "accounts:Transfer"
	AccountsRedeem   Transaction = "accounts:Redeem"

	// SettlementPropose and SettlementSettle take terms as transient data: see Terms.
	SettlementPropose     Transaction = "settlement:Propose"
	SettlementAgree       Transaction = "settlement:Agree"
	SettlementPurge       Transaction = "settlement:Purge"
	SettlementFund        Transaction = "settlement:Fund"
	SettlementSettle      Transaction = "settlement:Settle"
	SettlementPay         Transaction = "settlement:Pay"
	SettlementRefund      Transaction = "settlement:Refund"
	SettlementDispute     Transaction = "settlement:Dispute"
	SettlementAddEvidence Transaction = "settlement:AddEvidence"
	SettlementWithdraw    Transaction = "settlement:Withdraw"
	SettlementResolve     Transaction = "settlement:Resolve"
)

// The transactions that only read. Each is evaluated.
const (
	MembersGet      Transaction = "members:Get"
	DevicesGet      Transaction = "devices:Get"
	TelemetryWindow Transaction = "telemetry:Window"
	TelemetryStream Transaction = "telemetry:Stream"
	// TelemetryUndisclosed and TelemetryDisclosed are about sealed readings.
	TelemetryUndisclosed Transaction = "telemetry:Undisclosed"
	TelemetryDisclosed   Transaction = "telemetry:Disclosed"
	ShipmentsGet         Transaction = "shipments:Get"
	ShipmentsHistory     Transaction = "shipments:History"
	PoliciesCheck        Transaction = "policies:Check"
	PoliciesBaseline     Transaction = "policies:Baseline"

	DevicesHistory     Transaction = "devices:History"
	DevicesAuthority   Transaction = "devices:Authority"
	DevicesCertificate Transaction = "devices:Certificate"
	DevicesTransfer    Transaction = "devices:Transfer"
	DevicesPresence    Transaction = "devices:Presence"

	GoodsProduct  Transaction = "goods:Product"
	GoodsGet      Transaction = "goods:Get"
	GoodsContents Transaction = "goods:Contents"
	GoodsTrace    Transaction = "goods:Trace"
	GoodsHistory  Transaction = "goods:History"
	GoodsAct      Transaction = "goods:Act"

	TitlesGet Transaction = "titles:Get"

	CommandsGet  Transaction = "commands:Get"
	CommandsOpen Transaction = "commands:Open"

	PoliciesGet       Transaction = "policies:Get"
	PoliciesList      Transaction = "policies:List"
	PoliciesHistory   Transaction = "policies:History"
	PoliciesTemplates Transaction = "policies:Templates"
	PoliciesDryRun    Transaction = "policies:DryRun"
	PoliciesReceipt   Transaction = "policies:Receipt"

	ShipmentsProfiles Transaction = "shipments:Profiles"

	AccountsCurrency Transaction = "accounts:Currency"
	AccountsNotes    Transaction = "accounts:Notes"
	AccountsPayment  Transaction = "accounts:Payment"

	SettlementGet   Transaction = "settlement:Get"
	SettlementTerms Transaction = "settlement:Terms"
)
