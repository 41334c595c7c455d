package waymark

import (
	"regexp"
	"time"
)

// Bounds of certificates.
const (
	// MaxCertificateBytes bounds one certificate in DER.
	MaxCertificateBytes = 4096
	// MaxCertificateText bounds one certificate as PEM or base64.
	MaxCertificateText = 6144
	// MaxChain bounds a device's chain: its own certificate and the intermediates.
	MaxChain = 3
)

// AuthorityState is whether devices can still join by an authority.
type AuthorityState string

// The states. Withdrawn is final.
const (
	AuthorityTrusted   AuthorityState = "trusted"
	AuthorityWithdrawn AuthorityState = "withdrawn" // no device joins by it any more
)

// AuthorityStates returns every state of an authority.
func AuthorityStates() []AuthorityState {
	return []AuthorityState{AuthorityTrusted, AuthorityWithdrawn}
}

// Authority is a certificate authority that vouches for devices of one owner.
type Authority struct {
	ID          string         `json:"id" form:"sha256"`     // SHA-256 of the certificate in DER, lower-case hex
	KeyID       string         `json:"key_id" form:"sha256"` // SHA-256 of its SubjectPublicKeyInfo, lower-case hex: the same in a renewed certificate
	Owner       string         `json:"owner" form:"id"`
	Certificate string         `json:"certificate" form:"certificate"` // X.509 in DER, base64
	ExpiresAt   time.Time      `json:"expires_at"`                     // when its certificate ends
	Activate    bool           `json:"activate"`                       // devices that join by it start active
	State       AuthorityState `json:"state"`
	Registered  Stamp          `json:"registered"`
	Changed     Stamp          `json:"changed"`
	Reason      string         `json:"reason" form:"note"`
}

// PutAuthorityRequest registers a device CA of the caller's member, or changes
// whether devices that join by it start active.
type PutAuthorityRequest struct {
	Certificate string `json:"certificate" form:"certificate"` // one X.509 CA certificate, PEM or base64 of its DER
	Activate    bool   `json:"activate,omitempty" metadata:",optional"`
	Reason      string `json:"reason,omitempty" metadata:",optional" form:"reason"`
}

// certificatePattern is PEM or base64: both fit into it, and nothing that hides.
var certificatePattern = regexp.MustCompile(`^[A-Za-z0-9+/=\- \r\n]+$`)

// Validate checks the form of the request, not the certificate itself.
func (r PutAuthorityRequest) Validate() error { return CheckForms(r) }

func validateCertificate(pointer, text string) error {
	if certificatePattern.MatchString(text) {
		return nil
	}
	return InvalidField(pointer, "must be one certificate as PEM or as base64 of its DER")
}

// WithdrawAuthorityRequest ends joins by an authority of the caller's member.
type WithdrawAuthorityRequest struct {
	Authority string `json:"authority" form:"sha256"`
	Reason    string `json:"reason" form:"reason"`
}

// Validate checks the form of the request.
func (r WithdrawAuthorityRequest) Validate() error { return CheckForms(r) }

// RevokeCertificateRequest revokes a certificate under an authority of the caller's
// member, by its serial number.
type RevokeCertificateRequest struct {
	Authority string `json:"authority" form:"sha256"`
	Serial    string `json:"serial" form:"certificate_serial"`
	Reason    string `json:"reason" form:"reason"`
}

// Validate checks the form of the request.
func (r RevokeCertificateRequest) Validate() error { return CheckForms(r) }

// serialPattern is a positive number of at most 20 octets (RFC 5280, clause 4.1.2.2).
var serialPattern = regexp.MustCompile(`^[1-9a-f][0-9a-f]{0,39}$`)

// validateCertificateSerial checks a certificate's serial number in hexadecimal.
func validateCertificateSerial(pointer, text string) error {
	if serialPattern.MatchString(text) {
		return nil
	}
	return InvalidField(pointer, "must be a serial number in lower-case hexadecimal, without leading zeros or colons, at most 40 digits")
}

// CertificateStatus says whether a certificate under an authority is revoked.
type CertificateStatus struct {
	Owner     string `json:"owner" form:"id"`
	Authority string `json:"authority" form:"sha256"`
	Serial    string `json:"serial" form:"certificate_serial"`
	Revoked   bool   `json:"revoked"`
	// Revocation says who revoked it, when and why; absent while it is not.
	Revocation *Change `json:"revocation,omitempty" metadata:",optional"`
}

// AuthorityQuery names an authority of a member.
type AuthorityQuery struct {
	Owner     string `json:"owner" form:"id"`
	Authority string `json:"authority" form:"sha256"`
}

// Validate checks the form of the query.
func (q AuthorityQuery) Validate() error { return CheckForms(q) }

// CertificateQuery names a certificate by its serial number.
type CertificateQuery struct {
	Owner     string `json:"owner" form:"id"`
	Authority string `json:"authority" form:"sha256"`
	Serial    string `json:"serial" form:"certificate_serial"`
}

// Validate checks the form of the query.
func (q CertificateQuery) Validate() error { return CheckForms(q) }

// JoinDeviceRequest registers a device that a device CA of its owner vouches for.
// Chain is the device's certificate, whose common name is the device id and whose
// key is the registered one, and then the intermediates in order, each the issuer
// of the one before, without the authority itself: base64 of their DER.
type JoinDeviceRequest struct {
	Registration string   `json:"registration" form:"message"`
	Authority    string   `json:"authority" form:"sha256"`
	Chain        []string `json:"chain" form:"chain"`
}

// Validate checks the form of the request.
func (r JoinDeviceRequest) Validate() error { return CheckForms(r) }

// AuthorityEvent is the payload of the authority events.
type AuthorityEvent struct {
	Owner     string `json:"owner"`
	Authority string `json:"authority"`
	Serial    string `json:"serial,omitempty"` // of a certificate that was revoked
}
