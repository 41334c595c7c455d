package fabric

import (
	"time"

	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
)

// Config says which ledger to reach, through which peers, and as whom.
type Config struct {
	Member    string // the member's MSP id
	Channel   string
	Chaincode string // the committed name of the chaincode on Channel
	Peers     []Peer // at least one, the preferred one first
	// Identities are the member's Fabric client identities by name; a caller acts with one of them.
	Identities map[ledger.Identity]Identity
	// Own is the one of Identities by which the client asks for itself; it only reads.
	Own ledger.Identity
	// BlockBytes is the largest answer that is taken from the peer, and with it
	// the largest block that transactions can be looked up in. Positive.
	BlockBytes int
	// CallerPercent is the part of the calls at the peer, of each kind, that are made for one
	// caller at once; 1 to 100.
	CallerPercent int
	Timeouts      Timeouts
}

// Peer is one of the member's own peers.
type Peer struct {
	Address    string // host:port
	CAFile     string // PEM, the authority of the peer's TLS certificate
	ServerName string // the name to expect in that certificate; empty for the host of Address
}

// Identity is an X.509 certificate in a PEM file and its private key: in another, or in a
// PKCS#11 token. Both are for ECDSA.
type Identity struct {
	CertFile string
	KeyFile  string
	Token    Token // instead of KeyFile; the zero value for none
}

// Token is a private key for P-256 in a PKCS#11 token. It takes a gateway built with the tag
// pkcs11.
type Token struct {
	Library string // path of the token's PKCS#11 library
	Label   string // of the token
	PINFile string // holds the user's PIN
	KeyID   string // CKA_ID of the key, hexadecimal
}

// Timeouts bound the steps of a transaction. All are positive.
type Timeouts struct {
	Evaluate time.Duration // one query
	Endorse  time.Duration // collecting the endorsements of one proposal
	Submit   time.Duration // handing one envelope to the ordering service
	Commit   time.Duration // waiting for the block after an accepted submit
	Lookup   time.Duration // asking what became of a transaction whose submit failed
	Total    time.Duration // a whole write, its retries included
}
