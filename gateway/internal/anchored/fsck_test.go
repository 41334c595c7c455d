package anchored_test

import (
	"encoding/hex"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/anchor"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/gateway/internal/anchored"
	"github.com/waymark-ledger/waymark/gateway/internal/bodies"
)

// TestOverhaul: every way in which a body can be wrong is found, with the window whose it is, and the windows beside it are looked over too.
func TestOverhaul(t *testing.T) {
	tests := []struct {
		name     string
		deep     bool
		give     func(f *fleet, body string, run anchor.SignedRun, lines []anchor.Line)
		want     bodies.Fault // of messages 5 to 9 of b; empty for none
		contains string
	}{
		{name: "whole"},
		{name: "whole, with signatures", deep: true},
		{name: "missing", want: bodies.Missing, give: func(f *fleet, body string, _ anchor.SignedRun, _ []anchor.Line) { f.lose(body) }},
		{name: "altered", want: bodies.Altered, give: func(f *fleet, body string, _ anchor.SignedRun, _ []anchor.Line) {
			data, err := os.ReadFile(f.file(body))
			data[len(data)/2] ^= 1
			if err != nil || os.WriteFile(f.file(body), data, 0o600) != nil {
				f.t.Fatal("cannot alter a body", err)
			}
		}},
		{name: "deleted", want: bodies.Deleted, give: func(f *fleet, body string, _ anchor.SignedRun, _ []anchor.Line) {
			if err := f.store.Delete(f.t.Context(), hashNamed(f.t, body), bodies.Note{Deleted: time.Now().UTC()}); err != nil {
				f.t.Fatal(err)
			}
		}},
		{name: "no bundle", want: anchored.NotOurs, give: func(f *fleet, _ string, run anchor.SignedRun, lines []anchor.Line) {
			hash, err := f.store.Put(f.t.Context(), []byte("no bundle"))
			if err != nil {
				f.t.Fatal(err)
			}
			f.again(anchorName(hash), windowOf(run, lines))
		}},
		{name: "of another channel", want: anchored.NotOurs, contains: "consortium other", give: func(f *fleet, _ string, run anchor.SignedRun, lines []anchor.Line) {
			f.again(f.put("other", run), windowOf(run, lines))
		}},
		{name: "a message too few", want: anchored.NotOurs, contains: "no message 9", give: func(f *fleet, _ string, run anchor.SignedRun, lines []anchor.Line) {
			run.Messages = run.Messages[:4]
			f.again(f.put(channel, run), windowOf(run, lines))
		}},
		{name: "another message", want: anchored.NotOurs, contains: "message 7: the window has another digest", give: func(f *fleet, _ string, run anchor.SignedRun, lines []anchor.Line) {
			others, _ := f.messages("b", 6, 8) // which do not chain to what was recorded
			run.Messages = slices.Clone(run.Messages)
			run.Messages[2] = others.Messages[1]
			f.again(f.put(channel, run), windowOf(run, lines))
		}},
		{name: "in the place of another", want: anchored.NotOurs, contains: "message 5: it is message 6", give: func(f *fleet, _ string, run anchor.SignedRun, lines []anchor.Line) {
			run.Messages = slices.Clone(run.Messages)
			run.Messages[0] = run.Messages[1]
			f.again(f.put(channel, run), windowOf(run, lines))
		}},
		{name: "a line that lies", want: anchored.NotOurs, contains: "do not come to the root", give: func(f *fleet, body string, run anchor.SignedRun, lines []anchor.Line) {
			lines = slices.Clone(lines)
			lines[3].Root[0] ^= 1
			f.again(body, windowOf(run, lines))
		}},
		{name: "signed by somebody else, which is not looked at", give: forge},
		{name: "signed by somebody else", deep: true, want: anchored.NotOurs, contains: "message 5", give: forge},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := newFleet(t)
			f.anchors("a", 1, 4)
			run, lines := f.messages("b", 5, 9)
			body := f.put(channel, run)
			f.record(body, windowOf(run, lines))
			f.anchors("b", 10, 12)
			if tt.give != nil {
				tt.give(f, body, run, lines)
			}
			v := anchored.Overhaul{Member: member, Channel: channel, Bodies: f.store}
			if tt.deep {
				v.Deep = f
			}
			var found []anchored.Finding
			windows, err := v.Run(t.Context(), f, f.height(), func(f anchored.Finding) { found = append(found, f) })
			if err != nil || windows != 3 {
				t.Fatalf("%d windows, %v", windows, err)
			}
			if tt.want == "" {
				if len(found) > 0 {
					t.Errorf("found %v", found)
				}
				return
			}
			if len(found) != 1 || found[0].Window.Device != "b" || found[0].Window.First != 5 || found[0].Fault != tt.want {
				t.Fatalf("found %v, want %s", found, tt.want)
			}
			text := found[0].String()
			for _, part := range []string{"b messages 5 to 9: ", string(tt.want), found[0].Window.Body, found[0].Window.Recorded.TxID, tt.contains} {
				if !strings.Contains(text, part) {
					t.Errorf("%q does not name %q", text, part)
				}
			}
		})
	}
}

// again records the windows of the second block anew, in its place.
func (f *fleet) again(body string, windows ...waymark.Window) {
	rest := f.blocks[3:]
	f.blocks = f.blocks[:2]
	f.record(body, windows...)
	f.blocks = append(f.blocks, rest...)
}

func anchorName(hash bodies.Hash) string { return hex.EncodeToString(hash[:]) }

// forge has another key than the device's sign what is recorded.
func forge(f *fleet, _ string, _ anchor.SignedRun, _ []anchor.Line) {
	own := f.keys["b"]
	other, err := attest.GenerateKey(attest.Ed25519)
	if err != nil {
		f.t.Fatal(err)
	}
	f.keys["b"] = other
	run, lines := f.messages("b", 5, 9)
	f.keys["b"] = own
	f.again(f.put(channel, run), windowOf(run, lines))
}

// TestOverhaulIsOfTheMembersValidWindows: others have other stores, and what is not valid has no window.
func TestOverhaulIsOfTheMembersValidWindows(t *testing.T) {
	f := newFleet(t)
	run, lines := f.messages("a", 1, 2)
	others := windowOf(run, lines)
	others.Owner = "carrier"
	f.record(strings.Repeat("0", 64), others)
	f.record(strings.Repeat("1", 64), windowOf(run, lines))
	f.blocks[2].Transactions[0].Status = "MVCC_READ_CONFLICT"
	f.record("", windowOf(run, lines)) // in full
	f.anchors("a", 3, 4)
	f.record(strings.Repeat("2", 64), windowOf(f.messages("a", 5, 6))) // above the height
	windows, err := anchored.Overhaul{Member: member, Channel: channel, Bodies: f.store}.Run(t.Context(), f, f.height()-1, func(f anchored.Finding) { t.Errorf("found %s", f) })
	if err != nil || windows != 1 {
		t.Errorf("%d windows, %v", windows, err)
	}
}

// TestABrokenStoreIsNoFinding: a store that does not answer says nothing about its bodies.
func TestABrokenStoreIsNoFinding(t *testing.T) {
	f := newFleet(t)
	body := f.anchors("a", 1, 2)
	f.lose(body)
	if err := os.Mkdir(f.file(body), 0o700); err != nil {
		t.Fatal(err)
	}
	_, err := anchored.Overhaul{Member: member, Channel: channel, Bodies: f.store}.Run(t.Context(), f, f.height(), func(f anchored.Finding) { t.Errorf("found %s", f) })
	if waymark.CodeOf(err) != waymark.Unavailable {
		t.Errorf("got %v", err)
	}
}
