package ledger_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
)

// asked is a ledger that notes what it is asked for.
type asked struct {
	ledger.Ledger
	one  []string
	many [][]string
	err  error
}

func (a *asked) Get(key ledger.Key) ([]byte, error) {
	a.one = append(a.one, key.String())
	return []byte("of " + key.String()), a.err
}

func (a *asked) GetMany(keys []ledger.Key) ([][]byte, error) {
	var texts []string
	values := make([][]byte, len(keys))
	for i, key := range keys {
		texts = append(texts, key.String())
		if key != absent {
			values[i] = []byte("of " + key.String())
		}
	}
	a.many = append(a.many, texts)
	return values, a.err
}

var absent = ledger.DeviceKey("absent")

// TestAhead reads each key once, and says of each what the ledger says.
func TestAhead(t *testing.T) {
	a, b, c := ledger.DeviceKey("a"), ledger.DeviceKey("b"), ledger.DeviceKey("c")
	l := &asked{}
	ahead := ledger.NewAhead(l)
	for _, keys := range [][]ledger.Key{{a, absent, a}, {b, a}, {a, b}, {}} {
		if err := ahead.Fetch(keys...); err != nil {
			t.Fatal(err)
		}
	}
	want := [][]string{{a.String(), absent.String()}, {b.String()}}
	if !slices.EqualFunc(l.many, want, slices.Equal[[]string]) {
		t.Errorf("asked for %q, want %q", l.many, want)
	}
	for _, key := range []ledger.Key{a, b, c} {
		if value, err := ahead.Get(key); err != nil || string(value) != "of "+key.String() {
			t.Errorf("%s: %q, %v", key, value, err)
		}
	}
	if value, err := ahead.Get(absent); err != nil || value != nil {
		t.Errorf("absent: %q, %v", value, err)
	}
	if !ahead.Has(a) || ahead.Has(absent) || ahead.Has(c) {
		t.Error("Has does not say what was fetched")
	}
	if !slices.Equal(l.one, []string{c.String()}) {
		t.Errorf("asked singly for %q", l.one)
	}
}

// TestAheadFails: what could not be read is no answer.
func TestAheadFails(t *testing.T) {
	l := &asked{err: errors.New("broken")}
	ahead := ledger.NewAhead(l)
	if err := ahead.Fetch(absent); !errors.Is(err, l.err) {
		t.Errorf("got %v", err)
	}
	if _, err := ahead.Get(absent); !errors.Is(err, l.err) {
		t.Errorf("got %v", err)
	}
}
