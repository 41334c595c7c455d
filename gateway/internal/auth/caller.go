package auth

import (
	"crypto/sha256"
	"encoding/hex"
	"net/url"

	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
)

// Caller is an authenticated caller of the gateway.
type Caller struct {
	// ID says by which kind of credential the caller is known, and its name there:
	// "token:erp;9f86d081884c7d65" (name and the beginning of the hash), "https://id.example.com#alice" (issuer and subject) or
	// "cert:9f86d081884c7d659a2feaa0c55ad015;dns=erp.example.com" (the key of the authority, and the names
	// that the rule asks for). No two callers have the same. It is safe for logs, and has at
	// most 255 bytes.
	ID       string
	Identity ledger.Identity // of the member, which acts for the caller on the ledger
}

// maxName bounds the subject of a token, in bytes (OpenID Connect Core, clause 2).
const maxName = 255

// safe is a name that others chose as it goes into an id: what is not plain is
// percent-encoded, so that no two names give the same.
func safe(name string) string { return url.PathEscape(name) }

// maxID is the longest id that stays as it is, in bytes.
const maxID = 190

// brief ends an id that is longer in its hash: it is no other caller's then, and no log cuts it.
func brief(id string) string {
	if len(id) <= maxID {
		return id
	}
	sum := sha256.Sum256([]byte(id))
	return id[:maxID] + "~" + hex.EncodeToString(sum[:])
}
