package verify

import (
	"crypto"
	"crypto/x509"
	"errors"
	"fmt"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/client/transaction"
)

// Trust is what is believed.
type Trust struct {
	// Members are the members of the consortium with the authorities of their identities.
	// All of them: their number says how many may be lying.
	Members map[string]*x509.CertPool
	// Orderers is how many orderers there are, of which more than two thirds must have signed;
	// 0: one for each member. 1 believes a single orderer, as with Raft.
	Orderers int
	// RolesUnnamed says that there are members whose MSPs have no NodeOUs: a certificate that
	// names no role then counts for any role. One that names a role counts for that one only.
	RolesUnnamed bool
	// DeviceKey is that of the device, which has to have signed the message of a reading: the proof then has to have it.
	// nil if that is not asked for.
	DeviceKey *waymark.JWK
}

// The roles that certificates have by their organisational unit, as Fabric's NodeOUs say.
const (
	roleAny     = ""
	rolePeer    = "peer"
	roleOrderer = "orderer"
	roleClient  = "client"
	roleAdmin   = "admin"
)

// Signer is who signed something.
type Signer struct {
	Member string
	Name   string // the common name of the certificate
}

// signer is one whose certificate was checked.
type signer struct {
	Signer
	key    crypto.PublicKey
	public string // the key, to tell signers apart
}

// faulty is how many of n may lie or be broken without harm.
func faulty(n int) int { return (n - 1) / 3 }

// quorum is how many of n orderers decide (BFT): any two quorums share one that is honest.
func quorum(n int) int { return (n + faulty(n) + 2) / 2 } // ceil((n + f + 1) / 2)

// orderers is how many there are, and how many of them count for one member: whoever has the
// authority of a member can make any number of orderers.
func (t Trust) orderers() (all, each int) {
	all = t.Orderers
	if all == 0 {
		all = len(t.Members)
	}
	return all, max(1, (all+len(t.Members)-1)/max(1, len(t.Members)))
}

// serialized checks a serialized identity.
func (t Trust) serialized(raw []byte, role string) (signer, error) {
	member, certificate, err := transaction.Identity(raw)
	if err != nil {
		return signer{}, err
	}
	return t.check(member, certificate, role)
}

// check says who holds a certificate of a member. As in Fabric, its chain is checked at the
// time at which it begins: a receipt has no clock that could be believed.
func (t Trust) check(member string, certificate *x509.Certificate, role string) (signer, error) {
	roots, known := t.Members[member]
	if !known {
		return signer{}, fmt.Errorf("%q is none of the members", member)
	}
	_, err := certificate.Verify(x509.VerifyOptions{Roots: roots, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny},
		CurrentTime: certificate.NotBefore.Add(time.Second)})
	if err != nil {
		return signer{}, fmt.Errorf("certificate of %s: %w", member, err)
	}
	if certificate.IsCA {
		return signer{}, errors.New("an authority signs certificates only")
	}
	if err := t.plays(certificate, role); err != nil {
		return signer{}, fmt.Errorf("certificate of %s: %w", member, err)
	}
	public, err := x509.MarshalPKIXPublicKey(certificate.PublicKey)
	if err != nil {
		return signer{}, fmt.Errorf("key of %s: %w", member, err)
	}
	return signer{Signer: Signer{Member: member, Name: certificate.Subject.CommonName}, key: certificate.PublicKey, public: string(public)}, nil
}

// plays fails unless the certificate is of the role. As in Fabric, one that names none, or more
// than one, is of no role: an affiliation that has the name of a role does not give it.
func (t Trust) plays(certificate *x509.Certificate, role string) error {
	var named []string
	for _, unit := range certificate.Subject.OrganizationalUnit {
		switch unit {
		case rolePeer, roleOrderer, roleClient, roleAdmin:
			named = append(named, unit)
		}
	}
	switch {
	case len(named) == 0 && t.RolesUnnamed:
		return nil
	case len(named) != 1:
		return fmt.Errorf("it names %d roles %q, and must name one", len(named), named)
	case role != roleAny && named[0] != role:
		return fmt.Errorf("it is of the role %s, not %s", named[0], role)
	}
	return nil
}
