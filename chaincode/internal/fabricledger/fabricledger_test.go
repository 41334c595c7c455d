package fabricledger_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/hyperledger/fabric-chaincode-go/v2/pkg/cid"

	"github.com/waymark-ledger/waymark/chaincode/internal/fabricledger"
	"github.com/waymark-ledger/waymark/chaincode/internal/ledgertest"
	"github.com/waymark-ledger/waymark/chaincode/internal/ledgertest/stub"
	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

var now = time.Date(2026, 3, 1, 9, 0, 0, 123456789, time.FixedZone("", 3600))

func creator(t *testing.T, member string, role waymark.Role) []byte {
	t.Helper()
	id, err := stub.Creator(member, role)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func open(t *testing.T, s *stub.Stub) *fabricledger.Ledger {
	t.Helper()
	identity, err := cid.New(s)
	if err != nil {
		t.Fatal(err)
	}
	l, err := fabricledger.New(s, identity)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// TestConforms runs the cases of the port; what Fabric makes of transactions that
// interleave is tested on a real network (test/conformance).
func TestConforms(t *testing.T) {
	cases, err := ledgertest.Load("../../../test/vectors/ledger.json")
	if err != nil {
		t.Fatal(err)
	}
	id, p := creator(t, "producer", waymark.Operator), stub.NewPeer("waymark")
	for i, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			for n, round := range c.Rounds {
				play(t, p, id, fmt.Sprintf("c%d-", i), n, round)
			}
		})
	}
}

func play(t *testing.T, p *stub.Peer, creator []byte, id string, n int, round []ledgertest.Transaction) {
	t.Helper()
	var valid []*stub.Stub
	for i, tx := range round {
		s := p.Begin(stub.Transaction{ID: fmt.Sprint(id, n, i), Time: now, Creator: creator})
		got, err := ledgertest.Run(open(t, s), tx.In(id))
		if err != nil {
			t.Fatal(err)
		}
		if g, w := encode(t, got), encode(t, tx.Want()); g != w {
			t.Errorf("round %d, transaction %d:\n got %s\nwant %s", n, i, g, w)
		}
		if tx.Status == "" {
			valid = append(valid, s)
		}
	}
	for _, s := range valid {
		s.Commit()
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

func TestTransaction(t *testing.T) {
	p := stub.NewPeer("waymark")
	for _, role := range []waymark.Role{waymark.Admin, ""} {
		got := open(t, p.Begin(stub.Transaction{ID: "t1", Time: now, Creator: creator(t, "producer", role),
			Transient: map[string][]byte{waymark.TransientDisclosures: []byte("{}"), waymark.TransientTerms: []byte("[]"), "other": []byte("x")}})).Tx()
		want := ledger.Tx{ID: "t1", Time: time.Date(2026, 3, 1, 8, 0, 0, 123000000, time.UTC), Channel: "waymark",
			Caller: ledger.Caller{Member: "producer", Role: role}, Disclosures: ledger.NewPrivate([]byte("{}")), Terms: ledger.NewPrivate([]byte("[]"))}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("got %+v, want %+v", got, want)
		}
	}
}

// TestApplication: the caller's certificate may name the application that acts, by an id.
func TestApplication(t *testing.T) {
	for app, allowed := range map[string]bool{"dashboard": true, "": true, "a b": false, "a/b": false, "é": false} {
		extension, err := json.Marshal(map[string]any{"attrs": map[string]string{waymark.RoleAttribute: "viewer", waymark.AppAttribute: app}})
		if err != nil {
			t.Fatal(err)
		}
		id, err := stub.CreatorWith("producer", extension)
		if err != nil {
			t.Fatal(err)
		}
		s := stub.NewPeer("waymark").Begin(stub.Transaction{ID: "t1", Time: now, Creator: id})
		identity, err := cid.New(s)
		if err != nil {
			t.Fatal(err)
		}
		l, err := fabricledger.New(s, identity)
		if allowed && (err != nil || l.Tx().Caller != (ledger.Caller{Member: "producer", Role: waymark.Viewer, App: app})) || !allowed && waymark.CodeOf(err) != waymark.Unauthenticated {
			t.Errorf("application %q: %v", app, err)
		}
	}
}

// TestFailuresReachTheRules: what the shim cannot do is never taken for an answer.
func TestFailuresReachTheRules(t *testing.T) {
	broken := errors.New("the peer is gone")
	key := ledger.HandoffKey("s1", 1)
	scan := func(l ledger.Ledger) error { return l.Scan(ledger.Handoffs("s1"), func([]byte) error { return nil }) }
	history := func(l ledger.Ledger) error { _, _, err := l.History(key, 1); return err }
	tests := map[string]struct {
		method string
		call   func(ledger.Ledger) error
	}{
		"get":               {"GetState", func(l ledger.Ledger) error { _, err := l.Get(key); return err }},
		"get many":          {"GetMultipleStates", func(l ledger.Ledger) error { _, err := l.GetMany([]ledger.Key{key}); return err }},
		"flush":             {"FinishWriteBatch", func(l ledger.Ledger) error { return l.(*fabricledger.Ledger).Flush() }},
		"put":               {"PutState", func(l ledger.Ledger) error { return l.Put(key, []byte("b")) }},
		"delete":            {"DelState", func(l ledger.Ledger) error { return l.Delete(key) }},
		"scan":              {"GetStateByRange", scan},
		"scan next":         {"Next", scan},
		"scan close":        {"Close", scan},
		"history":           {"GetHistoryForKey", history},
		"history next":      {"Next", history},
		"history close":     {"Close", history},
		"event":             {"SetEvent", func(l ledger.Ledger) error { return l.Emit("e", 1) }},
		"event of no JSON":  {"", func(l ledger.Ledger) error { return l.Emit("e", func() {}) }},
		"protect":           {"SetStateValidationParameter", func(l ledger.Ledger) error { return l.Protect(key, ledger.Quorum{Need: 1, Members: []string{"a"}}) }},
		"get private":       {"GetPrivateData", func(l ledger.Ledger) error { _, err := l.GetPrivate("producer", key); return err }},
		"private hash":      {"GetPrivateDataHash", func(l ledger.Ledger) error { _, err := l.PrivateHash("producer", key); return err }},
		"purge private":     {"PurgePrivateData", func(l ledger.Ledger) error { return l.PurgePrivate("producer", key) }},
		"put private":       {"PutPrivateData", func(l ledger.Ledger) error { return l.PutPrivate("producer", key, ledger.NewPrivate([]byte("b"))) }},
		"protect by nobody": {"", func(l ledger.Ledger) error { return l.Protect(key, ledger.Quorum{}) }},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			p := stub.NewPeer("waymark")
			tx := stub.Transaction{ID: "t1", Time: now, Creator: creator(t, "producer", waymark.Operator)}
			first := p.Begin(tx)
			if err := open(t, first).Put(key, []byte("a")); err != nil {
				t.Fatal(err)
			}
			first.Commit()
			l := open(t, p.Begin(tx))
			p.Failures[test.method] = broken
			if err := test.call(l); err == nil || test.method != "" && !errors.Is(err, broken) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestAPeerOfAnotherMemberSaysWhomToAsk(t *testing.T) {
	p := stub.NewPeer("waymark")
	p.Failures["GetPrivateData"] = errors.New("GET_STATE failed: transaction ID: t1: private data matching public hash version is not available. Public hash version = {BlockNum: 13, TxNum: 0}, Private data version = <nil>")
	l := open(t, p.Begin(stub.Transaction{ID: "t1", Time: now, Creator: creator(t, "producer", waymark.Operator)}))
	if _, err := l.GetPrivate("carrier", ledger.HandoffKey("s1", 1)); waymark.CodeOf(err) != waymark.Unavailable {
		t.Errorf("got %v", err)
	}
}

// faulty is an identity that cannot be read.
type faulty struct {
	cid.ClientIdentity
	member, role, app error
}

func (f faulty) GetMSPID() (string, error) { return "producer", f.member }

func (f faulty) GetAttributeValue(name string) (string, bool, error) {
	if name == waymark.AppAttribute {
		return "", false, f.app
	}
	return "", false, f.role
}

func TestNewNeedsAnIdentityAndATime(t *testing.T) {
	broken := errors.New("broken")
	for _, identity := range []faulty{{member: broken}, {role: broken}, {app: broken}} {
		if _, err := fabricledger.New(stub.NewPeer("waymark").Begin(stub.Transaction{}), identity); !errors.Is(err, broken) {
			t.Errorf("got %v", err)
		}
	}
	for _, method := range []string{"GetTxTimestamp", "GetTransient"} {
		p := stub.NewPeer("waymark")
		p.Failures[method] = broken
		if _, err := fabricledger.New(p.Begin(stub.Transaction{}), faulty{}); !errors.Is(err, broken) {
			t.Errorf("%s: got %v", method, err)
		}
	}
}
