package login

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// maxAuthorities bounds the device CAs that are remembered.
const maxAuthorities = 256

// Authorities are the device CAs of the registry, and what they revoked.
type Authorities interface {
	// Authority returns the device CA of a member.
	Authority(ctx context.Context, owner, id string) (*waymark.Authority, error)
	// Revoked reports whether a certificate under it is revoked.
	Revoked(ctx context.Context, owner, authority, serial string) (bool, error)
}

// vouchers remembers what the registry said of certificates. It is asked only on behalf of
// a device that holds a key which such a certificate vouched for, so no stranger can fill it.
type vouchers struct {
	authorities Authorities
	now         func() time.Time
	questions   chan struct{}
	roots       *memory[*x509.Certificate] // by the hash of each, and so good for ever
	revocations *memory[bool]
}

func newVouchers(authorities Authorities, now func() time.Time, questions chan struct{}) *vouchers {
	return &vouchers{authorities: authorities, now: now, questions: questions,
		roots: newMemory[*x509.Certificate](maxAuthorities), revocations: newMemory[bool](maxCached)}
}

// root returns the certificate of the device CA that vouched for a key.
func (v *vouchers) root(ctx context.Context, k waymark.KeyCertificate) (*x509.Certificate, error) {
	if known, found := v.roots.lookup(k.Authority); found {
		return known.value, nil
	}
	authority, err := inTurn(ctx, v.questions, func() (*waymark.Authority, error) {
		return v.authorities.Authority(ctx, k.Owner, k.Authority)
	})
	if err != nil {
		return nil, unanswered()
	}
	der, err := base64.StdEncoding.DecodeString(authority.Certificate)
	if err != nil || idOf(der) != k.Authority {
		return nil, unanswered() // it is not what was asked for
	}
	root, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, unanswered()
	}
	v.roots.store(remembered[*x509.Certificate]{id: k.Authority, value: root, asked: v.now()})
	return root, nil
}

// check fails with Unauthenticated if the device's certificate or one between it and its
// authority is revoked, and with Unavailable if that cannot be asked and memory is too old.
func (v *vouchers) check(ctx context.Context, k *waymark.KeyCertificate) error {
	if k == nil {
		return nil
	}
	for _, serial := range append([]string{k.Serial}, k.Issuers...) {
		revoked, err := v.revoked(ctx, k, serial)
		if err != nil {
			return err
		}
		if revoked {
			return waymark.Errorf(waymark.Unauthenticated, "certificate %s, by which the key came, is revoked: the owner has to replace the key", serial).Because(waymark.ReasonRevoked)
		}
	}
	return nil
}

func (v *vouchers) revoked(ctx context.Context, k *waymark.KeyCertificate, serial string) (bool, error) {
	id := k.Owner + "/" + k.IssuerKey + "/" + serial
	known, found := v.revocations.lookup(id)
	age := v.now().Sub(known.asked)
	if found && (known.value || age < freshFor) { // what is revoked stays so
		return known.value, nil
	}
	if found && age < staleFor {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, patience)
		defer cancel()
	}
	asked, err := inTurn(ctx, v.questions, func() (remembered[bool], error) {
		return v.revocations.ask(id, v.now(), func() (bool, bool, error) {
			revoked, err := v.authorities.Revoked(ctx, k.Owner, k.Authority, serial)
			return revoked, true, err
		})
	})
	if err == nil {
		return asked.value, nil
	}
	if found && age < staleFor {
		return known.value, nil
	}
	return false, unanswered()
}

// idOf is the id of a device CA with a certificate: Authority.ID.
func idOf(der []byte) string {
	sum := sha256.Sum256(der)
	return hex.EncodeToString(sum[:])
}

// inTurn asks when it is one of few that ask.
func inTurn[T any](ctx context.Context, turns chan struct{}, ask func() (T, error)) (answer T, err error) {
	select {
	case turns <- struct{}{}:
		defer func() { <-turns }()
	case <-ctx.Done():
		return answer, ctx.Err()
	}
	return ask()
}
