package custody

import (
	"github.com/waymark-ledger/waymark/chaincode/internal/condition"
	"github.com/waymark-ledger/waymark/chaincode/internal/ledger"
	"github.com/waymark-ledger/waymark/chaincode/internal/registry"
	"github.com/waymark-ledger/waymark/chaincode/internal/stream"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// MaxExcursions bounds the excursions of one shipment that are read and shown.
// The verdict needs only one.
const MaxExcursions = 500

// found is what the ledger holds about the conditions of a shipment.
type found struct {
	state       waymark.ConditionState
	reasons     []string
	attachments []waymark.Attachment
	witnesses   []condition.Witness
	excursions  []waymark.Excursion
}

// findings reads what bears on the conditions of a shipment. The scan of the
// excursions is phantom-protected: one that commits before the transaction that
// relies on this invalidates it, so that no excursion can slip past.
func findings(r ledger.Reader, s *waymark.Shipment) (*found, error) {
	excursions, _, err := ledger.Some[waymark.Excursion](r, ledger.Excursions(s.ID), MaxExcursions)
	if err != nil {
		return nil, err
	}
	attachments, err := ledger.List[waymark.Attachment](r, ledger.Witnesses(s.ID), waymark.MaxDevices)
	if err != nil {
		return nil, err
	}
	var witnesses []condition.Witness
	for _, a := range attachments {
		at, err := stream.Load(r, a.Device)
		if err != nil {
			return nil, err
		}
		device, err := registry.RequireDevice(r, a.Device)
		if err != nil {
			return nil, err
		}
		revoked, err := registry.RevokedSince(r, device, a.Attached.Time)
		if err != nil {
			return nil, err
		}
		witnesses = append(witnesses, condition.Witness{Attachment: a, Device: *device, Stream: at, Revoked: revoked})
	}
	f := &found{attachments: attachments, witnesses: witnesses, excursions: excursions}
	f.state, f.reasons = condition.Verdict(s.Conditions, witnesses, len(excursions))
	return f, nil
}
