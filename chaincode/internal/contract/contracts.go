package contract

import (
	"github.com/waymark-ledger/waymark/chaincode/rules/command"
	"github.com/waymark-ledger/waymark/chaincode/rules/custody"
	"github.com/waymark-ledger/waymark/chaincode/rules/policy"
	"github.com/waymark-ledger/waymark/chaincode/rules/registry"
	"github.com/waymark-ledger/waymark/chaincode/rules/telemetry"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/recording"
)

// Members is the contract for the organisations of the consortium.
type Members struct{ base }

// Register registers the caller's own member.
func (*Members) Register(ctx Context, r waymark.RegisterMemberRequest) (*waymark.Member, error) {
	return do(ctx, r, registry.RegisterMember)
}

// Get returns a member.
func (*Members) Get(ctx Context, q waymark.MemberQuery) (*waymark.Member, error) {
	return do(ctx, q, registry.Member)
}

// Devices is the contract for devices and their keys.
type Devices struct{ base }

// Register registers a device by its own signed statement.
func (*Devices) Register(ctx Context, r waymark.RegisterDeviceRequest) (*waymark.Device, error) {
	return do(ctx, r, registry.RegisterDevice)
}

// Suspend stops a device from reporting.
func (*Devices) Suspend(ctx Context, r waymark.DeviceStateRequest) (*waymark.Device, error) {
	return do(ctx, r, registry.SuspendDevice)
}

// Resume lets a suspended device report again.
func (*Devices) Resume(ctx Context, r waymark.DeviceStateRequest) (*waymark.Device, error) {
	return do(ctx, r, registry.ResumeDevice)
}

// Retire ends a device for good.
func (*Devices) Retire(ctx Context, r waymark.DeviceStateRequest) (*waymark.Device, error) {
	return do(ctx, r, registry.RetireDevice)
}

// RotateKey replaces a device's key in force.
func (*Devices) RotateKey(ctx Context, r waymark.RotateKeyRequest) (*waymark.Device, error) {
	return do(ctx, r, registry.RotateKey)
}

// Get returns a device.
func (*Devices) Get(ctx Context, q waymark.DeviceQuery) (*waymark.Device, error) {
	return do(ctx, q, registry.Device)
}

// RegisterMany registers many devices, all or none.
func (*Devices) RegisterMany(ctx Context, r waymark.RegisterManyRequest) (*waymark.RegisterManyResult, error) {
	return do(ctx, r, registry.RegisterMany)
}

// Join registers a device that a device CA of its owner vouches for.
func (*Devices) Join(ctx Context, r waymark.JoinDeviceRequest) (*waymark.Device, error) {
	return do(ctx, r, registry.Join)
}

// Activate lets a registered device report.
func (*Devices) Activate(ctx Context, r waymark.DeviceStateRequest) (*waymark.Device, error) {
	return do(ctx, r, registry.ActivateDevice)
}

// ReplaceKey gives a device whose keys are lost a new one.
func (*Devices) ReplaceKey(ctx Context, r waymark.ReplaceKeyRequest) (*waymark.Device, error) {
	return do(ctx, r, registry.ReplaceKey)
}

// RevokeKey ends a key and disputes what was recorded under it since a time.
func (*Devices) RevokeKey(ctx Context, r waymark.RevokeKeyRequest) (*waymark.Device, error) {
	return do(ctx, r, registry.RevokeKey)
}

// SetAttributes replaces what the owner says of its device.
func (*Devices) SetAttributes(ctx Context, r waymark.SetAttributesRequest) (*waymark.Device, error) {
	return do(ctx, r, registry.SetAttributes)
}

// PutAuthority registers a device CA of the caller's member.
func (*Devices) PutAuthority(ctx Context, r waymark.PutAuthorityRequest) (*waymark.Authority, error) {
	return do(ctx, r, registry.PutAuthority)
}

// WithdrawAuthority ends joins by a device CA.
func (*Devices) WithdrawAuthority(ctx Context, r waymark.WithdrawAuthorityRequest) (*waymark.Authority, error) {
	return do(ctx, r, registry.WithdrawAuthority)
}

// RevokeCertificate ends a certificate that a device CA vouches for.
func (*Devices) RevokeCertificate(ctx Context, r waymark.RevokeCertificateRequest) (*waymark.CertificateStatus, error) {
	return do(ctx, r, registry.RevokeCertificate)
}

// OfferTransfer offers a device to another member.
func (*Devices) OfferTransfer(ctx Context, r waymark.OfferTransferRequest) (*waymark.Transfer, error) {
	return do(ctx, r, registry.OfferTransfer)
}

// AcceptTransfer makes the caller's member the owner of a device offered to it.
func (*Devices) AcceptTransfer(ctx Context, r waymark.AcceptTransferRequest) (*waymark.Transfer, error) {
	return do(ctx, r, registry.AcceptTransfer)
}

// DeclineTransfer turns the offer of a device down.
func (*Devices) DeclineTransfer(ctx Context, r waymark.EndTransferRequest) (*waymark.Transfer, error) {
	return do(ctx, r, registry.DeclineTransfer)
}

// CancelTransfer withdraws the offer of a device.
func (*Devices) CancelTransfer(ctx Context, r waymark.EndTransferRequest) (*waymark.Transfer, error) {
	return do(ctx, r, registry.CancelTransfer)
}

// RecordPresence keeps the newest that a device has said of its presence.
func (*Devices) RecordPresence(ctx Context, r waymark.RecordPresenceRequest) (*waymark.DevicePresence, error) {
	return do(ctx, r, registry.RecordPresence)
}

// Presence returns the newest that a device has said of its presence.
func (*Devices) Presence(ctx Context, q waymark.DeviceQuery) (*waymark.DevicePresence, error) {
	return do(ctx, q, registry.Presence)
}

// History returns what a device's record has been.
func (*Devices) History(ctx Context, q waymark.DeviceQuery) (*waymark.DeviceHistory, error) {
	return do(ctx, q, registry.History)
}

// Authority returns a device CA of a member.
func (*Devices) Authority(ctx Context, q waymark.AuthorityQuery) (*waymark.Authority, error) {
	return do(ctx, q, registry.Authority)
}

// Certificate returns whether a certificate is revoked.
func (*Devices) Certificate(ctx Context, q waymark.CertificateQuery) (*waymark.CertificateStatus, error) {
	return do(ctx, q, registry.Certificate)
}

// Transfer returns the last transfer of a device.
func (*Devices) Transfer(ctx Context, q waymark.DeviceQuery) (*waymark.Transfer, error) {
	return do(ctx, q, registry.Transfer)
}

// Telemetry is the contract for what devices report.
type Telemetry struct{ base }

// Record records a batch of signed messages.
func (*Telemetry) Record(ctx Context, r waymark.RecordRequest) (*waymark.Recording, error) {
	result, err := do(ctx, r, telemetry.Record)
	if err != nil {
		return nil, err
	}
	brief := recording.Brief(*result)
	return &brief, nil
}

// Disclose gives a member what the sealed readings of messages stand for.
func (*Telemetry) Disclose(ctx Context, r waymark.DiscloseRequest) (*waymark.RecordResult, error) {
	return do(ctx, r, telemetry.Disclose)
}

// Undisclosed returns which members lack the disclosures of messages.
func (*Telemetry) Undisclosed(ctx Context, q waymark.UndisclosedQuery) (*waymark.Undisclosed, error) {
	return do(ctx, q, telemetry.Undisclosed)
}

// Disclosed returns what the sealed readings of one message stand for.
func (*Telemetry) Disclosed(ctx Context, q waymark.DisclosedQuery) (*waymark.DisclosedMessage, error) {
	return do(ctx, q, telemetry.Disclosed)
}

// Window returns the window that holds one message.
func (*Telemetry) Window(ctx Context, q waymark.WindowQuery) (*waymark.Window, error) {
	return do(ctx, q, telemetry.Window)
}

// Check checks anchored windows by the messages of them that were picked.
func (*Telemetry) Check(ctx Context, r waymark.CheckTelemetryRequest) (*waymark.Stream, error) {
	return do(ctx, r, telemetry.Check)
}

// Forfeit gives up the check of anchored windows.
func (*Telemetry) Forfeit(ctx Context, r waymark.ForfeitTelemetryRequest) (*waymark.Stream, error) {
	return do(ctx, r, telemetry.Forfeit)
}

// Stream returns where a device's stream stands.
func (*Telemetry) Stream(ctx Context, q waymark.DeviceQuery) (*waymark.Stream, error) {
	return do(ctx, q, telemetry.Stream)
}

// Shipments is the contract for goods on the move.
type Shipments struct{ base }

// Create creates a shipment.
func (*Shipments) Create(ctx Context, r waymark.CreateShipmentRequest) (*waymark.Shipment, error) {
	return do(ctx, r, custody.Create)
}

// Attach makes a device witness a shipment.
func (*Shipments) Attach(ctx Context, r waymark.AttachDeviceRequest) (*waymark.Attachment, error) {
	return do(ctx, r, custody.Attach)
}

// Offer offers a handoff.
func (*Shipments) Offer(ctx Context, r waymark.OfferHandoffRequest) (*waymark.Handoff, error) {
	return do(ctx, r, custody.Offer)
}

// Accept accepts a handoff.
func (*Shipments) Accept(ctx Context, r waymark.AcceptHandoffRequest) (*waymark.Handoff, error) {
	return do(ctx, r, custody.Accept)
}

// WaiveClaim gives up what is left of a claim window.
func (*Shipments) WaiveClaim(ctx Context, r waymark.WaiveClaimRequest) (*waymark.Discrepancy, error) {
	return do(ctx, r, custody.WaiveClaim)
}

// Reject declines a handoff.
func (*Shipments) Reject(ctx Context, r waymark.EndHandoffRequest) (*waymark.Handoff, error) {
	return do(ctx, r, custody.Reject)
}

// Cancel withdraws a handoff.
func (*Shipments) Cancel(ctx Context, r waymark.EndHandoffRequest) (*waymark.Handoff, error) {
	return do(ctx, r, custody.Cancel)
}

// Get returns a shipment with its present state.
func (*Shipments) Get(ctx Context, q waymark.ShipmentQuery) (*waymark.ShipmentView, error) {
	return do(ctx, q, custody.Get)
}

// History returns what happened to a shipment.
func (*Shipments) History(ctx Context, q waymark.ShipmentQuery) (*waymark.History, error) {
	return do(ctx, q, custody.History)
}

// Commands is the contract for what members ask devices to do.
type Commands struct{ base }

// Request asks a device to do something.
func (*Commands) Request(ctx Context, r waymark.CommandRequest) (*waymark.Command, error) {
	return do(ctx, r, command.Request)
}

// Cancel withdraws a command.
func (*Commands) Cancel(ctx Context, r waymark.CancelCommandRequest) (*waymark.Command, error) {
	return do(ctx, r, command.Cancel)
}

// Close records a device's receipt for a command.
func (*Commands) Close(ctx Context, r waymark.CloseCommandRequest) (*waymark.Command, error) {
	return do(ctx, r, command.Close)
}

// Get returns a command.
func (*Commands) Get(ctx Context, q waymark.CommandQuery) (*waymark.Command, error) {
	return do(ctx, q, command.Get)
}

// Open returns the open commands of a device.
func (*Commands) Open(ctx Context, q waymark.DeviceQuery) (*waymark.OpenCommands, error) {
	return do(ctx, q, command.Open)
}

// Policies is the contract for the rulebook.
type Policies struct{ base }

// Check decides without doing.
func (*Policies) Check(ctx Context, r waymark.CheckRequest) (*waymark.Decision, error) {
	return do(ctx, r, policy.Check)
}

// Baseline returns the rulebook.
func (*Policies) Baseline(ctx Context) (*waymark.Baseline, error) {
	return ask(ctx, policy.Baseline)
}

// Put makes or replaces a policy about the resources of the caller's member.
func (*Policies) Put(ctx Context, r waymark.PutPolicyRequest) (*waymark.Policy, error) {
	return do(ctx, r, policy.Put)
}

// PutTemplate renders a template and puts the policy.
func (*Policies) PutTemplate(ctx Context, r waymark.PutTemplateRequest) (*waymark.Policy, error) {
	return do(ctx, r, policy.PutTemplate)
}

// Delegate passes on what a policy grants to the caller's member.
func (*Policies) Delegate(ctx Context, r waymark.DelegatePolicyRequest) (*waymark.Policy, error) {
	return do(ctx, r, policy.Delegate)
}

// Withdraw ends a policy.
func (*Policies) Withdraw(ctx Context, r waymark.WithdrawPolicyRequest) (*waymark.Policy, error) {
	return do(ctx, r, policy.Withdraw)
}

// Authorize decides and leaves a receipt.
func (*Policies) Authorize(ctx Context, r waymark.CheckRequest) (*waymark.DecisionReceipt, error) {
	return do(ctx, r, policy.Authorize)
}

// Get returns a policy.
func (*Policies) Get(ctx Context, q waymark.PolicyQuery) (*waymark.Policy, error) {
	return do(ctx, q, policy.Get)
}

// List returns the policies about one member's resources.
func (*Policies) List(ctx Context, q waymark.PoliciesQuery) (*waymark.PolicyList, error) {
	return do(ctx, q, policy.List)
}

// History returns the versions of a policy.
func (*Policies) History(ctx Context, q waymark.PolicyQuery) (*waymark.PolicyHistory, error) {
	return do(ctx, q, policy.History)
}

// Templates returns the templates.
func (*Policies) Templates(ctx Context) (*waymark.TemplateList, error) {
	return ask(ctx, policy.Templates)
}

// DryRun says what a change of policies would change.
func (*Policies) DryRun(ctx Context, r waymark.DryRunRequest) (*waymark.DryRun, error) {
	return do(ctx, r, policy.DryRun)
}

// Receipt returns a decision that a transaction recorded.
func (*Policies) Receipt(ctx Context, q waymark.ReceiptQuery) (*waymark.DecisionReceipt, error) {
	return do(ctx, q, policy.Receipt)
}
