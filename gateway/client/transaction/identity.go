package transaction

import (
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"

	"github.com/hyperledger/fabric-protos-go-apiv2/msp"
)

// Creator serializes an identity: the certificate, PEM, of a member.
func Creator(mspID string, certificate []byte) ([]byte, error) {
	var e encoder
	raw := e.of(&msp.SerializedIdentity{Mspid: mspID, IdBytes: certificate})
	return raw, e.err
}

// Identity reads a serialized identity as Fabric does: the member's MSP id and the certificate.
func Identity(serialized []byte) (string, *x509.Certificate, error) {
	var id msp.SerializedIdentity
	if err := decode(serialized, &id); err != nil {
		return "", nil, err
	}
	certificate, err := Certificate(id.GetIdBytes())
	return id.GetMspid(), certificate, err
}

// Certificate reads the first certificate in PEM, as Fabric does: with any text around it.
func Certificate(text []byte) (*x509.Certificate, error) {
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, errors.New("it is no certificate in PEM")
	}
	certificate, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("parse certificate: %w", err)
	}
	return certificate, nil
}
