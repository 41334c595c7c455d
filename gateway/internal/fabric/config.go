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
	Timeouts   Timeouts
}

// Peer is one of the member's own peers.
type Peer struct {
	Address    string // host:port
	CAFile     string // PEM, the authority of the peer's TLS certificate
	ServerName string // the name to expect in that certificate; empty for the host of Address
}

// Identity is an X.509 certificate and its private key, both PEM files.
type Identity struct {
	CertFile string
	KeyFile  string
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
