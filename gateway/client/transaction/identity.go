package transaction

import (
	"bytes"
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

// Identity reads a serialized identity: the member's MSP id and the certificate.
func Identity(serialized []byte) (string, *x509.Certificate, error) {
	var id msp.SerializedIdentity
	if err := decode(serialized, &id); err != nil {
		return "", nil, err
	}
	certificate, err := Certificate(id.GetIdBytes())
	return id.GetMspid(), certificate, err
}

// Certificate reads one certificate in PEM, and nothing beside it.
func Certificate(text []byte) (*x509.Certificate, error) {
	block, rest := pem.Decode(text)
	if block == nil || block.Type != "CERTIFICATE" || len(bytes.TrimSpace(rest)) > 0 {
		return nil, errors.New("it is not one certificate in PEM")
	}
	certificate, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("parse certificate: %w", err)
	}
	return certificate, nil
}
