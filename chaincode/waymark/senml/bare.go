package senml

import "github.com/waymark-ledger/waymark/chaincode/waymark/attest"

// Bare reports whether the pack of a message can be read, and says nothing besides its
// readings: no member that RFC 8428 does not have, and no base value or base sum in force
// at a reading of data, which has no use for them. So whatever it tells is in a reading.
func Bare(m *attest.Message) bool {
	records := recordsJSON
	if m.Kind == attest.PackCBOR {
		records = recordsCBOR
	}
	all, err := records(m.Payload)
	if err != nil {
		return false
	}
	b := &base{}
	for _, r := range all {
		if b.update(r) != nil || r.more || r.rawData != nil && (b.value.compare(0) != 0 || b.sum.compare(0) != 0) {
			return false
		}
	}
	return true
}
