package registry

import (
	"reflect"

	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// SetAttributes replaces what the owner says of its device. The same attributes again
// change nothing.
func SetAttributes(l ledger.Ledger, r waymark.SetAttributesRequest) (*waymark.Device, error) {
	d, err := manage(l, r.Device)
	if err != nil {
		return nil, err
	}
	attributes := normal(r.Attributes)
	if reflect.DeepEqual(d.Attributes, &attributes) {
		return d, nil
	}
	if err := notRetired(d); err != nil {
		return nil, err
	}
	d.Attributes = &attributes
	d.Described = &waymark.Change{By: l.Tx().Stamp(), Reason: r.Reason}
	return save(l, d, waymark.EventDeviceDescribed)
}

// normal is the one form in which the ledger keeps attributes.
func normal(a waymark.DeviceAttributes) waymark.DeviceAttributes {
	if a.Calibration != nil {
		c := *a.Calibration
		c.ExpiresAt = ledger.Milliseconds(c.ExpiresAt)
		a.Calibration = &c
	}
	if len(a.Measures) == 0 {
		a.Measures = nil
	}
	return a
}
