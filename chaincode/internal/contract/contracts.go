package contract

import (
	"github.com/waymark-ledger/waymark/chaincode/internal/custody"
	"github.com/waymark-ledger/waymark/chaincode/internal/policy"
	"github.com/waymark-ledger/waymark/chaincode/internal/registry"
	"github.com/waymark-ledger/waymark/chaincode/internal/telemetry"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
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

// Telemetry is the contract for what devices report.
type Telemetry struct{ base }

// Record records a batch of signed messages.
func (*Telemetry) Record(ctx Context, r waymark.RecordRequest) (*waymark.RecordResult, error) {
	return do(ctx, r, telemetry.Record)
}

// Window returns the window that holds one message.
func (*Telemetry) Window(ctx Context, q waymark.WindowQuery) (*waymark.Window, error) {
	return do(ctx, q, telemetry.Window)
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
