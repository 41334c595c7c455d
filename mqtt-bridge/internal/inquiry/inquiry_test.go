package inquiry_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/gateway/client"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/gatewaytest"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/inquiry"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/spool"
	"go.uber.org/goleak"
	"go.uber.org/zap"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// world is everything around a desk.
type world struct {
	mu         sync.Mutex
	recorded   map[uint64]bool
	quarantine map[string][]spool.Quarantined
	signature  error
	away       bool
	asked      int // the gateway
	answers    []waymark.CommitReceipt
	outcomes   []string
	deaf       bool // the broker
}

func newWorld() *world {
	return &world{recorded: map[uint64]bool{}, quarantine: map[string][]spool.Quarantined{}}
}

var (
	digest = strings.Repeat("0a", waymark.DigestPrefix)
	txID   = strings.Repeat("b", 64)
)

func (w *world) Message(_ context.Context, device string, number uint64) (waymark.RecordedMessage, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asked++
	switch {
	case w.away:
		return waymark.RecordedMessage{}, errors.New("away")
	case !w.recorded[number]:
		return waymark.RecordedMessage{}, &client.Problem{Status: 404, Code: waymark.NotFound}
	}
	return waymark.RecordedMessage{Device: device, Sequence: number, Digest: digest, TxID: txID, BlockNumber: 7}, nil
}

func (w *world) QuarantinedOf(device string, _, _ int, visit func(spool.Quarantined) bool) error {
	for _, q := range w.quarantine[device] {
		if !visit(q) {
			return nil
		}
	}
	return nil
}

func (w *world) Signed(context.Context, *attest.Message) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.signature
}

func (w *world) Send(_ context.Context, device string, kind attest.Kind, statement waymark.Validator) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	receipt, is := statement.(waymark.CommitReceipt)
	if err := statement.Validate(); err != nil || !is || receipt.Device != device || kind != attest.Commit || w.deaf {
		return fmt.Errorf("not published: %w", err)
	}
	w.answers = append(w.answers, receipt)
	return nil
}

func (w *world) Inquired(outcome string) {
	w.mu.Lock()
	w.outcomes = append(w.outcomes, outcome)
	w.mu.Unlock()
}

// questions is how often the gateway was asked.
func (w *world) questions() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.asked
}

func (w *world) set(change func()) { w.mu.Lock(); change(); w.mu.Unlock() }

// run runs a desk in a bubble, where time passes when nothing else happens.
func run(t *testing.T, w *world, test func(t *testing.T, d *inquiry.Desk)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		d := inquiry.New(inquiry.Parts{Ledger: w, Quarantine: w, Devices: w, Sender: w, Observer: w, Log: zap.NewNop()})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { d.Run(ctx); close(done) }()
		test(t, d)
		cancel()
		<-done
	})
}

func about(t *testing.T, d *gatewaytest.Device, number uint64) *attest.Message {
	t.Helper()
	m, err := attest.Parse(attest.Text(d.Say(t, attest.Inquiry, waymark.Inquiry{Number: number})))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// want holds the answers to what is expected, without their times.
func (w *world) want(t *testing.T, want ...waymark.CommitReceipt) {
	t.Helper()
	synctest.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	for i, got := range w.answers {
		if got.At = 0; i >= len(want) || got != want[i] {
			t.Errorf("answer %d: %+v, want %+v", i, got, want)
		}
	}
	if len(w.answers) != len(want) {
		t.Errorf("%d answers, want %d; outcomes %v", len(w.answers), len(want), w.outcomes)
	}
	w.answers = nil
}

func recorded(number uint64) waymark.CommitReceipt {
	return waymark.CommitReceipt{Device: "logger-1", Number: number, State: waymark.CommitRecorded, Digest: digest, TxID: txID, Block: 7}
}

func quarantined(t *testing.T, number uint64, payload []byte, code string) waymark.CommitReceipt {
	t.Helper()
	m, err := attest.Parse(attest.Text(payload))
	if err != nil {
		t.Fatal(err)
	}
	whole, err := m.Digest()
	if err != nil {
		t.Fatal(err)
	}
	return waymark.CommitReceipt{Device: "logger-1", Number: number, State: waymark.CommitQuarantined,
		Digest: hex.EncodeToString(whole[:waymark.DigestPrefix]), Code: code}
}

func TestWhatTheLedgerHasIsAnsweredAtOnce(t *testing.T) {
	w, d := newWorld(), gatewaytest.NewDevice(t, "logger-1", attest.JWS)
	w.recorded[3] = true
	run(t, w, func(t *testing.T, desk *inquiry.Desk) {
		desk.Ask(about(t, d, 3))
		w.want(t, recorded(3))
		time.Sleep(2 * time.Second)
		if synctest.Wait(); desk.Len() != 0 {
			t.Errorf("%d wait", desk.Len())
		}
	})
}

// The answer comes when the message leaves its queue, also if the read model is a little behind.
func TestAnInquiryWaitsForItsMessage(t *testing.T) {
	w, d := newWorld(), gatewaytest.NewDevice(t, "logger-1", attest.JWS)
	first, second := d.Next(t), d.Next(t)
	run(t, w, func(t *testing.T, desk *inquiry.Desk) {
		desk.Ask(about(t, d, 2))
		time.Sleep(30 * time.Second)
		desk.Settled(spool.Entry{Device: "logger-1", Payload: first}, nil)
		w.want(t)
		asked := w.questions()
		desk.Settled(spool.Entry{Device: "logger-1", Payload: second}, nil)
		time.Sleep(50 * time.Millisecond)
		w.set(func() { w.recorded[2] = true })
		time.Sleep(200 * time.Millisecond)
		w.want(t, recorded(2))
		if asked > 6 {
			t.Errorf("asked %d times before", asked)
		}
	})
}

func TestWhatIsInQuarantine(t *testing.T) {
	w, d := newWorld(), gatewaytest.NewDevice(t, "logger-1", attest.COSE)
	first, second := d.Next(t), d.Next(t)
	w.quarantine["logger-1"] = []spool.Quarantined{{Payload: []byte("garbage")}, {Payload: first, Verdict: spool.Verdict{Code: waymark.Invalid}}}
	run(t, w, func(t *testing.T, desk *inquiry.Desk) {
		desk.Ask(about(t, d, 1))
		w.want(t, quarantined(t, 1, first, "invalid"))
		time.Sleep(2 * time.Second)
		desk.Ask(about(t, d, 2))
		synctest.Wait()
		desk.Settled(spool.Entry{Device: "logger-1", Payload: second}, &spool.Verdict{Code: waymark.AlreadyExists})
		w.want(t, quarantined(t, 2, second, "already_exists"))
	})
}

// The digest says which message it is: another device's does not count, the newest does, and what left its queue since the question alone.
func TestWhichMessageIsInQuarantine(t *testing.T) {
	w, d := newWorld(), gatewaytest.NewDevice(t, "logger-1", attest.JWS)
	first, again := d.Next(t), gatewaytest.NewDevice(t, "logger-1", attest.JWS).NextOf(t, 10)
	stray := gatewaytest.NewDevice(t, "logger-2", attest.JWS).Next(t)
	w.quarantine["logger-1"] = []spool.Quarantined{
		{Payload: stray, Verdict: spool.Verdict{Code: spool.WrongDevice}},
		{Payload: again, Verdict: spool.Verdict{Code: waymark.AlreadyExists}},
		{Payload: first, Verdict: spool.Verdict{Code: waymark.Invalid}},
	}
	run(t, w, func(t *testing.T, desk *inquiry.Desk) {
		desk.Ask(about(t, d, 1))
		w.want(t, quarantined(t, 1, again, "already_exists"))
		time.Sleep(2 * time.Second)
		w.set(func() { w.away = true })
		desk.Ask(about(t, d, 1))
		synctest.Wait()
		desk.Settled(spool.Entry{Device: "logger-1", Payload: first}, &spool.Verdict{Code: waymark.FailedPrecondition})
		w.want(t)
		w.set(func() { w.away = false })
		time.Sleep(time.Second)
		w.want(t, quarantined(t, 1, first, "failed_precondition"))
		time.Sleep(2 * time.Second)
		w.set(func() { w.away = true })
		desk.Ask(about(t, d, 1))
		synctest.Wait()
		desk.Settled(spool.Entry{Device: "logger-1", Payload: first}, nil) // an operator has replayed it
		w.set(func() { w.away = false })
		w.want(t)
		w.set(func() { w.recorded[1] = true })
		time.Sleep(time.Second)
		w.want(t, recorded(1))
	})
}

// A message that nobody can read has its end for whoever says which bytes it published, also if they were cut; for others, and of others, it has none.
func TestWhatCannotBeRead(t *testing.T) {
	garbage, long := []byte("garbage"), make([]byte, 200<<10)
	hash := func(payload []byte) string { return fmt.Sprintf("%x", sha256.Sum256(payload)) }
	half := func(payload []byte) string { return hash(payload)[:2*waymark.DigestPrefix] }
	unreadable := func(payload []byte, code string) waymark.CommitReceipt {
		return waymark.CommitReceipt{Device: "logger-1", Number: 5, State: waymark.CommitUnreadable, Digest: half(payload), Code: code}
	}
	unknown := waymark.CommitReceipt{Device: "logger-1", Number: 5, State: waymark.CommitUnknown}
	readable := gatewaytest.NewDevice(t, "logger-1", attest.COSE).Next(t)
	for name, test := range map[string]struct {
		hash string
		want waymark.CommitReceipt
	}{
		"garbage":                     {half(garbage), unreadable(garbage, "unreadable")},
		"longer than what is kept":    {half(long), unreadable(long, "too_large")},
		"no hash":                     {"", unknown},
		"of other bytes":              {half([]byte("other")), unknown},
		"readable, of another number": {half(readable), unknown},
	} {
		w, d := newWorld(), gatewaytest.NewDevice(t, "logger-1", attest.JWS)
		w.quarantine["logger-1"] = []spool.Quarantined{
			{Payload: readable, Verdict: spool.Verdict{Code: waymark.Invalid}},
			{Payload: garbage, Verdict: spool.Verdict{Code: spool.Unreadable}},
			{Payload: long[:128<<10], Verdict: spool.Verdict{Code: spool.TooLarge, Whole: hash(long)}},
		}
		run(t, w, func(t *testing.T, desk *inquiry.Desk) {
			m, err := attest.Parse(attest.Text(d.Say(t, attest.Inquiry, waymark.Inquiry{Number: 5, Hash: test.hash})))
			if err != nil {
				t.Fatal(err)
			}
			desk.Ask(m)
			if test.want.State == waymark.CommitUnknown {
				time.Sleep(time.Minute + time.Second)
			}
			w.want(t, test.want)
		})
		if t.Failed() {
			t.Fatal(name)
		}
	}
}

// What the ledger has comes first: after a fork the answer is the same whenever the device asks.
func TestTheLedgerIsAskedFirst(t *testing.T) {
	w, d := newWorld(), gatewaytest.NewDevice(t, "logger-1", attest.JWS)
	fork := d.Next(t)
	run(t, w, func(t *testing.T, desk *inquiry.Desk) {
		desk.Ask(about(t, d, 1))
		synctest.Wait()
		w.set(func() { w.recorded[1] = true })
		desk.Settled(spool.Entry{Device: "logger-1", Payload: fork}, &spool.Verdict{Code: waymark.AlreadyExists})
		w.want(t, recorded(1))
	})
}

// What is recorded and only undisclosed is recorded.
func TestUndisclosedIsRecorded(t *testing.T) {
	w, d := newWorld(), gatewaytest.NewDevice(t, "logger-1", attest.JWS)
	message := d.NextSealed(t, "secret")
	run(t, w, func(t *testing.T, desk *inquiry.Desk) {
		desk.Ask(about(t, d, 1))
		synctest.Wait()
		w.set(func() { w.recorded[1] = true })
		desk.Settled(spool.Entry{Device: "logger-1", Payload: message}, &spool.Verdict{Code: waymark.Unavailable, Reasons: []string{waymark.ReasonUndisclosed}})
		w.want(t, recorded(1))
	})
}

func TestTheWaitEnds(t *testing.T) {
	for name, test := range map[string]struct {
		away bool
		want []waymark.CommitReceipt
	}{
		"nobody has it":  {want: []waymark.CommitReceipt{{Device: "logger-1", Number: 9, State: waymark.CommitUnknown}}},
		"nobody can say": {away: true},
	} {
		w, d := newWorld(), gatewaytest.NewDevice(t, "logger-1", attest.JWS)
		w.away = test.away
		run(t, w, func(t *testing.T, desk *inquiry.Desk) {
			desk.Ask(about(t, d, 9))
			time.Sleep(time.Minute - time.Millisecond)
			w.want(t)
			time.Sleep(2 * time.Second)
			w.want(t, test.want...)
			if desk.Len() != 0 || w.questions() > 10 {
				t.Errorf("%s: %d wait, asked %d times", name, desk.Len(), w.questions())
			}
		})
	}
}

// Nothing is asked of the gateway for who has not signed.
func TestForgedInquiries(t *testing.T) {
	w, d := newWorld(), gatewaytest.NewDevice(t, "logger-1", attest.JWS)
	w.recorded[1], w.signature = true, waymark.Errorf(waymark.Unauthenticated, "no")
	run(t, w, func(t *testing.T, desk *inquiry.Desk) {
		desk.Ask(about(t, d, 1))
		w.want(t)
		if w.questions() != 0 || len(w.outcomes) != 1 || w.outcomes[0] != inquiry.Refused {
			t.Errorf("asked %d times, outcomes %v", w.questions(), w.outcomes)
		}
		time.Sleep(2 * time.Second)
		w.set(func() { w.signature = waymark.Errorf(waymark.Unavailable, "the registry cannot be asked") })
		desk.Ask(about(t, d, 1))
		w.want(t)
		w.set(func() { w.signature = nil })
		time.Sleep(time.Second)
		w.want(t, recorded(1))
	})
}

// The newest inquiry of a device wins, and not too many come.
func TestInquiriesAreBounded(t *testing.T) {
	w, d := newWorld(), gatewaytest.NewDevice(t, "logger-1", attest.JWS)
	run(t, w, func(t *testing.T, desk *inquiry.Desk) {
		desk.Ask(about(t, d, 1))
		synctest.Wait()
		w.set(func() { w.recorded[1], w.recorded[2], w.recorded[3], w.recorded[4] = true, true, true, true })
		for number := uint64(2); number <= 4; number++ {
			desk.Ask(about(t, d, number))
			time.Sleep(100 * time.Millisecond)
		}
		synctest.Wait()
		if asked := w.questions(); asked != 1 {
			t.Errorf("asked %d times within a second", asked)
		}
		time.Sleep(10 * time.Second)
		w.want(t, recorded(4))
		for n := range 4200 {
			m := about(t, d, 9)
			m.Device = fmt.Sprintf("logger-%d", n)
			desk.Ask(m)
		}
		if got := desk.Len(); got > 4096 {
			t.Errorf("%d wait", got)
		}
	})
}

func TestAnAnswerWaitsForTheBroker(t *testing.T) {
	w, d := newWorld(), gatewaytest.NewDevice(t, "logger-1", attest.JWS)
	w.recorded[1], w.deaf = true, true
	run(t, w, func(t *testing.T, desk *inquiry.Desk) {
		desk.Ask(about(t, d, 1))
		w.want(t)
		w.set(func() { w.deaf = false })
		time.Sleep(2 * time.Second)
		w.want(t, recorded(1))
		w.set(func() { w.deaf = true })
		desk.Ask(about(t, d, 1))
		time.Sleep(2 * time.Minute)
		w.set(func() { w.deaf = false })
		time.Sleep(2 * time.Minute)
		w.want(t)
		if len(w.outcomes) != 2 || w.outcomes[1] != inquiry.Unsent {
			t.Errorf("outcomes %v", w.outcomes)
		}
	})
}
