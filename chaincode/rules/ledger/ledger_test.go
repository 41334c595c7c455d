package ledger_test

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/memledger"
	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

func TestKeys(t *testing.T) {
	lot, box := waymark.Goods{GTIN: "09506000134352", Lot: "a/b"}, waymark.Goods{SSCC: "395060001234567894"}
	tests := map[string]ledger.Key{
		"member/m":                      ledger.MemberKey("m"),
		"device/d":                      ledger.DeviceKey("d"),
		"stream/d":                      ledger.StreamKey("d"),
		"window/d/000000000000000a":     ledger.WindowKey("d", 10),
		"attachment/d":                  ledger.AttachmentKey("d"),
		"titleoffer/s/0000000000000001": ledger.TitleOfferKey("s", 1),
		"hold/s/quarantine":             ledger.HoldKey("s", "quarantine"),
		"witness/s/d":                   ledger.WitnessKey("s", "d"),
		"excursion/s/d/000000000000000a/0000000000000001": ledger.ExcursionKey("s", "d", 10, 1),
		"shipment/s":                             ledger.ShipmentKey("s"),
		"custody/s":                              ledger.CustodyKey("s"),
		"cargo/s":                                ledger.CargoKey("s"),
		"guard/s":                                ledger.GuardKey("s"),
		"authority/m/a":                          ledger.AuthorityKey("m", "a"),
		"revocation/m/a/1":                       ledger.RevocationKey("m", "a", "1"),
		"transfer/d":                             ledger.TransferKey("d"),
		"handoff/s/ffffffffffffffff":             ledger.HandoffKey("s", math.MaxUint64),
		"product/09506000134352":                 ledger.ProductKey("09506000134352"),
		"item/09506000134352/a%2Fb":              ledger.GoodsKey(waymark.Item("09506000134352", "a/b")),
		"lot/09506000134352/a%2Fb":               ledger.GoodsKey(lot),
		"container/395060001234567894":           ledger.GoodsKey(box),
		"portion/09506000134352/a%2Fb/stock/m/n": ledger.PortionKey(lot, waymark.Stock("m", "n")),
		"content/395060001234567894/item/09506000134352/1":        ledger.ContentKey(box, waymark.Item("09506000134352", "1")),
		"content/395060001234567894/container/395060001234567894": ledger.ContentKey(box, box),
		"lotitem/09506000134352/a%2Fb/c%2Fd":                      ledger.MemberOfLotKey(lot, waymark.Item("09506000134352", "c/d")),
		"recall/09506000134352/a%2Fb":                             ledger.RecallKey(lot),
		"title/s":                                                 ledger.TitleKey("s"),
		"policy/o/a/p":                                            ledger.PolicyKey("o", "a", "p"),
		"decision/t":                                              ledger.DecisionKey("t"),

		"currency/i/EUR":             ledger.CurrencyKey("i", "EUR"),
		"note/i/EUR/o/n":             ledger.NoteKey("i", "EUR", "o", "n"),
		"payment/m/p":                ledger.PaymentKey("m", "p"),
		"terms/s":                    ledger.TermsKey("s"),
		"agreement/s":                ledger.AgreementKey("s"),
		"escrow/s":                   ledger.EscrowKey("s"),
		"funding/s":                  ledger.FundingKey("s"),
		"settlement/s":               ledger.SettlementKey("s"),
		"dispute/s/0000000000000002": ledger.DisputeKey("s", 2),
		"slots/o/":                   ledger.SlotsKey("o", ""),
		"slot/o/a/000000000000000a":  ledger.SlotKey("o", "a", 10),
	}
	for want, key := range tests {
		if key.String() != want {
			t.Errorf("got %s, want %s", key, want)
		}
	}
}

// TestRangesHoldTheirOwn: a range holds the records of its own shipment or device
// and of no other, whatever character an id goes on with.
func TestRangesHoldTheirOwn(t *testing.T) {
	others := []string{"s", "s10", "s1-", "s1:", "s1_", "s1A", "s1z", "S1", "s2", "s1-1", "s0"}
	ranges := map[string]struct {
		in  ledger.Range
		key func(id string) ledger.Key
	}{
		"handoffs":   {ledger.Handoffs("s1"), func(id string) ledger.Key { return ledger.HandoffKey(id, 1) }},
		"witnesses":  {ledger.Witnesses("s1"), func(id string) ledger.Key { return ledger.WitnessKey(id, "d") }},
		"excursions": {ledger.Excursions("s1"), func(id string) ledger.Key { return ledger.ExcursionKey(id, "d", 1, 0) }},
		"notes":      {ledger.Notes("i", "EUR", "s1", ""), func(id string) ledger.Key { return ledger.NoteKey("i", "EUR", id, "n") }},
		"disputes":   {ledger.Disputes("s1"), func(id string) ledger.Key { return ledger.DisputeKey(id, 1) }},
		"policies":   {ledger.Policies("s1"), func(id string) ledger.Key { return ledger.PolicyKey(id, "a", "p") }},
		"windows":    {ledger.Windows("s1", 1, 9), func(id string) ledger.Key { return ledger.WindowKey(id, 9) }},
	}
	for name, r := range ranges {
		in := func(key ledger.Key) bool { return r.in.From <= key.String() && key.String() < r.in.To }
		if !in(r.key("s1")) {
			t.Errorf("%s leave their own out", name)
		}
		for _, id := range others {
			if in(r.key(id)) {
				t.Errorf("%s of s1 hold %s", name, r.key(id))
			}
		}
	}
	if r := ledger.Windows("s1", 2, 9); ledger.WindowKey("s1", 1).String() >= r.From || ledger.WindowKey("s1", 10).String() < r.To {
		t.Errorf("windows 2 to 9 are %v", r)
	}
}

func TestRecords(t *testing.T) {
	world := memledger.New()
	for n := range uint64(3) {
		if _, err := world.Submit(ledger.Tx{}, func(l ledger.Ledger) error {
			return ledger.Save(l, ledger.HandoffKey("s1", n+1), &waymark.Handoff{Number: n + 1})
		}); err != nil {
			t.Fatal(err)
		}
	}
	l := world.Begin(ledger.Tx{})
	h, err := ledger.Load[waymark.Handoff](l, ledger.HandoffKey("s1", 2))
	if err != nil || h.Number != 2 {
		t.Errorf("loaded %+v, %v", h, err)
	}
	if h, err := ledger.Load[waymark.Handoff](l, ledger.HandoffKey("s1", 9)); err != nil || h != nil {
		t.Errorf("loaded %+v, %v, of nothing", h, err)
	}
	if _, err := ledger.Require[waymark.Handoff](l, ledger.HandoffKey("s1", 9), "handoff 9"); waymark.CodeOf(err) != waymark.NotFound || !strings.Contains(err.Error(), "handoff 9") {
		t.Errorf("required nothing: %v", err)
	}
	if many, err := ledger.LoadMany[waymark.Handoff](l, []ledger.Key{ledger.HandoffKey("s1", 3), ledger.HandoffKey("s1", 9), ledger.HandoffKey("s1", 1)}); err != nil || len(many) != 3 || many[0].Number != 3 || many[1] != nil || many[2].Number != 1 {
		t.Errorf("loaded many %+v, %v", many, err)
	}
	for _, test := range []struct {
		limit, want int
		more        bool
	}{{0, 0, true}, {1, 1, true}, {2, 2, true}, {3, 3, false}, {4, 3, false}} {
		some, more, err := ledger.Some[waymark.Handoff](l, ledger.Handoffs("s1"), test.limit)
		if len(some) != test.want || more != test.more || err != nil {
			t.Errorf("some %d: %d records, more %v, %v", test.limit, len(some), more, err)
		}
		_, err = ledger.List[waymark.Handoff](l, ledger.Handoffs("s1"), test.limit)
		if exhausted := waymark.CodeOf(err) == waymark.ResourceExhausted; exhausted != test.more {
			t.Errorf("list of at most %d: %v", test.limit, err)
		}
	}
}

func TestVersions(t *testing.T) {
	world, key := memledger.New(), ledger.HandoffKey("s1", 1)
	for n := range uint64(3) {
		if _, err := world.Submit(ledger.Tx{}, func(l ledger.Ledger) error { return ledger.Save(l, key, &waymark.Handoff{Number: n}) }); err != nil {
			t.Fatal(err)
		}
	}
	l := world.Begin(ledger.Tx{})
	for limit, first := range map[int]uint64{2: 1, 3: 0, 9: 0} {
		if versions, err := ledger.Versions[waymark.Handoff](l, key, limit); err != nil || len(versions) != min(limit, 3) || versions[0].Number != first {
			t.Errorf("the last %d: %+v, %v", limit, versions, err)
		}
	}
	if versions, err := ledger.Versions[waymark.Handoff](l, ledger.HandoffKey("s1", 2), 9); err != nil || versions == nil || len(versions) != 0 {
		t.Errorf("of nothing: %+v, %v", versions, err)
	}
	if _, err := world.Submit(ledger.Tx{}, func(l ledger.Ledger) error { return l.Put(key, []byte("{")) }); err != nil {
		t.Fatal(err)
	}
	if _, err := ledger.Versions[waymark.Handoff](world.Begin(ledger.Tx{}), key, 9); waymark.CodeOf(err) != waymark.Internal {
		t.Errorf("of what cannot be read: %v", err)
	}
}

func TestMembersAreTheirOwn(t *testing.T) {
	r := ledger.Members()
	for _, key := range []ledger.Key{ledger.MemberKey("0"), ledger.MemberKey("zz")} {
		if key.String() < r.From || r.To <= key.String() {
			t.Errorf("members leave out %s", key)
		}
	}
}

func TestARecordThatCannotBeReadIsAnError(t *testing.T) {
	world := memledger.New()
	key := ledger.HandoffKey("s1", 1)
	if _, err := world.Submit(ledger.Tx{}, func(l ledger.Ledger) error { return l.Put(key, []byte("{")) }); err != nil {
		t.Fatal(err)
	}
	l := world.Begin(ledger.Tx{})
	_, loaded := ledger.Load[waymark.Handoff](l, key)
	_, many := ledger.LoadMany[waymark.Handoff](l, []ledger.Key{key})
	_, required := ledger.Require[waymark.Handoff](l, key, "it")
	_, listed := ledger.List[waymark.Handoff](l, ledger.Handoffs("s1"), 9)
	unencodable := ledger.Save(l, key, &struct{ F func() }{})
	for _, err := range []error{loaded, many, required, listed, unencodable} {
		if waymark.CodeOf(err) != waymark.Internal {
			t.Errorf("got %v", err)
		}
	}
}

func TestStamp(t *testing.T) {
	at := time.Unix(1, 0).UTC()
	got := ledger.Tx{ID: "t", Time: at, Caller: ledger.Caller{Member: "m", Role: waymark.Viewer}}.Stamp()
	if want := (waymark.Stamp{TxID: "t", Time: at, Member: "m", Role: waymark.Viewer}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestQuorumMustBePossible(t *testing.T) {
	for _, q := range []ledger.Quorum{{Need: 1, Members: []string{"a"}}, {Need: 2, Members: []string{"a", "b", "c"}}} {
		if err := q.Validate(); err != nil {
			t.Error(err)
		}
	}
	for _, q := range []ledger.Quorum{{}, {Need: 2, Members: []string{"a"}}} {
		if q.Validate() == nil {
			t.Errorf("%+v is possible", q)
		}
	}
}

// TestMemory is what the conformance cases cannot say of the
// ledger in memory: how its own methods see a transaction.
func TestMemory(t *testing.T) {
	world := memledger.New()
	key := ledger.CustodyKey("s1")
	event, err := world.Submit(ledger.Tx{ID: "t1"}, func(l ledger.Ledger) error {
		return errors.Join(l.Put(key, []byte("a")), l.Protect(key, ledger.Quorum{Need: 1, Members: []string{"m"}}), l.Emit("e", 7))
	})
	if err != nil || event.Name != "e" || string(event.Payload) != "7" {
		t.Errorf("event %+v, %v", event, err)
	}
	if q, ok := world.Quorum(key); !ok || q.Need != 1 || !slices.Equal(world.Keys(), []string{"custody/s1"}) || string(world.Value("custody/s1")) != "a" {
		t.Errorf("quorum %+v, keys %v", q, world.Keys())
	}
	if _, ok := world.Quorum(ledger.CustodyKey("s2")); ok {
		t.Error("a quorum of nothing")
	}
	refused := errors.New("refused")
	if _, err := world.Submit(ledger.Tx{}, func(l ledger.Ledger) error { return errors.Join(l.Delete(key), refused) }); !errors.Is(err, refused) || world.Value("custody/s1") == nil {
		t.Errorf("a refused transaction wrote (%v)", err)
	}
	tx := world.Begin(ledger.Tx{ID: "t2"})
	if tx.Tx().ID != "t2" || tx.Emit("e", func() {}) == nil {
		t.Error("an event that is no JSON")
	}
	if tx.Scan(ledger.Handoffs("s1"), nil) != nil || string(tx.Effects()) == string(world.Begin(ledger.Tx{}).Effects()) {
		t.Error("a scan is no effect")
	}
	before := string(world.Snapshot())
	if err := errors.Join(tx.Delete(key), tx.Commit()); err != nil || before == string(world.Snapshot()) {
		t.Errorf("a deletion changed nothing (%v)", err)
	}
}
