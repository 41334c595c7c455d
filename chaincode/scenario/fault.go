package scenario

import (
	"errors"

	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// errBroken is what a broken ledger says.
var errBroken = errors.New("the ledger is broken")

// Sweep runs a rule again and again, with the first call of the ledger failing,
// then the second, until all succeed. It fails the test if any failure is not
// the outcome: a rule that goes on without an answer would decide on nothing.
// Nothing is committed.
func Sweep[Q waymark.Validator, R any](c *Consortium, caller ledger.Caller, rule func(ledger.Ledger, Q) (R, error), request Q) {
	c.T.Helper()
	tx := c.Tx(caller)
	for n := 1; ; n++ {
		l := &brittle{Ledger: c.World.Begin(tx), left: n}
		_, err := rule(l, request)
		if l.left > 0 {
			if err != nil {
				c.T.Errorf("%T on a whole ledger: %v", request, err)
			}
			return
		}
		if !errors.Is(err, errBroken) || waymark.CodeOf(err) != waymark.Internal {
			c.T.Errorf("%T with call %d of the ledger failing: %v", request, n, err)
		}
	}
}

// brittle is a ledger that breaks after some calls, for good.
type brittle struct {
	ledger.Ledger
	left int
}

func (b *brittle) broken() error {
	if b.left--; b.left <= 0 {
		b.left = 0
		return errBroken
	}
	return nil
}

func (b *brittle) Get(key ledger.Key) ([]byte, error) {
	if err := b.broken(); err != nil {
		return nil, err
	}
	return b.Ledger.Get(key)
}

func (b *brittle) GetMany(keys []ledger.Key) ([][]byte, error) {
	if err := b.broken(); err != nil {
		return nil, err
	}
	return b.Ledger.GetMany(keys)
}

func (b *brittle) Scan(r ledger.Range, visit func([]byte) error) error {
	return errors.Join(b.broken(), b.Ledger.Scan(r, visit))
}

func (b *brittle) Put(key ledger.Key, value []byte) error {
	return errors.Join(b.broken(), b.Ledger.Put(key, value))
}

func (b *brittle) Delete(key ledger.Key) error { return errors.Join(b.broken(), b.Ledger.Delete(key)) }

func (b *brittle) Protect(key ledger.Key, q ledger.Quorum) error {
	return errors.Join(b.broken(), b.Ledger.Protect(key, q))
}

func (b *brittle) Emit(name string, payload any) error {
	return errors.Join(b.broken(), b.Ledger.Emit(name, payload))
}

func (b *brittle) History(key ledger.Key, limit int) ([]ledger.Version, bool, error) {
	if err := b.broken(); err != nil {
		return nil, false, err
	}
	return b.Ledger.History(key, limit)
}

func (b *brittle) GetPrivate(member string, key ledger.Key) (ledger.Private, error) {
	if err := b.broken(); err != nil {
		return ledger.Private{}, err
	}
	return b.Ledger.GetPrivate(member, key)
}

func (b *brittle) PrivateHash(member string, key ledger.Key) ([]byte, error) {
	if err := b.broken(); err != nil {
		return nil, err
	}
	return b.Ledger.PrivateHash(member, key)
}

func (b *brittle) PurgePrivate(member string, key ledger.Key) error {
	return errors.Join(b.broken(), b.Ledger.PurgePrivate(member, key))
}

func (b *brittle) PutPrivate(member string, key ledger.Key, value ledger.Private) error {
	return errors.Join(b.broken(), b.Ledger.PutPrivate(member, key, value))
}
