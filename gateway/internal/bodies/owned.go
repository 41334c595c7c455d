package bodies

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"go.uber.org/zap"
)

// Owner is whose a store is: what one member's gateways keep of one ledger is nothing that another's could answer with.
type Owner struct {
	Member, Channel string
	// Ledger returns what tells the ledger from others whose channel has the same name: the hash of its first block, or
	// nothing where that cannot be known. It fails while that is not known yet.
	Ledger func(context.Context) (string, error)
}

// Medium is what bodies are kept on.
type Medium interface {
	Store
	// Owner returns the text that says whose the store is, nil if none does. It fails with Unavailable.
	Owner(ctx context.Context) ([]byte, error)
	// Sign makes that text durable, unless there is one. It fails with Unavailable.
	Sign(ctx context.Context, text []byte) error
	// Mend makes a body durable in the place of what is there under its hash. It fails as Put does.
	Mend(ctx context.Context, body []byte) error
}

// Owned is a store that is used for its owner alone. It puts what was altered right again as soon as somebody has the body. It is safe for concurrent use.
type Owned struct {
	medium  Medium
	owner   Owner
	log     *zap.Logger
	mu      sync.Mutex // is not held while the ledger is asked
	claimed bool
}

var _ Store = (*Owned)(nil)

// Own returns the store on a medium, which is asked nothing yet.
func Own(m Medium, owner Owner, log *zap.Logger) *Owned {
	return &Owned{medium: m, owner: owner, log: log}
}

const (
	// ownerName is the name of what says whose a store is: no body has it.
	ownerName = "owner"
	// ledgerTimeout bounds the question which ledger this is.
	ledgerTimeout = 10 * time.Second
)

// signature is the form of what says whose a store is.
type signature struct {
	Member  string `json:"member"`
	Channel string `json:"channel"`
	Ledger  string `json:"ledger"` // empty where it could not be known
}

func (s signature) String() string {
	if s.Ledger == "" {
		return fmt.Sprintf("member %q, channel %q", s.Member, s.Channel)
	}
	return fmt.Sprintf("member %q, channel %q, ledger %s", s.Member, s.Channel, s.Ledger)
}

// is reports whether two are the same, as far as is known.
func (s signature) is(other signature) bool {
	return s.Member == other.Member && s.Channel == other.Channel && (s.Ledger == other.Ledger || s.Ledger == "" || other.Ledger == "")
}

// CheckOwner fails, with Unavailable, if the store is another's, or if that cannot be read. signed says that something tells whose it is; where
// nothing does it is nobody's. It changes nothing. The ledger is compared if the peer says which it is.
func (o *Owned) CheckOwner(ctx context.Context) (signed bool, err error) {
	mine := signature{Member: o.owner.Member, Channel: o.owner.Channel}
	if signed, err = o.compare(ctx, mine); err != nil || !signed {
		return signed, err
	}
	if ledger, err := o.ledger(ctx); err == nil {
		mine.Ledger = ledger
	}
	return o.compare(ctx, mine)
}

// compare holds whose the store is against whose it should be.
func (o *Owned) compare(ctx context.Context, mine signature) (signed bool, err error) {
	text, err := o.medium.Owner(ctx)
	if err != nil || text == nil {
		return false, err
	}
	var found signature
	if err := json.Unmarshal(text, &found); err != nil {
		return true, broken("read whose it is", err)
	}
	if !found.is(mine) {
		return true, broken("compare whose it is", fmt.Errorf("it is of %s, and this gateway of %s: give each a store of its own", found, mine))
	}
	return true, nil
}

func (o *Owned) ledger(ctx context.Context) (string, error) {
	if o.owner.Ledger == nil {
		return "", nil
	}
	ctx, cancel := context.WithTimeout(ctx, ledgerTimeout)
	defer cancel()
	return o.owner.Ledger(ctx)
}

// claim makes the store the owner's if it is nobody's, and fails with Unavailable if it is another's, or if it is not known yet
// which ledger this is.
func (o *Owned) claim(ctx context.Context) error {
	o.mu.Lock()
	claimed := o.claimed
	o.mu.Unlock()
	if claimed {
		return nil
	}
	mine := signature{Member: o.owner.Member, Channel: o.owner.Channel}
	if _, err := o.compare(ctx, mine); err != nil { // another's is told also while no peer answers
		return err
	}
	var err error
	if mine.Ledger, err = o.ledger(ctx); err != nil {
		return fmt.Errorf("%w: %w", waymark.Errorf(waymark.Unavailable, "it is not known yet which ledger this is, since no peer says so: no body can be kept"), err)
	}
	text, err := json.Marshal(mine)
	if err != nil {
		return fmt.Errorf("encode whose the store is: %w", err)
	}
	if err := o.medium.Sign(ctx, append(text, '\n')); err != nil {
		return err
	}
	if _, err := o.compare(ctx, mine); err != nil {
		return err
	}
	o.mu.Lock()
	o.claimed = true
	o.mu.Unlock()
	return nil
}

// Put implements Store. A body in whose place something else is takes its place again: what was there is nothing that the ledger names.
func (o *Owned) Put(ctx context.Context, body []byte) (Hash, error) {
	if err := o.claim(ctx); err != nil {
		return Hash{}, err
	}
	hash, err := o.medium.Put(ctx, body)
	if !errors.Is(err, Altered) {
		return hash, err
	}
	if err := o.medium.Mend(ctx, body); err != nil {
		return hash, err
	}
	o.log.Error("a body of anchored telemetry was altered in the store, and is put right: look at the disk, and run gateway fsck for the others", zap.String("body", hex.EncodeToString(hash[:])))
	return hash, nil
}

// Body implements Store. It needs to know of nobody: a body has the hash that was asked for, whoever keeps it.
func (o *Owned) Body(ctx context.Context, hash Hash) ([]byte, error) { return o.medium.Body(ctx, hash) }

// Delete implements Store.
func (o *Owned) Delete(ctx context.Context, hash Hash, note Note) error {
	if err := o.claim(ctx); err != nil {
		return err
	}
	return o.medium.Delete(ctx, hash, note)
}

// Check implements Store. It fails also if the store is another's.
func (o *Owned) Check(ctx context.Context) error {
	if err := o.claim(ctx); err != nil {
		return err
	}
	return o.medium.Check(ctx)
}
