package verify

import (
	"crypto"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"time"

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
}

// The roles that certificates have by their organisational unit, as Fabric's NodeOUs say.
const (
	rolePeer    = "peer"
	roleOrderer = "orderer"
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

// serialized checks a serialized identity; an empty role takes any.
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
	if has, named := roleOf(certificate); named && role != "" && has != role {
		return signer{}, fmt.Errorf("a certificate of %s is of a %s, not of a %s", member, has, role)
	}
	public, err := x509.MarshalPKIXPublicKey(certificate.PublicKey)
	if err != nil {
		return signer{}, fmt.Errorf("key of %s: %w", member, err)
	}
	return signer{Signer: Signer{Member: member, Name: certificate.Subject.CommonName}, key: certificate.PublicKey, public: string(public)}, nil
}

// roleOf is the role that a certificate names, if it names one.
func roleOf(certificate *x509.Certificate) (string, bool) {
	for _, role := range []string{rolePeer, roleOrderer, "client", "admin"} {
		if slices.Contains(certificate.Subject.OrganizationalUnit, role) {
			return role, true
		}
	}
	return "", false
}
