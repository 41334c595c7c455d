package anchored_test

import (
	"encoding/hex"
	"encoding/json"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/internal/anchored"
	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
)

// checked makes a block with a check of device a by another member.
func (f *fleet) checked(payload any) {
	f.t.Helper()
	f.told(payload, ledger.Write{Key: "stream/a", Value: []byte(`{"device":"a"}`)})
}

// told makes a block in which another member tells of a check, and writes something.
func (f *fleet) told(payload any, writes ...ledger.Write) {
	f.t.Helper()
	encoded, err := json.Marshal(payload)
	if err != nil {
		f.t.Fatal(err)
	}
	f.blocks = append(f.blocks, ledger.Block{Number: f.height(), Hash: hashOf(f.height()), Transactions: []ledger.BlockTransaction{
		{TxID: "check", Status: ledger.Valid, Member: "carrier", Writes: writes, Event: &ledger.Event{Name: waymark.EventTelemetryChecked, Payload: encoded}}}})
}

// TestUntrueChecksAreTold: a check that does not rest on the block that recorded the window, as the own peer has it, is told of with who sent it, whether
// the window's block was seen or has to be read again.
func TestUntrueChecksAreTold(t *testing.T) {
	truly := waymark.CheckedBlock{First: 1, Last: 4, Block: 1, Hash: hex.EncodeToString(hashOf(1))}
	with := func(change func(*waymark.CheckedBlock)) waymark.CheckedEvent {
		c := truly
		change(&c)
		return waymark.CheckedEvent{Device: "a", Checks: []waymark.CheckedBlock{c}}
	}
	for name, c := range map[string]struct {
		told any
		want float64
	}{
		"true":                 {with(func(*waymark.CheckedBlock) {}), 0},
		"another hash":         {with(func(c *waymark.CheckedBlock) { c.Hash = hex.EncodeToString(hashOf(2)) }), 1},
		"another block's":      {with(func(c *waymark.CheckedBlock) { c.Block, c.Hash = 2, hex.EncodeToString(hashOf(2)) }), 1},
		"a block that is none": {with(func(c *waymark.CheckedBlock) { c.Block = 1 << 40 }), 1},
		"its own block":        {with(func(c *waymark.CheckedBlock) { c.Block = 3 }), 1},
		"another window":       {with(func(c *waymark.CheckedBlock) { c.First = 2 }), 1},
		"two, one true":        {waymark.CheckedEvent{Device: "a", Checks: []waymark.CheckedBlock{truly, {First: 5, Last: 6, Block: 1, Hash: truly.Hash}}}, 1},
		"too many":             {waymark.CheckedEvent{Device: "a", Checks: make([]waymark.CheckedBlock, 17)}, 1},
	} {
		for _, from := range []uint64{0, 3} {
			f := newFleet(t)
			f.anchors("a", 1, 4)
			f.anchors("a", 5, 6)
			f.checked(c.told)
			core, logs := observer.New(zapcore.InfoLevel)
			registry := prometheus.NewRegistry()
			blocks := 0
			err := anchored.NewWatch(f, nil, zap.New(core), registry).Follow(t.Context(), from, func(ledger.Block) error { blocks++; return nil })
			if err != nil || blocks != int(4-from) {
				t.Errorf("%s, from %d: %d blocks, %v", name, from, blocks, err)
			}
			count, err := testutil.GatherAndCount(registry, "waymark_gateway_anchor_checks_untrue_total")
			if err != nil || count != 1 || sum(t, registry, "waymark_gateway_anchor_checks_untrue_total", "") != c.want {
				t.Errorf("%s, from %d: counted %v, want %v", name, from, sum(t, registry, "waymark_gateway_anchor_checks_untrue_total", ""), c.want)
			}
			if float64(logs.Len()) != c.want || c.want > 0 && (logs.All()[0].ContextMap()["member"] != "carrier" || logs.All()[0].ContextMap()["tx_id"] != "check") {
				t.Errorf("%s, from %d: logged %v", name, from, logs.All())
			}
		}
	}
}

// TestWhatIsNotBackedIsNoCheck: whoever can have some transaction endorsed alone can tell of checks that nobody made. Nobody is
// blamed for that, and the peer is asked for no block.
func TestWhatIsNotBackedIsNoCheck(t *testing.T) {
	untrue := waymark.CheckedEvent{Device: "a", Checks: []waymark.CheckedBlock{{First: 1, Last: 4, Block: 1, Hash: hex.EncodeToString(hashOf(2))}}}
	own := ledger.Write{Key: "stream/a", Value: []byte(`{"device":"a"}`)}
	for name, tell := range map[string]func(f *fleet){
		"nothing written":      func(f *fleet) { f.told(untrue) },
		"another's stream":     func(f *fleet) { f.told(untrue, ledger.Write{Key: "stream/b", Value: []byte(`{}`)}) },
		"a stream that is not": func(f *fleet) { f.told(untrue, ledger.Write{Key: "stream/a"}) },
		"no event":             func(f *fleet) { f.told([]string{"no event"}, own) },
		"two devices":          func(f *fleet) { f.told(map[string]any{"device": "a", "Device": "b", "checks": untrue.Checks}, own) },
		"not valid": func(f *fleet) {
			f.told(untrue, own)
			f.blocks[f.height()-1].Transactions[0].Status = "ENDORSEMENT_POLICY_FAILURE"
		},
	} {
		f := newFleet(t)
		f.anchors("a", 1, 4)
		f.anchors("a", 5, 6)
		tell(f)
		core, logs := observer.New(zapcore.InfoLevel)
		registry := prometheus.NewRegistry()
		err := anchored.NewWatch(f, nil, zap.New(core), registry).Follow(t.Context(), 3, func(ledger.Block) error { return nil })
		if err != nil || logs.Len() > 0 || sum(t, registry, "waymark_gateway_anchor_checks_untrue_total", "") != 0 {
			t.Errorf("%s: %v, logged %v", name, err, logs.All())
		}
		if f.followed != 1 {
			t.Errorf("%s: the peer was asked %d times", name, f.followed)
		}
	}
}

// TestEachBlockIsReadOnce, however many checks rest on it.
func TestEachBlockIsReadOnce(t *testing.T) {
	f := newFleet(t)
	var windows []waymark.Window
	for _, device := range []string{"a", "b", "c"} {
		windows = append(windows, windowOf(f.messages(device, 1, 2)))
	}
	f.record(strings.Repeat("0", 64), windows...)
	for range 3 {
		for _, w := range windows {
			c := waymark.CheckedEvent{Device: w.Device, Checks: []waymark.CheckedBlock{{First: 1, Last: 2, Block: 1, Hash: hex.EncodeToString(hashOf(1))}}}
			f.told(c, ledger.Write{Key: "stream/" + w.Device, Value: []byte(`{}`)})
		}
	}
	registry := prometheus.NewRegistry()
	if err := anchored.NewWatch(f, nil, zap.NewNop(), registry).Follow(t.Context(), 2, func(ledger.Block) error { return nil }); err != nil {
		t.Fatal(err)
	}
	if n := sum(t, registry, "waymark_gateway_anchor_checks_untrue_total", ""); n != 0 || f.followed != 2 {
		t.Errorf("%v untrue, the peer was asked %d times", n, f.followed)
	}
}

// sum is the value of a counter, with a label's value if it has one.
func sum(t *testing.T, registry *prometheus.Registry, name, label string) (value float64) {
	t.Helper()
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range families {
		for _, m := range family.GetMetric() {
			if family.GetName() == name && (label == "" || m.GetLabel()[0].GetValue() == label) {
				value += m.GetCounter().GetValue()
			}
		}
	}
	return value
}
