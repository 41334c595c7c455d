package telemetry_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"slices"
	"strconv"
	"testing"

	"pgregory.net/rapid"

	"github.com/waymark-ledger/waymark/chaincode/rules/registry"
	"github.com/waymark-ledger/waymark/chaincode/rules/telemetry"
	"github.com/waymark-ledger/waymark/chaincode/scenario"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/anchor"
)

// windowed are messages that were recorded as one run.
type windowed struct {
	texts []string
	run   anchor.Run
	tx    string
}

// anchorPacks records the next n messages of a device as a run. change makes a lie of the run.
func anchorPacks(c *scenario.Consortium, d *scenario.Device, n int, change func(*anchor.Run)) windowed {
	c.T.Helper()
	w := windowed{texts: packs(d, n)}
	var err error
	if w.run, err = scenario.Run(w.texts...); err != nil {
		c.T.Fatal(err)
	}
	told := w.run
	told.Lines = slices.Clone(told.Lines)
	if change != nil {
		change(&told)
	}
	result := anchors(c, told.Text())[0]
	if result.Outcome != waymark.Recorded {
		c.T.Fatalf("%+v", result)
	}
	w.tx = result.TxID
	return w
}

// shown is a window with what is picked by a block that picks message n: the one of its transaction, as if each had its own.
func (w windowed) shown(c *scenario.Consortium, n uint64) waymark.CheckedWindow {
	c.T.Helper()
	block, err := strconv.ParseUint(w.tx, 16, 64)
	if err != nil {
		c.T.Fatal(err)
	}
	shown, err := scenario.Shown(w.tx, block, scenario.BlockThatPicks(w.tx, w.run, n), w.texts...)
	if err != nil || len(shown.Messages) == 0 {
		c.T.Fatal(err, shown)
	}
	return shown
}

func checkOf(d *scenario.Device, windows ...waymark.CheckedWindow) waymark.CheckTelemetryRequest {
	return waymark.CheckTelemetryRequest{Device: d.ID, Windows: windows}
}

func TestWindowsAreChecked(t *testing.T) {
	c := scenario.New(t)
	d := logger(c)
	one := anchorPacks(c, d, 5, nil)
	anchors(c, d.Pack(400))
	lost := d.Pack(400)
	anchors(c, d.Pack(400)) // in full, as what opens a gap has to be
	two, three := anchorPacks(c, d, 3, nil), anchorPacks(c, d, 1, nil)
	relay := c.As("producer", waymark.Relay)
	first, second := one.shown(c, 4), two.shown(c, 11)
	s := scenario.Must(c, relay, telemetry.Check, checkOf(d, first, second))
	digest := func(before []byte, w waymark.CheckedWindow) []byte {
		hash, err := hex.DecodeString(w.BlockHash)
		if err != nil {
			t.Fatal(err)
		}
		return anchor.Checked(before, w.First, w.Block, hash)
	}
	want := digest(digest(nil, first), second)
	if a := s.Anchored; a.Checked != 12 || !slices.Equal(a.Unchecked, []waymark.Run{{First: 13, Last: 13}}) || !bytes.Equal(a.Digest, want) || a.Last != 13 {
		t.Errorf("anchored %+v", a)
	}
	_, tx, err := scenario.Endorse(c, relay, telemetry.Check, checkOf(d, first, second))
	if err != nil || len(tx.Writes()) > 0 {
		t.Errorf("again: %v, writes %v", err, tx.Writes())
	}
	anchors(c, lost) // the gap before the second window is filled
	s = scenario.Must(c, c.As("producer", waymark.Operator), telemetry.Check, checkOf(d, three.shown(c, 13)))
	if a := s.Anchored; a.Checked != 13 || len(a.Unchecked) != 0 {
		t.Errorf("anchored %+v", a)
	}
}

func TestChecksThatAreRefused(t *testing.T) {
	c := scenario.New(t)
	d := logger(c)
	other := c.Device("logger-2", "producer")
	anchors(c, d.Pack(400))
	one, two := anchorPacks(c, d, 5, nil), anchorPacks(c, d, 5, nil)
	true1, true2 := one.shown(c, 5), two.shown(c, 10)
	changed := func(change func(*waymark.CheckedWindow)) waymark.CheckTelemetryRequest {
		w := true1
		w.Messages = slices.Clone(w.Messages)
		change(&w)
		return checkOf(d, w)
	}
	relay := c.As("producer", waymark.Relay)
	tests := []struct {
		name    string
		request waymark.CheckTelemetryRequest
		code    waymark.Code
		reason  string
	}{
		{"not the oldest", checkOf(d, true2), waymark.Invalid, waymark.ReasonCheck},
		{"the wrong way round", checkOf(d, true2, true1), waymark.Invalid, ""},
		{"no window", checkOf(d, waymark.CheckedWindow{First: 4, Block: 1, BlockHash: true1.BlockHash, Messages: true1.Messages}), waymark.Invalid, waymark.ReasonCheck},
		{"nothing anchored", checkOf(other, waymark.CheckedWindow{First: 1, Block: 1, BlockHash: true1.BlockHash, Messages: []waymark.ShownMessage{}}), waymark.Invalid, waymark.ReasonCheck},
		{"no message", changed(func(w *waymark.CheckedWindow) { w.Messages = []waymark.ShownMessage{} }), waymark.Invalid, waymark.ReasonCheck},
		{"one too many", changed(func(w *waymark.CheckedWindow) { w.Messages = append(w.Messages, w.Messages[0]) }), waymark.Invalid, waymark.ReasonCheck},
		{"another message", changed(func(w *waymark.CheckedWindow) { w.Messages[0].Message = one.texts[0] }), waymark.Invalid, waymark.ReasonCheck},
		{"another's message", changed(func(w *waymark.CheckedWindow) { w.Messages[0].Message = other.Pack(1) }), waymark.Invalid, waymark.ReasonCheck},
		{"nonsense", changed(func(w *waymark.CheckedWindow) { w.Messages[0].Message = "nonsense" }), waymark.Invalid, ""},
		{"another path", changed(func(w *waymark.CheckedWindow) { w.Messages[0].Path = w.Messages[0].Path[1:] }), waymark.Invalid, waymark.ReasonCheck},
		{"no device", waymark.CheckTelemetryRequest{Device: "logger-9", Windows: []waymark.CheckedWindow{true1}}, waymark.NotFound, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			inner := *c
			inner.T = t
			scenario.Refused(&inner, relay, telemetry.Check, tt.request, tt.code, tt.reason)
		})
	}
	scenario.Refused(c, c.As("carrier", waymark.Relay), telemetry.Check, checkOf(d, true1), waymark.Forbidden, waymark.DefaultDeny)
	scenario.Refused(c, c.As("producer", waymark.Admin), telemetry.Check, checkOf(d, true1), waymark.Forbidden, waymark.DefaultDeny)
	scenario.Must(c, c.As("producer", waymark.Operator), registry.SuspendDevice, waymark.DeviceStateRequest{Device: d.ID, Reason: "lost"})
	scenario.Must(c, relay, telemetry.Check, checkOf(d, true1, true2)) // whatever has become of the device
}

// lies are what a relay can say of message 4, the third of a run, that is not so.
func lies() map[string]func(*anchor.Run) {
	line := func(change func(*anchor.Line)) func(*anchor.Run) {
		return func(r *anchor.Run) {
			l := &r.Lines[2]
			l.Series = slices.Clone(l.Series)
			change(l)
		}
	}
	return map[string]func(*anchor.Run){
		"the greatest":   line(func(l *anchor.Line) { l.Series[0].Max, l.Series[0].Sum = l.Series[0].Max+1, l.Series[0].Sum+1 }),
		"both ends":      line(func(l *anchor.Line) { l.Series[0].Min, l.Series[0].Max = l.Series[0].Min-1, l.Series[0].Max+1 }),
		"the unit":       line(func(l *anchor.Line) { l.Series[0].Unit = "K" }),
		"a time":         line(func(l *anchor.Line) { l.From++ }),
		"the root":       line(func(l *anchor.Line) { l.Root[0] ^= 1 }),
		"the digest":     line(func(l *anchor.Line) { l.Digest[0] ^= 1 }),
		"all the digest": line(func(l *anchor.Line) { l.Digest[31] ^= 1 }),
	}
}

// TestALieIsFoundIfItIsPicked: no block by which the lying line is picked lets the window pass, and every
// other one does.
func TestALieIsFoundIfItIsPicked(t *testing.T) {
	for name, lie := range lies() {
		t.Run(name, func(t *testing.T) {
			c := scenario.New(t)
			d := logger(c)
			w := anchorPacks(c, d, 6, lie)
			relay := c.As("producer", waymark.Relay)
			told := w.run
			told.Lines = slices.Clone(told.Lines)
			lie(&told)
			found, passed := 0, 0
			for i := uint64(0); found < 3 || passed < 3; i++ {
				hash := sha256.Sum256(binary.BigEndian.AppendUint64(nil, i))
				shown, err := scenario.Shown(w.tx, 7, hash[:], w.texts...)
				if err != nil {
					t.Fatal(err)
				}
				picks := anchor.Picks(hash[:], w.tx, d.ID, 2, 7)
				for n, pick := range picks { // the paths are of the tree as it was told
					path, err := anchor.Path(d.ID, 2, told.Lines, pick)
					if err != nil {
						t.Fatal(err)
					}
					for k, step := range path {
						shown.Messages[n].Path[k] = hex.EncodeToString(step)
					}
				}
				_, _, err = scenario.Endorse(c, relay, telemetry.Check, checkOf(d, shown))
				// that message 5 names another digest than that of message 4 shows the lie, too
				picked := slices.Contains(picks, 4) || name == "the digest" && slices.Contains(picks, 5)
				switch {
				case picked && waymark.CodeOf(err) == waymark.Invalid:
					found++
				case !picked && err == nil:
					passed++
				default:
					t.Fatalf("picks %v: %v", picks, err)
				}
			}
		})
	}
}

// TestAnyWindowsAreChecked: however runs are cut and checks are, an honest owner's pass, and the digest tells
// nothing but the blocks.
func TestAnyWindowsAreChecked(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		c := scenario.New(t)
		d := logger(c)
		var windows []waymark.CheckedWindow
		var want []byte
		for range rapid.IntRange(1, 5).Draw(rt, "windows") {
			for range rapid.IntRange(0, 2).Draw(rt, "in full") {
				anchors(c, d.Pack(400))
			}
			if rapid.Bool().Draw(rt, "lost") {
				d.Pack(400)
				anchors(c, d.Pack(400))
			}
			w := anchorPacks(c, d, rapid.IntRange(1, 20).Draw(rt, "messages"), nil)
			hash := sha256.Sum256([]byte(rapid.String().Draw(rt, "block")))
			shown, err := scenario.Shown(w.tx, uint64(len(windows)+1), hash[:], w.texts...)
			if err != nil {
				rt.Fatal(err)
			}
			windows, want = append(windows, shown), anchor.Checked(want, shown.First, shown.Block, hash[:])
		}
		var a *waymark.Anchored
		for rest := windows; len(rest) > 0; {
			n := rapid.IntRange(1, len(rest)).Draw(rt, "check")
			a = scenario.Must(c, c.As("producer", waymark.Relay), telemetry.Check, checkOf(d, rest[:n]...)).Anchored
			rest = rest[n:]
		}
		if len(a.Unchecked) != 0 || a.Checked != a.Last || !bytes.Equal(a.Digest, want) {
			rt.Fatalf("anchored %+v", a)
		}
	})
}

func TestForfeit(t *testing.T) {
	c := scenario.New(t)
	d := logger(c)
	admin := c.As("producer", waymark.Admin)
	forfeit := func(last uint64) waymark.ForfeitTelemetryRequest {
		return waymark.ForfeitTelemetryRequest{Device: d.ID, Last: last, Reason: "the disk broke"}
	}
	scenario.Refused(c, admin, telemetry.Forfeit, forfeit(9), waymark.Invalid, "") // nothing to lose
	anchorPacks(c, d, 2, nil)
	anchorPacks(c, d, 2, nil)
	kept := anchorPacks(c, d, 2, nil)
	request := forfeit(5)
	for _, last := range []uint64{1, 4, 8} { // none waits that ends there
		scenario.Refused(c, admin, telemetry.Forfeit, forfeit(last), waymark.Invalid, "")
	}
	for _, by := range [][2]string{{"producer", "operator"}, {"producer", "relay"}, {"carrier", "admin"}} {
		scenario.Refused(c, c.As(by[0], waymark.Role(by[1])), telemetry.Forfeit, request, waymark.Forbidden, waymark.DefaultDeny)
	}
	s := scenario.Must(c, admin, telemetry.Forfeit, request)
	if a := s.Anchored; !slices.Equal(a.Forfeited, []waymark.Run{{First: 2, Last: 5}}) ||
		!slices.Equal(a.Unchecked, []waymark.Run{{First: 6, Last: 7}}) || a.Checked != 0 {
		t.Errorf("anchored %+v", a)
	}
	if _, tx, err := scenario.Endorse(c, admin, telemetry.Forfeit, request); err != nil || len(tx.Writes()) > 0 {
		t.Errorf("again: %v, %v", err, tx.Writes())
	}
	scenario.Must(c, admin, telemetry.Forfeit, forfeit(3)) // it was given up with the other one
	s = scenario.Must(c, c.As("producer", waymark.Relay), telemetry.Check, checkOf(d, kept.shown(c, 6)))
	if s.Anchored.Checked != 7 || len(s.Anchored.Unchecked) != 0 {
		t.Errorf("anchored %+v", s.Anchored)
	}
	scenario.Refused(c, admin, telemetry.Forfeit, forfeit(7), waymark.Invalid, "") // it is checked
	for range waymark.MaxForfeits - 1 {
		w := anchorPacks(c, d, 1, nil)
		scenario.Must(c, admin, telemetry.Forfeit, waymark.ForfeitTelemetryRequest{Device: d.ID, Last: w.run.Last(), Reason: "again"})
	}
	w := anchorPacks(c, d, 1, nil)
	scenario.Refused(c, admin, telemetry.Forfeit, waymark.ForfeitTelemetryRequest{Device: d.ID, Last: w.run.Last(), Reason: "again"}, waymark.FailedPrecondition, waymark.ReasonLimit)
}
