package fabric

import (
	"crypto/ecdsa"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/hyperledger/fabric-chaincode-go/v2/pkg/attrmgr"
	"github.com/hyperledger/fabric-gateway/pkg/client"
	"github.com/hyperledger/fabric-gateway/pkg/hash"
	"github.com/hyperledger/fabric-gateway/pkg/identity"
	"github.com/hyperledger/fabric-protos-go-apiv2/msp"
	port "github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/internal/keys"
	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
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
	caller  port.Caller // as the chaincode sees it
}

// Caller returns who an identity is to the rules: what the chaincode reads of its certificate.
//
// Codes: Forbidden for one that is not configured.
func (c *Client) Caller(as ledger.Identity) (port.Caller, error) {
	s, err := c.session(as)
	if err != nil {
		return port.Caller{}, err
	}
	return s.caller, nil
}

// callerOf reads the attributes of a certificate.
func callerOf(member string, certificate *x509.Certificate) (port.Caller, error) {
	attributes, err := attrmgr.New().GetAttributesFromCert(certificate)
	if err != nil {
		return port.Caller{}, fmt.Errorf("attributes: %w", err)
	}
	role, _, err := attributes.Value(waymark.RoleAttribute)
	if err != nil {
		return port.Caller{}, fmt.Errorf("role: %w", err)
	}
	app, _, err := attributes.Value(waymark.AppAttribute)
	if err != nil {
		return port.Caller{}, fmt.Errorf("application: %w", err)
	}
	return port.Caller{Member: member, Role: waymark.Role(role), App: app}, nil
}

// follow has the sessions of an identity made of its files, now and whenever they change.
func (c *Client) follow(set *keys.Set, name ledger.Identity, id Identity) error {
	current := &c.sessions[name].current
	return set.Follow(keys.Part{
		Name:  "identity/" + string(name),
		Files: id.files,
		Load: func() (keys.Loaded, error) {
			s, ends, err := c.newSession(id)
			if err != nil {
				return keys.Loaded{}, err
			}
			return keys.Loaded{
				Expires: map[string]time.Time{"identity/" + string(name): ends},
				Apply: func() {
					if old := current.Swap(s); old != nil {
						_ = old.gateway.Close() // calls that it makes have contexts of their own
					}
				},
			}, nil
		},
	})
}

func (id Identity) files() []string {
	if id.Token == (Token{}) {
		return []string{id.CertFile, id.KeyFile}
	}
	return []string{id.CertFile, id.Token.PINFile}
}

// newSession makes the session that signs with id, and says until when its certificate is good.
func (c *Client) newSession(id Identity) (*session, time.Time, error) {
	certificate, err := readCertificate(id.CertFile)
	if err != nil {
		return nil, time.Time{}, err
	}
	sign, err := c.signer(id)
	if err != nil {
		return nil, time.Time{}, err
	}
	if err := fits(certificate, sign); err != nil {
		return nil, time.Time{}, fmt.Errorf("certificate %s: %w", id.CertFile, err)
	}
	s, err := sessionOf(c.cfg, certificate, sign, c.conn)
	return s, certificate.NotAfter, err
}

func sessionOf(cfg Config, certificate *x509.Certificate, sign identity.Sign, conn grpc.ClientConnInterface) (*session, error) {
	signer, err := identity.NewX509Identity(cfg.Member, certificate)
	if err != nil {
		return nil, fmt.Errorf("identity: %w", err)
	}
	gateway, err := client.Connect(signer, client.WithSign(sign), client.WithHash(hash.SHA256),
		client.WithClientConnection(conn))
	if err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	creator, err := proto.Marshal(&msp.SerializedIdentity{Mspid: signer.MspID(), IdBytes: signer.Credentials()})
	if err != nil {
		return nil, fmt.Errorf("serialize identity: %w", err)
	}
	caller, err := callerOf(cfg.Member, certificate)
	if err != nil {
		return nil, err
	}
	return &session{gateway: gateway, network: gateway.GetNetwork(cfg.Channel), creator: creator, sign: sign, caller: caller}, nil
}

// signer returns what signs for an identity. The key never leaves it.
func (c *Client) signer(id Identity) (identity.Sign, error) {
	if id.Token != (Token{}) {
		return c.tokens.signer(id.Token)
	}
	pem, err := os.ReadFile(id.KeyFile)
	if err != nil {
		return nil, fmt.Errorf("read private key: %w", err)
	}
	key, err := identity.PrivateKeyFromPEM(pem)
	if err != nil {
		return nil, fmt.Errorf("private key %s: %w", id.KeyFile, err)
	}
	sign, err := identity.NewPrivateKeySign(key)
	if err != nil {
		return nil, fmt.Errorf("private key %s: %w", id.KeyFile, err)
	}
	return sign, nil
}

// fits reports, by a signature, whether a key is that of a certificate.
func fits(certificate *x509.Certificate, sign identity.Sign) error {
	public, ok := certificate.PublicKey.(*ecdsa.PublicKey)
	if !ok {
		return errors.New("its key is not for ECDSA")
	}
	digest := sha256.Sum256([]byte("waymark"))
	signature, err := sign(digest[:])
	if err != nil {
		return fmt.Errorf("the key does not sign: %w", err)
	}
	if !ecdsa.VerifyASN1(public, digest[:], signature) {
		return errors.New("the key is another one's")
	}
	return nil
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
