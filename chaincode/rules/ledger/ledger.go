package ledger

import (
	"fmt"
	"slices"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// Reader reads the records as they were before the transaction.
type Reader interface {
	// Get returns the value of a key, nil if it is absent. It does not see the
	// transaction's own writes. The transaction is invalidated if another one
	// changes the key before this one commits.
	Get(key Key) ([]byte, error)
	// GetMany is Get of many keys at once, the values in the order of the keys.
	GetMany(keys []Key) ([][]byte, error)
	// Scan calls visit for each record of the range in key order, until visit
	// fails. It does not see the transaction's own writes. In a transaction that
	// writes, a key that appears in or vanishes from the range before commit
	// invalidates it.
	Scan(r Range, visit func(value []byte) error) error
}

// PrivateReader reads the members' private collections as they were before the transaction.
type PrivateReader interface {
	// GetPrivate is Get in the private collection of a member. Only that member's peers
	// have it: on any other it is Unavailable if there is a value.
	GetPrivate(member string, key Key) (Private, error)
	// PrivateHash returns the SHA-256 hash of the value of a key in the private collection
	// of a member, which every peer knows; nil if it is absent.
	PrivateHash(member string, key Key) ([]byte, error)
}

// Writer changes records when the transaction commits, all or none.
type Writer interface {
	// Put sets the value of a key. The value must not be empty.
	Put(key Key, value []byte) error
	// PutPrivate is Put in the private collection of a member: its peers get the value, all
	// others the hashes of key and value, so the value must hold what nobody can guess. A
	// peer of that member must endorse the transaction, and is enough to.
	PutPrivate(member string, key Key, value Private) error
	// PurgePrivate removes a key of the private collection of a member, with all that it
	// ever held there: what is gone no peer can show. A peer of that member must endorse
	// the transaction, and is enough to.
	PurgePrivate(member string, key Key) error
	// Delete removes a key; removing an absent one changes nothing.
	Delete(key Key) error
	// Protect makes every later change of the key need endorsements as q says,
	// whatever the chaincode's own endorsement policy. q must be possible.
	Protect(key Key, q Quorum) error
}

// Ledger is what one transaction sees.
type Ledger interface {
	Reader
	PrivateReader
	Writer
	// Tx returns the transaction.
	Tx() Tx
	// Emit sets the transaction's one event; a second call fails.
	Emit(name string, payload any) error
	// History returns the newest committed versions of a key, at most limit, oldest
	// first, and whether there are older ones. It has no phantom protection, so a
	// transaction that writes must not rely on it.
	History(key Key, limit int) (versions []Version, more bool, err error)
}

// Tx is the transaction that runs.
type Tx struct {
	ID      string
	Time    time.Time // UTC, to the millisecond; the client's claim, within MaxClockSkew of each endorser
	Channel string    // the consortium
	Caller  Caller
	// Disclosures and Terms are what came with the transaction and goes into no block.
	Disclosures, Terms Private
}

// Caller is who submitted the transaction, by its verified certificate.
type Caller struct {
	Member string       // MSP id
	Role   waymark.Role // empty if the certificate carries none
	App    string       // the named application that acts, an id; empty if the certificate carries none
}

// Stamp says that this transaction wrote a record.
func (t Tx) Stamp() waymark.Stamp {
	return waymark.Stamp{TxID: t.ID, Time: t.Time, Member: t.Caller.Member, Role: t.Caller.Role}
}

// Quorum is a key-level endorsement policy: any Need of Members, and each of Always.
type Quorum struct {
	Need    int
	Members []string // MSP ids, sorted, each once
	Always  []string `json:",omitempty"` // MSP ids that are not in Members, sorted, each once
}

// Validate checks that the members can make the quorum.
func (q Quorum) Validate() error {
	if q.Need < 1 || q.Need > len(q.Members) {
		return fmt.Errorf("a quorum of %d of %d members", q.Need, len(q.Members))
	}
	for _, id := range q.Always { // Fabric counts no endorsement twice
		if slices.Contains(q.Members, id) {
			return fmt.Errorf("a quorum with %s twice", id)
		}
	}
	return nil
}

// Version is one committed value of a key.
type Version struct {
	TxID  string
	Value []byte // nil for a deletion
}
