package scenario

import (
	"bytes"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/memledger"
	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/rules/registry"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// Channel is the consortium's name.
const Channel = "waymark"

// Start is the time of the first transaction.
var Start = time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)

// Consortium is a ledger in memory with the four members registered.
type Consortium struct {
	T     testing.TB
	World *memledger.World
	Now   time.Time // the next transaction's time
	count int
	// Disclosures and Terms come with the next transactions as transient data.
	Disclosures, Terms []byte
}

// New returns a consortium of producer, carrier, retailer and auditor.
func New(t testing.TB) *Consortium {
	t.Helper()
	c := &Consortium{T: t, World: memledger.New(), Now: Start}
	for _, id := range []string{"producer", "carrier", "retailer", "auditor"} {
		_, err := Submit(c, c.As(id, waymark.Admin), registry.RegisterMember, waymark.RegisterMemberRequest{ID: id, Name: id})
		if err != nil {
			t.Fatalf("register %s: %v", id, err)
		}
	}
	return c
}

// As returns a caller.
func (c *Consortium) As(member string, role waymark.Role) ledger.Caller {
	return ledger.Caller{Member: member, Role: role}
}

// Tx returns the next transaction for a caller.
func (c *Consortium) Tx(caller ledger.Caller) ledger.Tx {
	c.count++
	return ledger.Tx{ID: fmt.Sprintf("%064x", c.count), Time: c.Now, Channel: Channel, Caller: caller,
		Disclosures: ledger.NewPrivate(c.Disclosures), Terms: ledger.NewPrivate(c.Terms)}
}

// Submit endorses a request and commits it.
func Submit[Q waymark.Validator, R any](c *Consortium, caller ledger.Caller, rule func(ledger.Ledger, Q) (R, error), request Q) (R, error) {
	c.T.Helper()
	result, tx, err := Endorse(c, caller, rule, request)
	if err != nil {
		return result, err
	}
	return result, tx.Commit()
}

// Endorse validates a request, as the contract layer does, and runs a rule as one
// transaction, which it returns uncommitted. As several endorsers would, it runs
// the rule twice and fails the test unless both agree to the byte on the result
// or the error, the reads, the writes and the event, and unless what it tells is among
// what it writes.
func Endorse[Q waymark.Validator, R any](c *Consortium, caller ledger.Caller, rule func(ledger.Ledger, Q) (R, error), request Q) (R, *memledger.Transaction, error) {
	c.T.Helper()
	var none R
	if err := request.Validate(); err != nil {
		return none, nil, err
	}
	tx := c.Tx(caller)
	one, other := c.World.Begin(tx), c.World.Begin(tx)
	result, err := rule(one, request)
	again, errAgain := rule(other, request)
	if a, b := outcome(result, err), outcome(again, errAgain); a != b {
		c.T.Errorf("%T: two endorsers differ:\n%s\n%s", request, a, b)
	}
	if a, b := one.Effects(), other.Effects(); !bytes.Equal(a, b) {
		c.T.Errorf("%T: two endorsers differ in their effects:\n%s\n%s", request, a, b)
	}
	if backed := one.Backed(); err == nil && backed != nil {
		c.T.Errorf("%T tells what nobody believes: %v", request, backed)
	}
	return result, one, err
}

func outcome(result any, err error) string {
	if err != nil {
		return waymark.AsError(err).MarshalWire()
	}
	encoded, err := json.Marshal(result)
	return fmt.Sprint(string(encoded), err)
}

// Must is Submit that fails the test on an error.
func Must[Q waymark.Validator, R any](c *Consortium, caller ledger.Caller, rule func(ledger.Ledger, Q) (R, error), request Q) R {
	c.T.Helper()
	result, err := Submit(c, caller, rule, request)
	if err != nil {
		c.T.Fatalf("%T: %v", request, err)
	}
	return result
}

// Refused checks that a rule refuses a request with a code and reason, and that
// it would have written nothing. An empty reason is not checked.
func Refused[Q waymark.Validator, R any](c *Consortium, caller ledger.Caller, rule func(ledger.Ledger, Q) (R, error), request Q, code waymark.Code, reason string) {
	c.T.Helper()
	_, tx, err := Endorse(c, caller, rule, request)
	if tx != nil && err != nil && len(tx.Writes()) > 0 {
		c.T.Errorf("%T was refused after it wrote %v", request, tx.Writes())
	}
	e := waymark.AsError(err)
	if err == nil || e.Code != code || (reason != "" && (len(e.Reasons) == 0 || e.Reasons[0] != reason)) {
		c.T.Errorf("%T by %v: got %v (reasons %v), want %s because %q", request, caller, err, reasons(e), code, reason)
	}
}

func reasons(e *waymark.Error) []string {
	if e == nil {
		return nil
	}
	return e.Reasons
}
