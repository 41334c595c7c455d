package ledgertest_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/internal/ledgertest"
	"github.com/waymark-ledger/waymark/chaincode/memledger"
	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
)

const vectors = "../../../test/vectors/ledger.json"

func TestMemledgerConforms(t *testing.T) {
	cases, err := ledgertest.Load(vectors)
	if err != nil {
		t.Fatal(err)
	}
	world := memledger.New()
	for i, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			for n, round := range c.Rounds {
				play(t, world, fmt.Sprintf("c%d-", i), n, round)
			}
		})
	}
}

// play runs the transactions of one round on the same state, then commits them.
func play(t *testing.T, world *memledger.World, id string, n int, round []ledgertest.Transaction) {
	t.Helper()
	var open []*memledger.Transaction
	for i, tx := range round {
		o := world.Begin(ledger.Tx{ID: fmt.Sprintf("%s%d-%d", id, n, i)})
		got, err := ledgertest.Run(o, tx.In(id))
		if err != nil {
			t.Fatal(err)
		}
		if g, w := encode(t, got), encode(t, tx.Want()); g != w {
			t.Errorf("round %d, transaction %d:\n got %s\nwant %s", n, i, g, w)
		}
		open = append(open, o)
	}
	for i, tx := range round {
		err := open[i].Commit()
		if invalid := tx.Status != "" && tx.Status != "VALID"; errors.Is(err, memledger.ErrInvalid) != invalid {
			t.Errorf("round %d, transaction %d: committed with %v, want %q", n, i, err, tx.Status)
		}
	}
}

func encode(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestRunRefusesAnUnknownOperation(t *testing.T) {
	if _, err := ledgertest.Run(memledger.New().Begin(ledger.Tx{}), []ledgertest.Operation{{Kind: "fly"}}); err == nil {
		t.Error("an unknown operation ran")
	}
}

func TestLoadRefusesWhatItDoesNotKnow(t *testing.T) {
	for _, file := range []string{"no-such-file.json", "doc.go"} {
		if _, err := ledgertest.Load(file); err == nil {
			t.Errorf("%s was loaded", file)
		}
	}
}
