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

// Identity reads a serialized identity: the member's MSP id and the certificate, in PEM as RFC
// 7468, clause 3, has it, without a byte beside it. Fabric takes any amount of text before it,
// which everybody would have to keep.
func Identity(serialized []byte) (string, *x509.Certificate, error) {
	var id msp.SerializedIdentity
	if err := decode(serialized, &id); err != nil {
		return "", nil, err
	}
	certificate, err := Certificate(id.GetIdBytes())
	if err == nil && !bare(id.GetIdBytes(), certificate) {
		return "", nil, errors.New("it is not one certificate in PEM, in lines of 64 characters, and nothing else")
	}
	return id.GetMspid(), certificate, err
}

// bare reports whether text is a certificate in PEM and nothing else, in lines of either end.
func bare(text []byte, certificate *x509.Certificate) bool {
	plain := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate.Raw})
	unix := bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n"))
	return bytes.Equal(bytes.TrimSuffix(unix, []byte("\n")), bytes.TrimSuffix(plain, []byte("\n")))
}

// Certificate reads a certificate in PEM. Text may precede it, and nothing follows it.
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
