package registry_test

import (
	"crypto"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/rules/registry"
	"github.com/waymark-ledger/waymark/chaincode/scenario"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// life is the history of one device, with every key that it ever made.
type life struct {
	*scenario.Consortium
	d    *scenario.Device
	keys map[string]crypto.Signer
	made int
}

func newLife(t *testing.T) *life {
	l := &life{Consortium: scenario.New(t), keys: map[string]crypto.Signer{}}
	l.d = l.NewDevice("logger-1", "producer")
	l.keys["k1"] = l.d.Key
	return l
}

// record is the device as it stands, nil before it is registered.
func (l *life) record() *waymark.Device {
	d, err := ledger.Load[waymark.Device](l.World.Begin(ledger.Tx{}), ledger.DeviceKey("logger-1"))
	if err != nil {
		l.T.Fatal(err)
	}
	return d
}

// with is the device with one of its keys, naming its owner of this moment.
func (l *life) with(t *rapid.T) *scenario.Device {
	d := *l.d
	d.KeyID = rapid.SampledFrom(sortedKeys(l.keys)).Draw(t, "key")
	d.Key = l.keys[d.KeyID]
	if r := l.record(); r != nil {
		d.Owner = r.Owner
	}
	return &d
}

func sortedKeys(keys map[string]crypto.Signer) []string {
	var ids []string
	for id := range keys {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

// next is an id that is fresh, mostly.
func (l *life) next(t *rapid.T) string {
	if rapid.IntRange(0, 9).Draw(t, "old id") == 0 {
		return "k1"
	}
	l.made++
	return fmt.Sprintf("k%d", l.made+1)
}

func (l *life) keep(d *scenario.Device) {
	if l.keys[d.KeyID] == nil {
		l.keys[d.KeyID] = d.Key
	}
}

func drawCaller(t *rapid.T) ledger.Caller {
	return ledger.Caller{
		Member: rapid.SampledFrom([]string{"producer", "producer", "carrier", "carrier", "retailer"}).Draw(t, "member"),
		Role:   rapid.SampledFrom([]waymark.Role{waymark.Admin, waymark.Admin, waymark.Operator, waymark.Viewer}).Draw(t, "role"),
	}
}

// act is one try of anybody; it returns the error.
func (l *life) act(t *rapid.T, what string, by ledger.Caller) error {
	state := waymark.DeviceStateRequest{Device: "logger-1", Reason: "because"}
	switch what {
	case "register":
		first := *l.d
		return try(l, by, registry.RegisterDevice, waymark.RegisterDeviceRequest{Registration: first.Registration(), Activate: rapid.Bool().Draw(t, "activate")})
	case "activate":
		return try(l, by, registry.ActivateDevice, state)
	case "suspend":
		return try(l, by, registry.SuspendDevice, state)
	case "resume":
		return try(l, by, registry.ResumeDevice, state)
	case "retire":
		return try(l, by, registry.RetireDevice, state)
	case "describe":
		return try(l, by, registry.SetAttributes, described(l.Consortium, waymark.VisibilityOpen))
	case "offer":
		return try(l, by, registry.OfferTransfer, offer(l.Consortium, rapid.SampledFrom([]string{"producer", "carrier"}).Draw(t, "to")))
	case "accept":
		return try(l, by, registry.AcceptTransfer, acceptance)
	case "decline":
		return try(l, by, registry.DeclineTransfer, ending)
	}
	return l.actOnKeys(t, what, by)
}

func (l *life) actOnKeys(t *rapid.T, what string, by ledger.Caller) error {
	d := l.with(t)
	switch what {
	case "rotate":
		overlap := rapid.SampledFrom([]int64{0, 60, 3600}).Draw(t, "overlap")
		request := waymark.RotateKeyRequest{Device: d.ID, Rotation: d.Rotation(l.next(t)), OverlapSeconds: overlap}
		l.keep(d)
		return try(l, by, registry.RotateKey, request)
	case "replace":
		request := waymark.ReplaceKeyRequest{Device: d.ID, Registration: d.Replacement(l.next(t)), Reason: "lost"}
		l.keep(d)
		return try(l, by, registry.ReplaceKey, request)
	default:
		from := l.Now.Add(-time.Duration(rapid.IntRange(-60, 7200).Draw(t, "from")) * time.Second)
		return try(l, by, registry.RevokeKey, waymark.RevokeKeyRequest{Device: d.ID, Key: d.KeyID, From: from, Reason: "stolen"})
	}
}

func try[Q waymark.Validator, R any](l *life, by ledger.Caller, rule func(ledger.Ledger, Q) (R, error), request Q) error {
	_, err := scenario.Submit(l.Consortium, by, rule, request)
	return err
}

// TestAnyHistoryOfADevice tries whatever acts in whatever order, by whomever, on a
// clock that can go back a little, and has the device report with any of its keys.
func TestAnyHistoryOfADevice(t *testing.T) {
	acts := []string{"register", "activate", "activate", "suspend", "resume", "resume", "describe", "offer", "offer", "accept", "accept", "decline",
		"rotate", "rotate", "rotate", "replace", "revoke", "report", "report", "report", "report"}
	rapid.Check(t, func(rt *rapid.T) {
		l := newLife(t)
		for range rapid.IntRange(5, 40).Draw(rt, "acts") {
			l.Now = l.Now.Add(time.Duration(rapid.SampledFrom([]int{-120, 0, 1, 30, 600, 4000}).Draw(rt, "seconds")) * time.Second)
			what := rapid.SampledFrom(acts).Draw(rt, "act")
			if rapid.IntRange(0, 60).Draw(rt, "end") == 0 {
				what = "retire"
			}
			if what == "report" {
				l.report(rt)
				continue
			}
			by := drawCaller(rt)
			transfer := l.transfer()
			before := l.record()
			err := l.act(rt, what, by)
			l.check(rt, what, by, before, transfer, err)
		}
	})
}

func (l *life) transfer() *waymark.Transfer {
	t, err := ledger.Load[waymark.Transfer](l.World.Begin(ledger.Tx{}), ledger.TransferKey("logger-1"))
	if err != nil {
		l.T.Fatal(err)
	}
	return t
}

// report sends the next message under some key, and checks that it is recorded
// exactly if the device is active and that key in force.
func (l *life) report(t *rapid.T) {
	d, before := l.with(t), l.record()
	d.Next, d.Previous = l.d.Next, l.d.Previous
	message := d.Pack(400)
	got := l.Record(message)[0]
	want := before != nil && before.State == waymark.DeviceActive && speaks(before, d.KeyID, l.Now)
	if before != nil && l.Now.Before(before.Registered.Time) {
		want = false // a reading from before the registration
	}
	if recorded := got.Outcome == waymark.Recorded; recorded != want {
		t.Fatalf("a message under %s at %s: %+v, want recorded %t; device %+v", d.KeyID, l.Now, got, want, before)
	}
	if want {
		l.d.Next, l.d.Previous = d.Next, d.Previous
	}
}

// speaks says it in other words than the code: the key is there and not revoked; it
// has not ended; and no key that ended it has begun.
func speaks(d *waymark.Device, id string, now time.Time) bool {
	i := slices.IndexFunc(d.Keys, func(k waymark.DeviceKey) bool { return k.ID == id })
	if i < 0 || d.Keys[i].Revoked != nil {
		return false
	}
	end := d.Keys[i].NotAfter
	if end.IsZero() {
		return true
	}
	return now.Before(end) && !slices.ContainsFunc(d.Keys[i+1:], func(later waymark.DeviceKey) bool { return !later.NotBefore.Before(end) })
}

// check keeps the promises about one act.
func (l *life) check(t *rapid.T, what string, by ledger.Caller, before *waymark.Device, transfer *waymark.Transfer, err error) {
	after := l.record()
	changed := text(before) != text(after)
	switch {
	case waymark.CodeOf(err) == waymark.Internal:
		t.Fatalf("%s: %v", what, err)
	case err != nil && changed:
		t.Fatalf("%s was refused (%v) and changed the device", what, err)
	case before == nil || after == nil:
		return
	case changed && before.State == waymark.DeviceRetired && (what != "revoke" || after.State != before.State):
		t.Fatalf("%s changed a retired device", what)
	case after.State == waymark.DeviceRegistered && before.State != waymark.DeviceRegistered:
		t.Fatalf("%s took the device back from %s", what, before.State)
	case after.Registered != before.Registered:
		t.Fatalf("%s changed who registered the device", what)
	case changed && what != "accept" && by.Member != before.Owner:
		t.Fatalf("%s by %s changed the device of %s", what, by.Member, before.Owner)
	}
	if after.Owner != before.Owner && (what != "accept" || transfer.State != waymark.TransferOffered || transfer.From != before.Owner ||
		transfer.To != after.Owner || by.Member != after.Owner || l.Now.After(transfer.ExpiresAt)) {
		t.Fatalf("%s by %s moved the device from %s to %s on %+v", what, by.Member, before.Owner, after.Owner, transfer)
	}
	checkKeys(t, what, before.Keys, after.Keys)
}

func text(d *waymark.Device) string {
	encoded, err := json.Marshal(d)
	return fmt.Sprint(string(encoded), err)
}

// checkKeys: keys are only added, each once; an interval begins before it ends and
// is only ever cut short; a revocation only ever moves back, and never before its key.
func checkKeys(t *rapid.T, what string, before, after []waymark.DeviceKey) {
	var ids []string
	for i, k := range after {
		if slices.ContainsFunc(after[:i], func(o waymark.DeviceKey) bool {
			return o.ID == k.ID || o.JWK == k.JWK || o.NotBefore.After(k.NotBefore)
		}) {
			t.Fatalf("%s: key %+v is a second one of its kind, or older than one before it", what, k)
		}
		if !k.NotAfter.IsZero() && k.NotAfter.Before(k.NotBefore) || k.Revoked != nil && k.Revoked.From.Before(k.NotBefore) {
			t.Fatalf("%s: key %+v ends before it begins", what, k)
		}
		ids = append(ids, k.ID)
	}
	for i, k := range before {
		if i >= len(after) || after[i].ID != k.ID || after[i].JWK != k.JWK || after[i].NotBefore != k.NotBefore || after[i].Origin != k.Origin {
			t.Fatalf("%s: key %s is not what it was: %s", what, k.ID, strings.Join(ids, " "))
		}
		now := after[i]
		longer := !k.NotAfter.IsZero() && (now.NotAfter.IsZero() || now.NotAfter.After(k.NotAfter))
		if longer || k.Revoked != nil && (now.Revoked == nil || now.Revoked.From.After(k.Revoked.From)) {
			t.Fatalf("%s: key %+v has become %+v", what, k, now)
		}
	}
	if open := slices.IndexFunc(after, func(k waymark.DeviceKey) bool { return k.NotAfter.IsZero() }); open >= 0 && open != len(after)-1 {
		t.Fatalf("%s: key %s was followed and has no end", what, after[open].ID)
	}
}
