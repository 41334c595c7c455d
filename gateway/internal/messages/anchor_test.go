package messages_test

import (
	"cmp"
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/anchor"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/gateway/internal/bodies"
	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
	"github.com/waymark-ledger/waymark/gateway/internal/messages"
)

// anchoring is a member's fleet, its store, and a ledger that takes runs or refuses them.
type anchoring struct {
	t        *testing.T
	devices  map[string]*waymark.Device
	asked    int
	store    bodies.Store
	broken   bool           // the store
	away     bool           // the model
	refuse   map[string]int // runs of a device, so many times
	reason   string         // for which; that windows wait, if it is empty
	refuseAt map[string]int // runs of a device, in the one transaction, from 1
	fail     error          // of every transaction
	failAt   int            // the one transaction that fails, from 1; 0 for none
	told     []string
	has      map[string]string // transactions by what they recorded first: a message, or a run
}

func newAnchoring(t *testing.T) *anchoring {
	t.Helper()
	store, err := bodies.OpenFolder(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return &anchoring{t: t, devices: map[string]*waymark.Device{}, store: store, has: map[string]string{}, refuse: map[string]int{}, refuseAt: map[string]int{}}
}

func (a *anchoring) Registered(_ context.Context, id string) (*waymark.Device, error) {
	a.asked++
	if d := a.devices[id]; d != nil && !a.away {
		return d, nil
	}
	return nil, waymark.Errorf(waymark.NotFound, "there is no device %s", id)
}

func (a *anchoring) Put(ctx context.Context, body []byte) (anchor.Hash, error) {
	if a.broken {
		return anchor.Hash{}, waymark.Errorf(waymark.Unavailable, "the disk is full")
	}
	return a.store.Put(ctx, body)
}

func (a *anchoring) Evaluate(context.Context, ledger.Call) (json.RawMessage, error) {
	return nil, waymark.Errorf(waymark.Internal, "nothing is asked")
}

// Submit wants the body of each run to be there, with just its messages.
func (a *anchoring) Submit(ctx context.Context, call ledger.Call) (ledger.Committed, error) {
	if a.fail != nil {
		return ledger.Committed{}, a.fail
	}
	if a.failAt == len(a.told)+1 {
		a.told = append(a.told, "failed")
		return ledger.Committed{}, waymark.Errorf(waymark.Unavailable, "no peer endorses")
	}
	q := call.Request.(waymark.RecordRequest)
	if err := q.Validate(); err != nil {
		return ledger.Committed{}, err
	}
	tx, said := fmt.Sprintf("tx%d", len(a.told)+1), []string{}
	var result waymark.RecordResult
	bundled := a.bundled(ctx, q)
	for _, text := range q.Messages {
		r := waymark.MessageResult{Outcome: waymark.Recorded, TxID: tx}
		if !anchor.IsRun(text) {
			m, err := attest.Parse(text)
			if err != nil {
				return ledger.Committed{}, err
			}
			r.Device, r.Sequence = m.Device, m.Sequence
			said = append(said, fmt.Sprintf("%s/%d", m.Device, m.Sequence))
			result.Results = append(result.Results, r)
			continue
		}
		run, err := anchor.ParseRun(text)
		if err != nil {
			a.t.Fatal(err)
		}
		a.check(run, bundled)
		r.Device, r.Sequence = run.Device, run.First
		said = append(said, fmt.Sprintf("%s/%d-%d", run.Device, run.First, run.Last()))
		if a.refuse[run.Device] > 0 || a.refuseAt[run.Device] == len(a.told)+1 {
			a.refuse[run.Device]--
			r = waymark.MessageResult{Device: run.Device, Sequence: run.First, Outcome: waymark.Rejected, Code: waymark.FailedPrecondition, Reasons: []string{cmp.Or(a.reason, waymark.ReasonUnchecked)}}
		}
		result.Results = append(result.Results, r)
	}
	a.told = append(a.told, strings.Join(said, " "))
	a.duplicates(&result)
	if call.Moot != nil && call.Moot(encode(result)) {
		a.told[len(a.told)-1] += " moot"
		return ledger.Committed{Result: encode(result)}, nil
	}
	a.remember(tx, result)
	return ledger.Committed{Commit: ledger.Commit{TxID: tx, Status: ledger.Valid}, Result: encode(result)}, nil
}

// duplicates makes duplicates of what was recorded before.
func (a *anchoring) duplicates(result *waymark.RecordResult) {
	for i := range result.Results {
		r := &result.Results[i]
		if before := a.has[fmt.Sprintf("%s/%d", r.Device, r.Sequence)]; r.Outcome == waymark.Recorded && before != "" {
			r.Outcome, r.TxID = waymark.Duplicate, before
		}
	}
}

// remember notes what was recorded.
func (a *anchoring) remember(tx string, result waymark.RecordResult) {
	for _, r := range result.Results {
		if r.Outcome == waymark.Recorded {
			a.has[fmt.Sprintf("%s/%d", r.Device, r.Sequence)] = tx
		}
	}
}

// bundled is the bundle that a request names.
func (a *anchoring) bundled(ctx context.Context, q waymark.RecordRequest) anchor.Bundle {
	if runs := slices.ContainsFunc(q.Messages, anchor.IsRun); runs != (q.Body != "") {
		a.t.Errorf("body %q, runs %t", q.Body, runs)
	}
	if q.Body == "" {
		return anchor.Bundle{}
	}
	raw, err := hex.DecodeString(q.Body)
	if err != nil {
		a.t.Fatal(err)
	}
	encoded, err := a.store.Body(ctx, anchor.Hash(raw))
	if err != nil {
		a.t.Fatalf("a body is named that is not there: %v", err)
	}
	b, err := anchor.DecodeBundle(encoded)
	if err != nil {
		a.t.Fatal(err)
	}
	return b
}

// check wants each line of a run to be that of its message in the bundle, and the chain to hold.
func (a *anchoring) check(run anchor.Run, b anchor.Bundle) {
	previous := run.Previous
	for i, l := range run.Lines {
		text, found := b.Message(run.Device, run.First+uint64(i))
		m, err := attest.Parse(text)
		if err != nil || !found {
			a.t.Fatalf("message %d of the run is not in the bundle: %v", i, err)
		}
		digest, err := m.Digest()
		if err != nil || digest != l.Digest || string(m.Previous) != string(previous) {
			a.t.Errorf("message %d of the run is another (%v)", i, err)
		}
		previous = l.Digest[:]
	}
}

// logger is a device whose temperature its owner anchors.
type logger struct {
	t    *testing.T
	id   string
	sign func(h attest.Header, payload string) attest.Signed
	n    uint64
	last attest.Digest
}

func (a *anchoring) logger(id, owner string) *logger {
	a.t.Helper()
	key, err := attest.GenerateKey(attest.Ed25519)
	if err != nil {
		a.t.Fatal(err)
	}
	jwk, err := attest.PublicJWK(key)
	if err != nil {
		a.t.Fatal(err)
	}
	a.devices[id] = &waymark.Device{ID: id, Owner: owner, Keys: []waymark.DeviceKey{{ID: "k1", JWK: jwk}},
		Attributes: &waymark.DeviceAttributes{Measures: []waymark.MeasuredClass{{Class: "bulk", Measurements: []string{"temperature"}, Visibility: waymark.VisibilityAnchored}}}}
	return &logger{t: a.t, id: id, sign: func(h attest.Header, payload string) attest.Signed {
		signed, err := attest.Sign(attest.COSE, key, h, []byte(payload))
		if err != nil {
			a.t.Fatal(err)
		}
		return signed
	}}
}

// says is the device's next message.
func (l *logger) says(payload string) string {
	h := attest.Header{Device: l.id, Consortium: "waymark", KeyID: "k1", Kind: attest.PackJSON, Sequence: l.n + 1}
	if l.n > 0 {
		h.Previous = slices.Clone(l.last[:])
	}
	signed := l.sign(h, payload)
	l.n, l.last = h.Sequence, signed.Digest
	return signed.Text()
}

const (
	measured = `[{"n":"temperature","u":"Cel","v":4,"t":1893456000}]`
	other    = `[{"n":"humidity","u":"%RH","v":40,"t":1893456000}]`
)

// many are so many messages of a device.
func (l *logger) many(n int) (texts []string) {
	for range n {
		texts = append(texts, l.says(measured))
	}
	return texts
}

func (a *anchoring) recorder() *messages.Recorder {
	return messages.NewRecorder(a, time.Minute, &messages.Anchoring{Member: "producer", Channel: "waymark", Devices: a, Bodies: a})
}

func TestRuns(t *testing.T) {
	tests := []struct {
		name string
		give func(a *anchoring) []string
		want []string // transactions
	}{
		{"one message", func(a *anchoring) []string { return a.logger("a", "producer").many(1) }, []string{"a/1-1"}},
		{"one run", func(a *anchoring) []string { return a.logger("a", "producer").many(7) }, []string{"a/1-7"}},
		{"longer than a run", func(a *anchoring) []string { return a.logger("a", "producer").many(130) }, []string{"a/1-100 a/101-130"}},
		{"devices in turn", func(a *anchoring) []string {
			x, y := a.logger("a", "producer").many(2), a.logger("b", "producer").many(2)
			return []string{x[0], y[0], x[1], y[1]}
		}, []string{"a/1-2 b/1-2"}},
		{"another class in the middle", func(a *anchoring) []string {
			l := a.logger("a", "producer")
			return []string{l.says(measured), l.says(other), l.says(measured)}
		}, []string{"a/1-1 a/2 a/3-3"}},
		{"a gap", func(a *anchoring) []string {
			texts := a.logger("a", "producer").many(4)
			return []string{texts[0], texts[1], texts[3]}
		}, []string{"a/1-2 a/4-4"}},
		{"out of order", func(a *anchoring) []string {
			texts := a.logger("a", "producer").many(2)
			return []string{texts[1], texts[0]}
		}, []string{"a/2-2 a/1-1"}},
		{"of another member", func(a *anchoring) []string { return a.logger("a", "carrier").many(2) }, []string{"a/1 a/2"}},
		{"not registered here", func(a *anchoring) []string { a.away = true; return a.logger("a", "producer").many(2) }, []string{"a/1 a/2"}},
		{"signed by another", func(a *anchoring) []string {
			texts := a.logger("a", "producer").many(1)
			a.logger("b", "producer")
			a.devices["a"].Keys = a.devices["b"].Keys
			return texts
		}, []string{"a/1"}},
		{"nothing anchored", func(a *anchoring) []string {
			texts := a.logger("a", "producer").many(2)
			a.devices["a"].Attributes = nil
			return texts
		}, []string{"a/1 a/2"}},
		{"all refused", func(a *anchoring) []string { a.refuse["a"] = 9; return a.logger("a", "producer").many(3) }, []string{"a/1-3 moot", "a/1 a/2 a/3"}},
		{"one of two refused", func(a *anchoring) []string {
			a.refuse["a"] = 9
			return append(a.logger("a", "producer").many(2), a.logger("b", "producer").many(2)...)
		}, []string{"a/1-2 b/1-2 moot", "a/1 a/2 b/1-2"}},
		{"one of three, and what comes after it", func(a *anchoring) []string {
			a.refuse["a"] = 1
			l := a.logger("a", "producer")
			return []string{l.says(measured), l.says(other), l.says(measured)}
		}, []string{"a/1-1 a/2 a/3-3 moot", "a/1 a/2 a/3"}},
		{"one after the other refused", func(a *anchoring) (texts []string) {
			for n, id := range []string{"a", "b", "c", "d"} {
				a.refuseAt[id] = n + 1
				texts = append(texts, a.logger(id, "producer").many(2)...)
			}
			return texts
		}, []string{"a/1-2 b/1-2 c/1-2 d/1-2 moot", "a/1 a/2 b/1-2 c/1-2 d/1-2 moot", "a/1 a/2 b/1 b/2 c/1-2 d/1-2 moot", "a/1 a/2 b/1 b/2 c/1 c/2 d/1 d/2"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := newAnchoring(t)
			texts := tt.give(a)
			done, err := a.recorder().Record(t.Context(), nil, relay, texts)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(a.told, tt.want) {
				t.Errorf("told %q, want %q", a.told, tt.want)
			}
			everyOne(t, texts, done.Result)
		})
	}
}

// everyOne wants each message its own outcome, in its place.
func everyOne(t *testing.T, texts []string, result json.RawMessage) {
	t.Helper()
	var got waymark.RecordResult
	if err := json.Unmarshal(result, &got); err != nil || len(got.Results) != len(texts) {
		t.Fatalf("%d outcomes of %d messages, %v", len(got.Results), len(texts), err)
	}
	for i, text := range texts {
		m, err := attest.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		if r := got.Results[i]; r.Device != m.Device || r.Sequence != m.Sequence || r.Outcome != waymark.Recorded || r.TxID == "" {
			t.Errorf("message %d of %s: %+v", m.Sequence, m.Device, r)
		}
	}
}

// TestRefusalsAreRemembered: a device whose run was refused goes in full for a while, without a question.
func TestRefusalsAreRemembered(t *testing.T) {
	a := newAnchoring(t)
	l, r := a.logger("a", "producer"), a.recorder()
	a.refuse["a"] = 1
	for range 3 {
		texts := l.many(2)
		if _, err := r.Record(t.Context(), nil, relay, texts); err != nil {
			t.Fatal(err)
		}
	}
	if want := []string{"a/1-2 moot", "a/1 a/2", "a/3 a/4", "a/5 a/6"}; !slices.Equal(a.told, want) || a.asked != 1 {
		t.Errorf("told %q with %d questions, want %q", a.told, a.asked, want)
	}
}

// TestWhatMayBeRightNextTimeIsTriedAgain: once the messages of a refused run are recorded, the next run begins where the stream ends,
// with what they have measured.
func TestWhatMayBeRightNextTimeIsTriedAgain(t *testing.T) {
	for _, reason := range []string{waymark.ReasonNewMeasurement, waymark.ReasonRunPlace, waymark.ReasonChain} {
		t.Run(reason, func(t *testing.T) {
			a := newAnchoring(t)
			l, r := a.logger("a", "producer"), a.recorder()
			a.refuse["a"], a.reason = 1, reason
			for range 2 {
				if _, err := r.Record(t.Context(), nil, relay, l.many(2)); err != nil {
					t.Fatal(err)
				}
			}
			if want := []string{"a/1-2 moot", "a/1 a/2", "a/3-4"}; !slices.Equal(a.told, want) {
				t.Errorf("told %q, want %q", a.told, want)
			}
		})
	}
}

// TestTheTransactionAfterARefusalFails: the whole batch is answered with the failure and nothing of it is recorded, and the same batch again is. P1, P2.
func TestTheTransactionAfterARefusalFails(t *testing.T) {
	a := newAnchoring(t)
	a.refuse["a"], a.failAt = 1, 2
	texts := append(a.logger("a", "producer").many(2), a.logger("b", "producer").many(2)...)
	r := a.recorder()
	if done, err := r.Record(t.Context(), nil, relay, texts); waymark.CodeOf(err) != waymark.Unavailable || done.Result != nil {
		t.Errorf("got %+v, %v", done, err)
	}
	done, err := r.Record(t.Context(), nil, relay, texts)
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"a/1-2 b/1-2 moot", "failed", "a/1 a/2 b/1-2"}; !slices.Equal(a.told, want) {
		t.Errorf("told %q, want %q", a.told, want)
	}
	everyOne(t, texts, done.Result)
}

// TestWithoutAStoreTheRestIsRecorded: what needs no body is recorded once, in the order of its device, while the batch is held back; when the store
// is there again the same batch finds it. P1, P2, P10.
func TestWithoutAStoreTheRestIsRecorded(t *testing.T) {
	a := newAnchoring(t)
	a.broken = true
	x, y := a.logger("a", "producer"), a.logger("b", "carrier")
	texts := []string{x.says(other), y.says(measured), x.says(measured), x.says(other), y.says(measured)}
	r := a.recorder()
	for range 2 {
		if done, err := r.Record(t.Context(), nil, relay, texts); waymark.CodeOf(err) != waymark.Unavailable || done.Result != nil {
			t.Errorf("got %+v, %v", done, err)
		}
	}
	a.broken = false
	done, err := r.Record(t.Context(), nil, relay, texts)
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"a/1 b/1 b/2", "a/1 b/1 b/2 moot", "a/1 b/1 a/2-2 a/3 b/2"}; !slices.Equal(a.told, want) {
		t.Errorf("told %q, want %q", a.told, want)
	}
	var got waymark.RecordResult
	if err := json.Unmarshal(done.Result, &got); err != nil || len(got.Results) != len(texts) {
		t.Fatalf("%d outcomes, %v", len(got.Results), err)
	}
	for i, want := range []string{"tx1", "tx1", "tx3", "tx3", "tx1"} {
		if r := got.Results[i]; r.TxID != want || (r.Outcome == waymark.Duplicate) != (want == "tx1") {
			t.Errorf("message %d: %+v, want %s", i, r, want)
		}
	}
}

// TestWithoutAStoreNothingIsNamed: a bundle that cannot be kept holds the batch up, and what is not anchored goes on.
func TestWithoutAStoreNothingIsNamed(t *testing.T) {
	a := newAnchoring(t)
	a.broken = true
	anchored, full := a.logger("a", "producer"), a.logger("b", "carrier")
	if _, err := a.recorder().Record(t.Context(), nil, relay, anchored.many(2)); waymark.CodeOf(err) != waymark.Unavailable || len(a.told) > 0 {
		t.Errorf("told %q, %v", a.told, err)
	}
	if _, err := a.recorder().Record(t.Context(), nil, relay, full.many(1)); err != nil {
		t.Error(err)
	}
}
