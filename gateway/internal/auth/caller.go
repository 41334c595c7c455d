package auth

import (
	"net/url"

	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
)

// Caller is an authenticated caller of the gateway.
type Caller struct {
	// ID says by which kind of credential the caller is known, and its name there:
	// "token:erp", "https://id.example.com#alice" (issuer and subject) or
	// "cert:erp.example.com". It is safe for logs.
	ID       string
	Identity ledger.Identity // of the member, which acts for the caller on the ledger
}

// maxName bounds a name that others chose, in bytes: the subject of a token (OpenID Connect
// Core, clause 2) or a name in a certificate.
const maxName = 255

// safe is a name that others chose as it goes into an id: what is not plain is
// percent-encoded, so that no two names give the same.
func safe(name string) string { return url.PathEscape(name) }
