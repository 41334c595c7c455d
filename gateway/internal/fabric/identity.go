package fabric

import (
	"crypto/x509"
	"fmt"
	"os"

	"github.com/hyperledger/fabric-gateway/pkg/client"
	"github.com/hyperledger/fabric-gateway/pkg/hash"
	"github.com/hyperledger/fabric-gateway/pkg/identity"
	"github.com/hyperledger/fabric-protos-go-apiv2/msp"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
)

// session is one identity's way to the ledger.
type session struct {
	gateway *client.Gateway
	network *client.Network
	// creator is the serialized identity that signs, as Fabric carries it.
	creator []byte
	sign    identity.Sign
}

// newSession makes the session that signs with id for the member.
func newSession(cfg Config, id Identity, conn grpc.ClientConnInterface) (*session, error) {
	signer, sign, err := load(cfg.Member, id)
	if err != nil {
		return nil, err
	}
	gateway, err := client.Connect(signer, client.WithSign(sign), client.WithHash(hash.SHA256),
		client.WithClientConnection(conn))
	if err != nil {
		return nil, fmt.Errorf("connect as %s: %w", id.CertFile, err)
	}
	creator, err := proto.Marshal(&msp.SerializedIdentity{Mspid: signer.MspID(), IdBytes: signer.Credentials()})
	if err != nil {
		return nil, fmt.Errorf("serialize identity: %w", err)
	}
	return &session{gateway: gateway, network: gateway.GetNetwork(cfg.Channel), creator: creator, sign: sign}, nil
}

// load reads the certificate and the key. The key never leaves the signer.
func load(member string, id Identity) (*identity.X509Identity, identity.Sign, error) {
	certificate, err := readCertificate(id.CertFile)
	if err != nil {
		return nil, nil, err
	}
	signer, err := identity.NewX509Identity(member, certificate)
	if err != nil {
		return nil, nil, fmt.Errorf("identity %s: %w", id.CertFile, err)
	}
	pem, err := os.ReadFile(id.KeyFile)
	if err != nil {
		return nil, nil, fmt.Errorf("read private key: %w", err)
	}
	key, err := identity.PrivateKeyFromPEM(pem)
	if err != nil {
		return nil, nil, fmt.Errorf("private key %s: %w", id.KeyFile, err)
	}
	sign, err := identity.NewPrivateKeySign(key)
	if err != nil {
		return nil, nil, fmt.Errorf("private key %s: %w", id.KeyFile, err)
	}
	return signer, sign, nil
}

func readCertificate(file string) (*x509.Certificate, error) {
	pem, err := os.ReadFile(file) //nolint:gosec // the operator names the file
	if err != nil {
		return nil, fmt.Errorf("read certificate: %w", err)
	}
	certificate, err := identity.CertificateFromPEM(pem)
	if err != nil {
		return nil, fmt.Errorf("certificate %s: %w", file, err)
	}
	return certificate, nil
}
