package intake_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/gatewaytest"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/intake"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/spool"
	"go.uber.org/goleak"
	"go.uber.org/zap"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// store is a Store that can be full or broken.
type store struct {
	mu      sync.Mutex
	failure error
	room    int // messages that fit in one Append, 0 for all
	gone    error
	stored  []spool.Message
}

func (s *store) Append(m []spool.Message) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.failure != nil {
		return 0, s.failure
	}
	if s.room > 0 {
		m = m[:min(s.room, len(m))]
	}
	s.stored = append(s.stored, m...)
	return len(m), nil
}

func (s *store) InPlace() error { s.mu.Lock(); defer s.mu.Unlock(); return s.gone }

func (s *store) move(err error) { s.mu.Lock(); s.gone = err; s.mu.Unlock() }

func (s *store) fail(err error) { s.mu.Lock(); s.failure = err; s.mu.Unlock() }

func (s *store) all() []spool.Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.stored)
}

// silent is an Observer that keeps nothing.
type silent struct{}

func (silent) Received()                      {}
func (silent) Acknowledged(int)               {}
func (silent) Quarantined(string, spool.Code) {}
func (silent) AppendFailed(error)             {}
func (silent) AtMostOnce(string)              {}

// ears is a Hearer.
type ears struct {
	mu    sync.Mutex
	heard []string // kinds, or packs
}

func (e *ears) Heard(_ string, format attest.Format, said *attest.Message) {
	e.mu.Lock()
	defer e.mu.Unlock()
	kind := "pack"
	if said != nil {
		kind = string(said.Kind)
	}
	e.heard = append(e.heard, string(format)+" "+kind)
}

func (e *ears) all() []string { e.mu.Lock(); defer e.mu.Unlock(); return slices.Clone(e.heard) }

// acks remembers which messages were acknowledged.
type acks struct {
	mu   sync.Mutex
	seen []string
}

func (a *acks) of(payload string) func() {
	return func() { a.mu.Lock(); a.seen = append(a.seen, payload); a.mu.Unlock() }
}

func (a *acks) all() []string { a.mu.Lock(); defer a.mu.Unlock(); return slices.Clone(a.seen) }

func start(t *testing.T, s *store, count int, size int64) *intake.Intake {
	t.Helper()
	in := intake.New(s, count, size, &ears{}, silent{}, zap.NewNop())
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { in.Run(ctx); close(done) }()
	t.Cleanup(func() { cancel(); <-done })
	return in
}

func put(ctx context.Context, in *intake.Intake, a *acks, payload string) error {
	return in.Put(ctx, intake.Arrival{Device: "logger-1", Received: time.Now(), Payload: []byte(payload), Ack: a.of(payload)})
}

func TestAcknowledgedInOrderOnceStored(t *testing.T) {
	s, a := &store{room: 3}, &acks{}
	in := start(t, s, 100, 1<<20)
	var want []string
	for i := range 50 {
		want = append(want, strconv.Itoa(i))
		if err := put(t.Context(), in, a, want[i]); err != nil {
			t.Fatal(err)
		}
	}
	waitFor(t, func() bool { return slices.Equal(a.all(), want) })
	if len(s.all()) != 50 {
		t.Errorf("stored %d", len(s.all()))
	}
}

func TestNothingIsAcknowledgedWhileTheStoreFails(t *testing.T) {
	for _, failure := range []error{spool.ErrFull, errors.New("no space left on device")} {
		s, a := &store{failure: failure}, &acks{}
		in := start(t, s, 2, 1<<20)
		for _, p := range []string{"1", "2"} {
			if err := put(t.Context(), in, a, p); err != nil {
				t.Fatal(err)
			}
		}
		waitFor(t, func() bool { return errors.Is(in.Failure(), failure) })
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		if err := put(ctx, in, a, "3"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("the queue of 2 took a third: %v", err)
		}
		cancel()
		if len(a.all()) != 0 {
			t.Errorf("acknowledged %v", a.all())
		}
		s.fail(nil)
		waitFor(t, func() bool { return slices.Equal(a.all(), []string{"1", "2"}) && in.Failure() == nil })
	}
}

func TestQueueIsBoundedByBytes(t *testing.T) {
	s, a := &store{failure: spool.ErrFull}, &acks{}
	in := start(t, s, 100, 10)
	if err := put(t.Context(), in, a, strings.Repeat("x", 50)); err != nil { // alone it may be larger
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := put(ctx, in, a, "y"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("took more than its bytes: %v", err)
	}
}

func TestCloseWritesWhatIsQueued(t *testing.T) {
	s, a := &store{}, &acks{}
	in := intake.New(s, 10, 1<<20, &ears{}, silent{}, zap.NewNop())
	for _, p := range []string{"1", "2"} {
		if err := put(t.Context(), in, a, p); err != nil {
			t.Fatal(err)
		}
	}
	in.Close()
	if err := put(t.Context(), in, a, "3"); !errors.Is(err, intake.ErrClosed) {
		t.Errorf("put after close: %v", err)
	}
	in.Run(t.Context())
	if !slices.Equal(a.all(), []string{"1", "2"}) {
		t.Errorf("acknowledged %v", a.all())
	}
}

// followed is a message with a tilde and what comes after it.
func followed(message []byte, rest string) []byte { return append(append(message, '~'), rest...) }

// What is wrong with a disclosure is told without a word of it.
func TestVerdictsSayNothingOfDisclosures(t *testing.T) {
	d := gatewaytest.NewDevice(t, "logger-1", attest.JWS)
	s, a := &store{}, &acks{}
	in := start(t, s, 10, 1<<20)
	whole := d.NextSealed(t, "secret")
	disclosure := bytes.Split(whole, []byte("~"))[1]
	for _, payload := range [][]byte{whole[:len(whole)-1], append(whole, "!~"...), append(disclosure, whole...)} {
		if err := in.Put(t.Context(), intake.Arrival{Device: "logger-1", Received: time.Now(), Payload: payload, Ack: a.of("x")}); err != nil {
			t.Fatal(err)
		}
	}
	waitFor(t, func() bool { return len(a.all()) == 3 })
	for _, m := range s.all() {
		if m.Verdict == nil || m.Verdict.Code != spool.Unreadable || strings.Contains(m.Verdict.Detail, string(disclosure[:8])) {
			t.Errorf("verdict %+v", m.Verdict)
		}
	}
}

func TestDoor(t *testing.T) {
	d, c := gatewaytest.NewDevice(t, "logger-1", attest.JWS), gatewaytest.NewDevice(t, "logger-1", attest.COSE)
	for _, test := range []struct {
		name, device string
		payload      []byte
		want         spool.Code
	}{
		{"a message", "logger-1", d.Next(t), ""},
		{"not a message", "logger-1", []byte("21.5 Cel"), spool.Unreadable},
		{"nothing", "logger-1", nil, spool.Unreadable},
		{"another device's", "logger-2", d.Next(t), spool.WrongDevice},
		{"an impossible device", strings.Repeat("x", 300), d.Next(t), spool.WrongDevice},
		{"too large", "logger-1", make([]byte, waymark.MaxMessageBytes+1), spool.TooLarge},
		{"too large as text", "logger-1", make([]byte, waymark.MaxMessageBytes-1), spool.TooLarge},
		{"with a disclosure", "logger-1", d.NextSealed(t, "secret"), ""},
		{"COSE with a disclosure", "logger-1", c.NextSealed(t, "secret"), ""},
		{"as many disclosures as readings in a pack", "logger-1", followed(d.Next(t), strings.Repeat("QQ~", 1000)), ""},
		{"one more", "logger-1", followed(d.Next(t), strings.Repeat("QQ~", 1001)), spool.Unreadable},
		{"no end after a disclosure", "logger-1", followed(d.Next(t), "QQ"), spool.Unreadable},
		{"no disclosure after a tilde", "logger-1", followed(d.Next(t), ""), spool.Unreadable},
		{"an empty disclosure", "logger-1", followed(d.Next(t), "QQ~~"), spool.Unreadable},
		{"a padded disclosure", "logger-1", followed(d.Next(t), "QQ==~"), spool.Unreadable},
		{"a disclosure with unused bits", "logger-1", followed(d.Next(t), "QR~"), spool.Unreadable},
		{"a disclosure with a line break", "logger-1", followed(d.Next(t), "Q\nQ~"), spool.Unreadable},
		{"the bytes of a COSE_Sign1 with a disclosure", "logger-1", followed(c.Next(t), "QQ~"), spool.Unreadable},
		{"a disclosure alone", "logger-1", []byte("~QQ~"), spool.Unreadable},
		{"no message before a disclosure", "logger-1", []byte("eyJh~QQ~"), spool.Unreadable},
		{"another device's with a disclosure", "logger-2", d.NextSealed(t, "secret"), spool.WrongDevice},
		{"too large with its disclosures", "logger-1", followed(d.Next(t), strings.Repeat("QUJD", waymark.MaxMessageBytes/4-1)+"~"), spool.TooLarge},
	} {
		t.Run(test.name, func(t *testing.T) {
			s, a := &store{}, &acks{}
			in := start(t, s, 10, 1<<20)
			err := in.Put(t.Context(), intake.Arrival{Device: test.device, Received: time.Now(), Payload: test.payload, Ack: a.of("x")})
			if err != nil {
				t.Fatal(err)
			}
			waitFor(t, func() bool { return len(a.all()) == 1 }) // it is acknowledged in any case
			got := spool.Code("")
			if v := s.all()[0].Verdict; v != nil {
				got = v.Code
			}
			if got != test.want {
				t.Errorf("verdict %q, want %q", got, test.want)
			}
			if kept := s.all()[0].Payload; !bytes.Equal(kept, test.payload) {
				t.Errorf("kept %d bytes of %d", len(kept), len(test.payload))
			}
		})
	}
}

func waitFor(t *testing.T, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(60 * time.Second); time.Now().Before(end); time.Sleep(time.Millisecond) {
		if holds() {
			return
		}
	}
	t.Fatal("waited too long")
}

// A broker that is kept waiting sends the same message again, by a new connection: it takes one place, and
// is acknowledged once, when it is stored.
func TestASendingAgainTakesNoSecondPlace(t *testing.T) {
	s, a := &store{failure: spool.ErrFull}, &acks{}
	in := start(t, s, 2, 2)
	for range 3 {
		connection, lose := context.WithCancel(t.Context())
		for _, p := range []string{"1", "2"} {
			if err := put(connection, in, &acks{}, p); err != nil {
				t.Fatal(err)
			}
		}
		lose()
	}
	for _, p := range []string{"1", "2"} {
		if err := put(t.Context(), in, a, p); err != nil {
			t.Fatal(err)
		}
	}
	s.fail(nil)
	waitFor(t, func() bool { return slices.Equal(a.all(), []string{"1", "2"}) })
	if len(s.all()) != 2 {
		t.Errorf("stored %d", len(s.all()))
	}
	if err := put(t.Context(), in, a, "1"); err != nil { // later, it is the spool's to tell
		t.Fatal(err)
	}
	waitFor(t, func() bool { return len(s.all()) == 3 })
}

// A device publishes a message again: both sendings are of one connection, and the broker waits for each. They count against the bounds
// until their connection is over.
func TestEachSendingOfAConnectionIsAcknowledged(t *testing.T) {
	for name, bounds := range map[string]struct {
		count int
		size  int64
	}{"by count": {3, 1 << 20}, "by bytes": {100, 3}} {
		s, a := &store{failure: spool.ErrFull}, &acks{}
		in := start(t, s, bounds.count, bounds.size)
		connection, lose := context.WithCancel(t.Context())
		for _, p := range []string{"1", "1", "2"} {
			if err := put(connection, in, a, p); err != nil {
				t.Fatal(err)
			}
		}
		waiting, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		if err := put(waiting, in, a, "1"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: took a sending more: %v", name, err)
		}
		cancel()
		if name == "by bytes" {
			lose()
			for _, p := range []string{"1", "1", "2"} {
				if err := put(t.Context(), in, a, p); err != nil {
					t.Fatal(err)
				}
			}
		}
		s.fail(nil)
		waitFor(t, func() bool { return slices.Equal(a.all(), []string{"1", "1", "2"}) })
		if len(s.all()) != 2 {
			t.Errorf("%s: stored %d", name, len(s.all()))
		}
		lose()
	}
}

// A broker that is kept waiting sends everything again over the same connection, under the same packet ids: that takes no room,
// however often, and one acknowledgement is for all of them.
func TestWhatAConnectionBringsAgainTakesNoRoom(t *testing.T) {
	s, a := &store{failure: spool.ErrFull}, &acks{}
	in := start(t, s, 3, 3)
	connection, lose := context.WithTimeout(t.Context(), 20*time.Second)
	bring := func(ctx context.Context, id uint16, payload string) error {
		return in.Put(ctx, intake.Arrival{Device: "logger-1", Received: time.Now(), Payload: []byte(payload), ID: id, Ack: a.of(payload)})
	}
	for range 5 {
		for id, payload := range map[uint16]string{1: "1", 2: "2", 3: "1"} { // the device has published one of them twice
			if err := bring(connection, id, payload); err != nil {
				t.Fatal(err)
			}
		}
	}
	waiting, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := bring(waiting, 1, "1"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("took a sending of another connection without room: %v", err)
	}
	lose()
	if err := bring(t.Context(), 1, "1"); err != nil { // the same number means another packet now
		t.Fatal(err)
	}
	s.fail(nil)
	waitFor(t, func() bool { got := a.all(); slices.Sort(got); return slices.Equal(got, []string{"1", "2"}) })
	if len(s.all()) != 2 {
		t.Errorf("stored %d", len(s.all()))
	}
}

// What is of no stream is told apart, an inquiry is kept nowhere, and each is acknowledged in its turn.
func TestWhatIsOfNoStream(t *testing.T) {
	d := gatewaytest.NewDevice(t, "logger-1", attest.COSE)
	receipt := d.Say(t, attest.Receipt, waymark.CommandReceipt{Command: "c-1", Result: waymark.CommandDone, ExecutedAt: 1772352000})
	inquiry := d.Say(t, attest.Inquiry, waymark.Inquiry{Number: 3})
	d.Format = attest.JWS
	presence := d.Say(t, attest.Presence, waymark.Presence{State: waymark.PresenceOnline, At: 1772352000, Session: "s-1"})
	s, a, heard := &store{room: 1}, &acks{}, &ears{}
	in := intake.New(s, 10, 1<<20, heard, silent{}, zap.NewNop())
	for name, payload := range []([]byte){inquiry, d.Next(t), receipt, inquiry, presence} {
		arrival := intake.Arrival{Device: "logger-1", Received: time.Now(), Payload: payload, Ack: a.of(strconv.Itoa(name))}
		if err := in.Put(t.Context(), arrival); err != nil {
			t.Fatal(err)
		}
	}
	in.Close()
	in.Run(t.Context())
	// The second inquiry is the first one sent again.
	if got := a.all(); !slices.Equal(got, []string{"0", "3", "1", "2", "4"}) {
		t.Errorf("acknowledged %v", got)
	}
	if got, want := heard.all(), []string{"cose " + string(attest.Inquiry), "jws pack", "cose " + string(attest.Receipt), "jws " + string(attest.Presence)}; !slices.Equal(got, want) {
		t.Errorf("heard %v, want %v", got, want)
	}
	var statements []bool
	for _, m := range s.all() {
		if statements = append(statements, m.Statement); m.Verdict != nil {
			t.Errorf("%+v", m.Verdict)
		}
	}
	if !slices.Equal(statements, []bool{false, true, true}) {
		t.Errorf("stored as statements: %v", statements)
	}
}

func TestStatementsThatNobodyCanUse(t *testing.T) {
	d := gatewaytest.NewDevice(t, "logger-1", attest.JWS)
	for name, payload := range map[string][]byte{
		"a login":                   []byte(d.Password(t, time.Now())),
		"an attestation":            d.Say(t, attest.Attestation, map[string]any{"at": 1}),
		"a commit receipt":          d.Say(t, attest.Commit, waymark.CommitReceipt{Device: "logger-1", Number: 1, State: waymark.CommitUnknown, At: 1}),
		"a receipt of nothing":      d.Say(t, attest.Receipt, map[string]any{"command": ""}),
		"an inquiry about 0":        d.Say(t, attest.Inquiry, waymark.Inquiry{}),
		"an inquiry with more":      d.Say(t, attest.Inquiry, map[string]any{"number": 1, "device": "logger-2"}),
		"a presence of no state":    d.Say(t, attest.Presence, waymark.Presence{State: "here", At: 1, Session: "s"}),
		"a receipt with disclosure": followed(d.Say(t, attest.Receipt, waymark.CommandReceipt{Command: "c", Result: waymark.CommandDone, ExecutedAt: 1}), "QQ~"),
	} {
		s, a, heard := &store{}, &acks{}, &ears{}
		in := intake.New(s, 10, 1<<20, heard, silent{}, zap.NewNop())
		if err := in.Put(t.Context(), intake.Arrival{Device: "logger-1", Received: time.Now(), Payload: payload, Ack: a.of("x")}); err != nil {
			t.Fatal(err)
		}
		in.Close()
		in.Run(t.Context())
		if m := s.all(); len(m) != 1 || m[0].Verdict == nil || m[0].Verdict.Code != spool.Unreadable || len(heard.all()) != 0 || len(a.all()) != 1 {
			t.Errorf("%s: stored %+v, heard %v", name, m, heard.all())
		}
	}
}

// Some brokers let any size through: little of what can be no message is kept.
func TestOfAHugeMessageLittleIsKept(t *testing.T) {
	s, a := &store{}, &acks{}
	in := start(t, s, 10, 1<<20)
	if err := put(t.Context(), in, a, strings.Repeat("x", 8<<20)); err != nil {
		t.Fatal(err)
	}
	waitFor(t, func() bool { return len(s.all()) == 1 })
	m := s.all()[0]
	if len(m.Payload) != 4*waymark.MaxMessageBytes || m.Verdict == nil || m.Verdict.Code != spool.TooLarge ||
		!strings.Contains(m.Verdict.Detail, "8388608 bytes") || m.Verdict.Whole != fmt.Sprintf("%x", sha256.Sum256([]byte(strings.Repeat("x", 8<<20)))) {
		t.Errorf("kept %d bytes, %+v", len(m.Payload), m.Verdict)
	}
}
