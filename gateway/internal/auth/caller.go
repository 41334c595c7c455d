package auth

import "github.com/waymark-ledger/waymark/gateway/internal/ledger"

// Caller is an authenticated caller of the gateway.
type Caller struct {
	ID       string          // of the credential, for the log
	Identity ledger.Identity // of the member, which acts for the caller on the ledger
}
