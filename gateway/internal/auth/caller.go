package auth

import "github.com/waymark-ledger/waymark/chaincode/waymark"

// Caller is an authenticated caller of the gateway.
type Caller struct {
	ID   string       // of the credential, for the log
	Role waymark.Role // selects the Fabric identity that acts
}
