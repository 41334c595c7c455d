package stub

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math/big"
	"time"

	"github.com/hyperledger/fabric-protos-go-apiv2/msp"
	"google.golang.org/protobuf/proto"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// Creator returns the serialised identity of a member with a role, which is left
// out of the certificate if it is empty.
func Creator(member string, role waymark.Role) ([]byte, error) {
	attributes := map[string]string{}
	if role != "" {
		attributes[waymark.RoleAttribute] = string(role)
	}
	extension, err := json.Marshal(map[string]any{"attrs": attributes})
	if err != nil {
		return nil, fmt.Errorf("encode attributes: %w", err)
	}
	return CreatorWith(member, extension)
}

// attributeExtension is where Fabric CA puts attributes into a certificate.
func attributeExtension() asn1.ObjectIdentifier {
	return asn1.ObjectIdentifier{1, 2, 3, 4, 5, 6, 7, 8, 1}
}

// CreatorWith is Creator with any content of the attribute extension.
func CreatorWith(member string, extension []byte) ([]byte, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make key: %w", err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: member},
		NotBefore: time.Unix(0, 0), NotAfter: time.Unix(1<<32, 0),
		ExtraExtensions: []pkix.Extension{{Id: attributeExtension(), Value: extension}},
	}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, fmt.Errorf("make certificate: %w", err)
	}
	return proto.Marshal(&msp.SerializedIdentity{
		Mspid: member, IdBytes: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate}),
	})
}
