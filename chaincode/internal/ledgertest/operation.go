package ledgertest

import (
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
)

// Kind is what an operation does.
type Kind string

// The kinds.
const (
	Get     Kind = "get"      // the value of a record
	GetMany Kind = "get_many" // the values of the records with Numbers
	Put     Kind = "put"      // sets it
	Delete  Kind = "delete"   // removes it
	Scan    Kind = "scan"     // the values of all records of a shipment, at most Limit if that is not 0
	History Kind = "history"  // every committed value of a record
	Emit    Kind = "emit"     // sets the event, named Value
	Protect Kind = "protect"  // needs any two of Members for the next change, and each of Always

	// Those on the private collection of the first of Members.
	GetPrivate   Kind = "get_private"   // the value of a record
	PrivateHash  Kind = "private_hash"  // the SHA-256 hash of it, in hex
	PutPrivate   Kind = "put_private"   // sets it
	PurgePrivate Kind = "purge_private" // removes it for good
)

// Operation is one call of the port. It works on the handoff records of a
// shipment, whose keys have every trait that matters: a text and a number.
type Operation struct {
	Kind     Kind     `json:"op"`
	Shipment string   `json:"shipment,omitempty"`
	Number   uint64   `json:"number,omitempty"`
	Numbers  []uint64 `json:"numbers,omitempty"`
	Value    string   `json:"value,omitempty"`
	Limit    int      `json:"limit,omitempty"`
	Members  []string `json:"members,omitempty"`
	Always   []string `json:"always,omitempty"`
	Want     *Result  `json:"want,omitempty"` // nil: nothing comes back
}

// Result is what a call of the port gave.
type Result struct {
	Value  *string   `json:"value,omitempty"`  // of a get; absent for an absent record
	Values []*string `json:"values,omitempty"` // of a scan, history or many; null for a deletion or an absent record
	Failed bool      `json:"failed,omitempty"` // the call returned an error
}

// errEnough ends a scan.
var errEnough = errors.New("enough")

// Run makes the calls in one transaction and returns what each gave. A call that
// fails does not end the transaction. It returns an error for an unknown kind.
func Run(l ledger.Ledger, operations []Operation) ([]Result, error) {
	results := make([]Result, 0, len(operations))
	for _, o := range operations {
		result, known, err := o.run(l)
		if !known {
			return nil, fmt.Errorf("operation %q is unknown", o.Kind)
		}
		if err != nil {
			result = Result{Failed: true}
		}
		results = append(results, result)
	}
	return results, nil
}

func (o Operation) run(l ledger.Ledger) (result Result, known bool, err error) {
	key := ledger.HandoffKey(o.Shipment, o.Number)
	switch o.Kind {
	case Get:
		value, err := l.Get(key)
		return Result{Value: text(value)}, true, err
	case GetMany:
		values, err := o.many(l)
		return Result{Values: values}, true, err
	case Put:
		return Result{}, true, l.Put(key, []byte(o.Value))
	case Delete:
		return Result{}, true, l.Delete(key)
	case Scan:
		values, err := o.scan(l)
		return Result{Values: values}, true, err
	case History:
		values, err := history(l, key)
		return Result{Values: values}, true, err
	case Emit:
		return Result{}, true, l.Emit(o.Value, struct{}{})
	case Protect:
		return Result{}, true, l.Protect(key, ledger.Quorum{Need: 2, Members: o.Members, Always: o.Always})
	default:
		return o.private(l, key)
	}
}

func (o Operation) private(l ledger.Ledger, key ledger.Key) (result Result, known bool, err error) {
	if len(o.Members) == 0 {
		return Result{}, false, nil
	}
	switch member := o.Members[0]; o.Kind {
	case GetPrivate:
		value, err := l.GetPrivate(member, key)
		return Result{Value: text(value.Reveal())}, true, err //private: the suite's own value
	case PrivateHash:
		hash, err := l.PrivateHash(member, key)
		if hash == nil {
			return Result{}, true, err
		}
		return Result{Value: text([]byte(hex.EncodeToString(hash)))}, true, err
	case PurgePrivate:
		return Result{}, true, l.PurgePrivate(member, key)
	case PutPrivate:
		return Result{}, true, l.PutPrivate(member, key, ledger.NewPrivate([]byte(o.Value)))
	default:
		return Result{}, false, nil
	}
}

func (o Operation) many(l ledger.Ledger) ([]*string, error) {
	keys := make([]ledger.Key, 0, len(o.Numbers))
	for _, n := range o.Numbers {
		keys = append(keys, ledger.HandoffKey(o.Shipment, n))
	}
	found, err := l.GetMany(keys)
	var values []*string
	for _, value := range found {
		values = append(values, text(value))
	}
	return values, err
}

func (o Operation) scan(l ledger.Ledger) ([]*string, error) {
	var values []*string
	err := l.Scan(ledger.Handoffs(o.Shipment), func(value []byte) error {
		values = append(values, text(value))
		if len(values) == o.Limit {
			return errEnough
		}
		return nil
	})
	if errors.Is(err, errEnough) {
		err = nil
	}
	return values, err
}

func history(l ledger.Ledger, key ledger.Key) ([]*string, error) {
	versions, _, err := l.History(key, 1000)
	var values []*string
	for _, v := range versions {
		values = append(values, text(v.Value))
	}
	return values, err
}

// text is nil for an absent value.
func text(value []byte) *string {
	if value == nil {
		return nil
	}
	s := string(value)
	return &s
}
