package contract_test

import (
	"bytes"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/hyperledger/fabric-chaincode-go/v2/shim"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"go.uber.org/zap"
	"google.golang.org/protobuf/proto"

	"github.com/waymark-ledger/waymark/chaincode/internal/contract"
	"github.com/waymark-ledger/waymark/chaincode/internal/ledgertest/process"
	"github.com/waymark-ledger/waymark/chaincode/internal/ledgertest/stub"
)

// TestTwoProcessesAgree gives two chaincode processes, whose maps have other seeds, the same
// transactions on the same state: those that make the world, and then every transaction that
// there is, by who may and by a stranger. All that they read, write, emit and answer must be the
// same (P9).
func TestTwoProcessesAgree(t *testing.T) {
	keys := process.NewKeys(t)
	program := keys.Build(t, "../..")
	p := pair{t, attach(t, keys.Start(t, program), keys.Client), attach(t, keys.Start(t, program), keys.Client)}
	w := presentWorld(t)
	for _, tx := range w.committed {
		p.succeeds(tx, true)
	}
	run, calls := map[string]bool{}, w.calls()
	for _, name := range slices.Sorted(maps.Keys(calls)) {
		c := calls[name]
		for _, give := range append([]any{c.give}, c.others...) {
			args := arguments(t, name, give)
			p.succeeds(w.transaction(w.id(c.member, c.role), args...), false)
			p.agree(w.transaction(w.id("stranger", c.role), args...), false)
		}
		run[string(name)] = true
	}
	for name := range submittedTransactions(t) {
		if !run[name] {
			t.Errorf("no process has run %s", name)
		}
	}
}

// TestManyKeysAtATime: a peer that takes and gives many keys at a time has the same answers and
// the same state in the end as one that does not.
func TestManyKeysAtATime(t *testing.T) {
	keys := process.NewKeys(t)
	program := keys.Build(t, "../..")
	one, many := attach(t, keys.Start(t, program), keys.Client), attachMany(t, keys.Start(t, program), keys.Client)
	saidOne, saidMany := 0, 0
	for _, tx := range presentWorld(t).committed {
		a, want := one.run(tx, true)
		b, got := many.run(tx, true)
		if !proto.Equal(got, want) || want.GetStatus() != shim.OK {
			t.Errorf("%s: %v, want %v", tx.Args[0], got, want)
		}
		saidOne, saidMany = saidOne+len(a), saidMany+len(b)
	}
	if !maps.EqualFunc(one.state, many.state, bytes.Equal) {
		t.Error("the states differ")
	}
	if saidMany >= saidOne {
		t.Errorf("%d messages for many keys at a time, %d for one", saidMany, saidOne)
	}
}

// pair are two processes with the same state.
type pair struct {
	t          *testing.T
	one, other *peerSide
}

// agree runs a transaction in both.
func (p pair) agree(tx stub.Transaction, commits bool) *peer.Response {
	p.t.Helper()
	a, response := p.one.run(tx, commits)
	if b, _ := p.other.run(tx, commits); !slices.Equal(a, b) {
		p.t.Fatalf("%s:\n%q\n%q", tx.Args[0], a, b)
	}
	return response
}

// succeeds runs in both one that must.
func (p pair) succeeds(tx stub.Transaction, commits bool) {
	p.t.Helper()
	if response := p.agree(tx, commits); response.GetStatus() != shim.OK {
		p.t.Errorf("%s: %s", tx.Args[0], response.GetMessage())
	}
}

// presentWorld is the world of now, as a process tells the time.
func presentWorld(t *testing.T) *world {
	t.Helper()
	now := time.Now().UTC().Truncate(time.Second)
	cc, err := contract.New(zap.NewNop(), func() time.Time { return now })
	if err != nil {
		t.Fatal(err)
	}
	return worldOf(t, benchOf(t, cc, now))
}
