package senml

import (
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
)

// Parse reads the pack inside a message, by the kind that the message states.
// It returns Invalid for a message that is no pack.
func Parse(m *attest.Message) ([]Reading, error) {
	switch m.Kind {
	case attest.PackJSON:
		return ParseJSON(m.Payload)
	case attest.PackCBOR:
		return ParseCBOR(m.Payload)
	default:
		return nil, waymark.Errorf(waymark.Invalid, "a message of type %s is not a pack of readings", m.Kind)
	}
}

// maxDepth bounds how deep a pack may be nested, itself and its records included.
const maxDepth = 8

func checkSize(payload []byte) error {
	if len(payload) > MaxBytes {
		return waymark.Errorf(waymark.Invalid, "the pack is longer than %d bytes", MaxBytes)
	}
	return nil
}
