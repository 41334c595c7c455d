package registry

import (
	"encoding/json"
	"fmt"

	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// History returns what a device's record has been, oldest first: the newest
// MaxDeviceVersions. It is for evaluation only, since a history has no phantom
// protection.
func History(l ledger.Ledger, q waymark.DeviceQuery) (*waymark.DeviceHistory, error) {
	if _, err := Device(l, q); err != nil {
		return nil, err
	}
	versions, more, err := l.History(ledger.DeviceKey(q.Device), waymark.MaxDeviceVersions)
	if err != nil {
		return nil, err
	}
	h := &waymark.DeviceHistory{Device: q.Device, Versions: []waymark.DeviceVersion{}, More: more}
	for _, v := range versions {
		version := waymark.DeviceVersion{}
		if err := json.Unmarshal(v.Value, &version.Record); err != nil {
			return nil, fmt.Errorf("decode device: %w", err)
		}
		version.By, version.Reason = cause(version.Record, v.TxID)
		h.Versions = append(h.Versions, version)
	}
	return h, nil
}

// cause says who wrote a version and why: the one of its changes that the
// transaction made.
func cause(d waymark.Device, txID string) (waymark.Stamp, string) {
	if d.Described != nil && d.Described.By.TxID == txID {
		return d.Described.By, d.Described.Reason
	}
	return d.Changed, d.Reason
}
