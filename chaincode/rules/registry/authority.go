package registry

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/rules/access"
	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// PutAuthority registers a device CA of the caller's member, or changes whether
// devices that join by it start active. The same request again changes nothing.
// A withdrawn authority does not come back.
func PutAuthority(l ledger.Ledger, r waymark.PutAuthorityRequest) (*waymark.Authority, error) {
	tx := l.Tx()
	owner := tx.Caller.Member
	c, err := parseAuthority("/certificate", r.Certificate)
	if err != nil {
		return nil, err
	}
	if err := access.Authorize(tx, waymark.ActManageAuthority, access.Member(owner)); err != nil {
		return nil, err
	}
	if _, err := RequireMember(l, owner); err != nil {
		return nil, err
	}
	a := &waymark.Authority{
		ID: hexSHA256(c.Raw), KeyID: hexSHA256(c.RawSubjectPublicKeyInfo), Owner: owner, Certificate: base64.StdEncoding.EncodeToString(c.Raw), ExpiresAt: c.NotAfter.UTC(),
		Activate: r.Activate, State: waymark.AuthorityTrusted, Registered: tx.Stamp(), Changed: tx.Stamp(), Reason: r.Reason,
	}
	old, err := ledger.Load[waymark.Authority](l, ledger.AuthorityKey(owner, a.ID))
	if err != nil {
		return nil, err
	}
	if old != nil {
		if old.State == waymark.AuthorityWithdrawn {
			return nil, withdrawn(old)
		}
		if old.Activate == a.Activate {
			return old, nil
		}
		a.Registered = old.Registered
	}
	return saveAuthority(l, a, waymark.EventAuthorityPut)
}

func hexSHA256(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

// WithdrawAuthority ends joins by an authority for good. Devices that joined stay.
// The same request again changes nothing.
func WithdrawAuthority(l ledger.Ledger, r waymark.WithdrawAuthorityRequest) (*waymark.Authority, error) {
	a, err := manageAuthority(l, r.Authority)
	if err != nil || a.State == waymark.AuthorityWithdrawn {
		return a, err
	}
	a.State, a.Changed, a.Reason = waymark.AuthorityWithdrawn, l.Tx().Stamp(), r.Reason
	return saveAuthority(l, a, waymark.EventAuthorityWithdrawn)
}

// RevokeCertificate ends a certificate under an authority for good, and under every other
// certificate of the same authority's key: no device joins with it, and messages of keys that came with it are refused. The same request again
// changes nothing.
func RevokeCertificate(l ledger.Ledger, r waymark.RevokeCertificateRequest) (*waymark.CertificateStatus, error) {
	a, err := manageAuthority(l, r.Authority)
	if err != nil {
		return nil, err
	}
	key := ledger.RevocationKey(a.Owner, a.KeyID, r.Serial)
	old, err := ledger.Load[waymark.CertificateStatus](l, key)
	if err != nil || old != nil {
		return old, err
	}
	s := &waymark.CertificateStatus{Owner: a.Owner, Authority: a.ID, Serial: r.Serial, Revoked: true,
		Revocation: &waymark.Change{By: l.Tx().Stamp(), Reason: r.Reason}}
	if err := ledger.Save(l, key, s); err != nil {
		return nil, err
	}
	return s, l.Emit(waymark.EventCertificateRevoked, waymark.AuthorityEvent{Owner: a.Owner, Authority: a.ID, Serial: r.Serial})
}

// Authority returns an authority, to whoever may read its owner.
func Authority(l ledger.Ledger, q waymark.AuthorityQuery) (*waymark.Authority, error) {
	if err := access.Authorize(l.Tx(), waymark.ActReadMember, access.Member(q.Owner)); err != nil {
		return nil, err
	}
	return requireAuthority(l, q.Owner, q.Authority)
}

// Certificate returns whether a certificate under an authority is revoked.
func Certificate(l ledger.Ledger, q waymark.CertificateQuery) (*waymark.CertificateStatus, error) {
	a, err := Authority(l, waymark.AuthorityQuery{Owner: q.Owner, Authority: q.Authority})
	if err != nil {
		return nil, err
	}
	s, err := ledger.Load[waymark.CertificateStatus](l, ledger.RevocationKey(a.Owner, a.KeyID, q.Serial))
	if err != nil || s != nil {
		return s, err
	}
	return &waymark.CertificateStatus{Owner: a.Owner, Authority: a.ID, Serial: q.Serial}, nil
}

// CertificateRevoked reports whether a certificate that vouched for a key is revoked:
// the device's own or one between it and the authority. It is false for a key that
// came without.
func CertificateRevoked(r ledger.Reader, k waymark.DeviceKey) (bool, error) {
	for _, key := range RevocationKeys(k) {
		s, err := ledger.Load[waymark.CertificateStatus](r, key)
		if err != nil || s != nil {
			return s != nil, err
		}
	}
	return false, nil
}

// RevocationKeys are what CertificateRevoked reads.
func RevocationKeys(k waymark.DeviceKey) []ledger.Key {
	if k.Certificate == nil {
		return nil
	}
	var keys []ledger.Key
	for _, serial := range append([]string{k.Certificate.Serial}, k.Certificate.Issuers...) {
		keys = append(keys, ledger.RevocationKey(k.Certificate.Owner, k.Certificate.IssuerKey, serial))
	}
	return keys
}

// RevokedSince reports whether a certificate is revoked that vouched for a key which
// the device could use after a time.
func RevokedSince(r ledger.Reader, d *waymark.Device, since time.Time) (bool, error) {
	for _, k := range d.Keys {
		if !k.NotAfter.IsZero() && !k.NotAfter.After(since) {
			continue
		}
		if revoked, err := CertificateRevoked(r, k); err != nil || revoked {
			return revoked, err
		}
	}
	return false, nil
}

// manageAuthority loads an authority of the caller's member that it may manage.
func manageAuthority(l ledger.Ledger, id string) (*waymark.Authority, error) {
	owner := l.Tx().Caller.Member
	if err := access.Authorize(l.Tx(), waymark.ActManageAuthority, access.Member(owner)); err != nil {
		return nil, err
	}
	return requireAuthority(l, owner, id)
}

func requireAuthority(r ledger.Reader, owner, id string) (*waymark.Authority, error) {
	return ledger.Require[waymark.Authority](r, ledger.AuthorityKey(owner, id), "authority "+id+" of "+owner)
}

func withdrawn(a *waymark.Authority) error {
	return waymark.Errorf(waymark.FailedPrecondition, "authority %s is withdrawn", a.ID).Because(waymark.ReasonAuthority)
}

func saveAuthority(l ledger.Ledger, a *waymark.Authority, event string) (*waymark.Authority, error) {
	if err := ledger.Save(l, ledger.AuthorityKey(a.Owner, a.ID), a); err != nil {
		return nil, err
	}
	return a, l.Emit(event, waymark.AuthorityEvent{Owner: a.Owner, Authority: a.ID})
}
