package stub

import (
	"time"

	"github.com/hyperledger/fabric-chaincode-go/v2/shim"
	"github.com/hyperledger/fabric-protos-go-apiv2/ledger/queryresult"
)

// Peer is the committed state of a channel.
type Peer struct {
	Channel string
	state   map[string][]byte
	history map[string][]*queryresult.KeyModification // oldest first
	// Policies holds the validation parameter of each key that has one.
	Policies map[string][]byte
	// Failures holds the error that a method of the stub returns, by its name.
	Failures map[string]error
}

// NewPeer returns a peer with an empty channel.
func NewPeer(channel string) *Peer {
	return &Peer{
		Channel: channel, state: map[string][]byte{}, history: map[string][]*queryresult.KeyModification{},
		Policies: map[string][]byte{}, Failures: map[string]error{},
	}
}

// Transaction is a proposal.
type Transaction struct {
	ID      string
	Time    time.Time
	Creator []byte // a serialised identity
	Args    [][]byte
	// Transient is what comes with the proposal and goes into no block.
	Transient map[string][]byte
}

// Begin returns the stub for one transaction on the present state.
func (p *Peer) Begin(tx Transaction) *Stub {
	return &Stub{peer: p, tx: tx, Writes: map[string][]byte{}, policies: map[string][]byte{}}
}

// Commit applies what the transaction wrote.
func (s *Stub) Commit() {
	for key, value := range s.Writes {
		if value == nil {
			delete(s.peer.state, key)
		} else {
			s.peer.state[key] = value
		}
		s.peer.history[key] = append(s.peer.history[key], &queryresult.KeyModification{TxId: s.tx.ID, Value: value, IsDelete: value == nil})
	}
	for key, policy := range s.policies {
		s.peer.Policies[key] = policy
	}
}

var _ shim.ChaincodeStubInterface = (*Stub)(nil)
