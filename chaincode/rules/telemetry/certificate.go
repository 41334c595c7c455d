package telemetry

import (
	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/rules/registry"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
)

// certificateRevoked reports whether a certificate is revoked that a key of the device
// came with. It asks the ledger once for each key and transaction.
func (s *session) certificateRevoked(r ledger.Reader, key waymark.DeviceKey) (bool, error) {
	if revoked, known := s.revoked[key.ID]; known {
		return revoked, nil
	}
	revoked, err := registry.CertificateRevoked(r, key)
	if err == nil {
		s.revoked[key.ID] = revoked
	}
	return revoked, err
}

func certificateRevoked(m *attest.Message) error {
	return waymark.Errorf(waymark.Unauthenticated, "a certificate that key %s of device %s came with is revoked", m.KeyID, m.Device).Because(waymark.ReasonRevoked)
}
