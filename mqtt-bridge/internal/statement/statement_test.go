package statement_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/gateway/client"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/gatewaytest"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/spool"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/statement"
	"go.uber.org/goleak"
	"go.uber.org/zap"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// world is everything around a lane.
type world struct {
	mu       sync.Mutex
	entries  []spool.Entry
	ready    chan struct{}
	full     bool // the quarantine
	answer   func(device string) error
	calls    map[string]int // by device
	closed   []string
	refused  []string
	codes    map[string]spool.Code // with which a device's statement is in quarantine
	said     []string
	noted    bool           // what devices say of their connections is not for the ledger
	outcomes map[string]int // of statements that have their end
	tries    map[string]int // attempts of what is in quarantine, by device
	polls    int
	slow     time.Duration // that the ledger takes
	sessions []string      // of the presences that were tried
	untrue   string        // the session that is refused
}

// maxPolls ends a lane that spins: no test looks so often.
const maxPolls = 50_000

func newWorld() *world {
	return &world{ready: make(chan struct{}, 1), calls: map[string]int{}, codes: map[string]spool.Code{}, tries: map[string]int{}, outcomes: map[string]int{}, answer: func(string) error { return nil }}
}

func (w *world) Ready(int) <-chan struct{} { return w.ready }

func (w *world) Oldest(queue, messages, _ int, want func(string) bool) (oldest []spool.Entry, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if queue != spool.Statements {
		return nil, fmt.Errorf("asked for queue %d", queue)
	}
	if w.polls++; w.polls > maxPolls {
		return nil, errors.New("asked too often")
	}
	for _, e := range w.entries {
		if len(oldest) < messages && want(e.Device) {
			oldest = append(oldest, e)
		}
	}
	return oldest, nil
}

func (w *world) Settle(_ int, settlements []spool.Settlement) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.full {
		return spool.ErrQuarantineFull
	}
	for _, s := range settlements {
		w.entries = slices.DeleteFunc(w.entries, func(e spool.Entry) bool {
			if e.Number == s.Number && s.Verdict != nil {
				w.codes[e.Device], w.tries[e.Device] = s.Verdict.Code, s.Verdict.Attempts
			}
			return e.Number == s.Number
		})
	}
	return nil
}

func (w *world) CloseCommand(_ context.Context, receipt string) error {
	m, err := attest.Parse(receipt)
	if err != nil {
		return err
	}
	time.Sleep(w.slow)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.calls[m.Device]++
	return w.answer(m.Device)
}

func (w *world) Closed(device, id string) {
	w.mu.Lock()
	w.closed = append(w.closed, device+"/"+id)
	w.mu.Unlock()
}

func (w *world) Refused(device, id string) {
	w.mu.Lock()
	w.refused = append(w.refused, device+"/"+id)
	w.mu.Unlock()
}

func (w *world) Present(_ context.Context, m *attest.Message, _ string) (bool, error) {
	said, err := waymark.ParsePresence(m.Payload)
	if err != nil {
		return false, err
	}
	time.Sleep(w.slow)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.said, w.sessions = append(w.said, m.Device), append(w.sessions, said.Session)
	if said.Session == w.untrue {
		return false, &statement.Refusal{Err: waymark.Errorf(waymark.Unauthenticated, "forged")}
	}
	if w.noted {
		return false, nil
	}
	return true, w.answer(m.Device)
}

func (w *world) Stated(_ attest.Kind, outcome string) {
	w.mu.Lock()
	w.outcomes[outcome]++
	w.mu.Unlock()
}

func (w *world) Quarantined(string, spool.Code) {}
func (w *world) Retried(string)                 {}

func (w *world) set(change func()) { w.mu.Lock(); change(); w.mu.Unlock() }

// add queues what a device says.
func (w *world) add(t *testing.T, device string, kind attest.Kind, said any) {
	t.Helper()
	d := gatewaytest.NewDevice(t, device, attest.COSE)
	w.mu.Lock()
	w.entries = append(w.entries, spool.Entry{Number: uint64(len(w.entries) + 1), Device: device, Payload: d.Say(t, kind, said)})
	w.mu.Unlock()
	select {
	case w.ready <- struct{}{}:
	default:
	}
}

func receipt(id string) waymark.CommandReceipt {
	return waymark.CommandReceipt{Command: id, Result: waymark.CommandDone, ExecutedAt: 1772352000}
}

func run(t *testing.T, w *world, test func(l *statement.Lane)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w.ready = make(chan struct{}, 1)
		l := statement.New(w, w, w, statement.Options{MaxBackoff: time.Second, StuckAttempts: 3}, w, zap.NewNop())
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { l.Run(ctx); close(done) }()
		test(l)
		cancel()
		<-done
	})
}

func TestWhatBecomesOfAReceipt(t *testing.T) {
	for _, test := range []struct {
		name string
		err  error
		code spool.Code // empty: the ledger has it
	}{
		{"closed", nil, ""},
		{"no such command", &client.Problem{Status: 404, Code: waymark.NotFound}, waymark.NotFound},
		{"another receipt was first", &client.Problem{Status: 409, Code: waymark.AlreadyExists, Reasons: []string{waymark.ReasonFork}}, waymark.AlreadyExists},
		{"a key that has ended", &client.Problem{Status: 422, Code: waymark.Unauthenticated, Reasons: []string{waymark.ReasonKey}}, waymark.Unauthenticated},
		{"a suspended device", &client.Problem{Status: 403, Code: waymark.Forbidden, Reasons: []string{"only-active-device-reports"}}, waymark.Forbidden},
	} {
		w := newWorld()
		w.answer = func(string) error { return test.err }
		run(t, w, func(*statement.Lane) {
			w.add(t, "logger-1", attest.Receipt, receipt("c-1"))
			synctest.Wait()
			told := []string{"logger-1/c-1"}
			wantClosed, wantRefused := told, []string(nil)
			if test.code != "" {
				wantClosed, wantRefused = nil, told
			}
			if len(w.entries) != 0 || w.codes["logger-1"] != test.code || !slices.Equal(w.closed, wantClosed) || !slices.Equal(w.refused, wantRefused) {
				t.Errorf("%s: waiting %d, code %q, closed %v, refused %v", test.name, len(w.entries), w.codes["logger-1"], w.closed, w.refused)
			}
		})
	}
}

// However long the gateway is away, or our token is refused, nothing is given up.
func TestAnOutageGivesNothingUp(t *testing.T) {
	for name, err := range map[string]error{
		"no connection": &net.OpError{Op: "dial", Err: errors.New("refused")},
		"our token":     &client.Problem{Status: 401, Code: waymark.Unauthenticated},
		"our role":      &client.Problem{Status: 403, Code: waymark.Forbidden, Reasons: []string{waymark.DefaultDeny}},
		"under way":     &client.Problem{Status: 202, Code: waymark.Unavailable, TxID: "tx"},
		"not ready":     &client.Problem{Status: 503, Code: waymark.Unavailable},
		"a conflict":    &client.Problem{Status: 409, Code: waymark.Conflict},
		"no answer":     context.DeadlineExceeded,
	} {
		w := newWorld()
		w.answer = func(string) error { return err }
		run(t, w, func(l *statement.Lane) {
			w.add(t, "logger-1", attest.Receipt, receipt("c-1"))
			time.Sleep(10 * time.Minute)
			synctest.Wait()
			if calls := w.calls["logger-1"]; len(w.entries) != 1 || calls < 100 || calls > 1500 {
				t.Errorf("%s: %d waiting after %d calls, %v", name, len(w.entries), calls, w.codes)
			}
			w.set(func() { w.answer = func(string) error { return nil } })
			time.Sleep(3 * time.Second)
			synctest.Wait()
			if len(w.entries) != 0 || len(w.codes) != 0 || l.Health() != nil {
				t.Errorf("%s: %d waiting afterwards, %v, %v", name, len(w.entries), w.codes, l.Health())
			}
		})
	}
}

// A statement that fails while others succeed waits alone, and is given up in the end.
func TestAPoisonousStatement(t *testing.T) {
	w := newWorld()
	w.answer = func(device string) error {
		if device == "logger-1" {
			return &client.Problem{Status: 500, Code: waymark.Internal}
		}
		return nil
	}
	run(t, w, func(*statement.Lane) {
		w.add(t, "logger-1", attest.Receipt, receipt("c-1"))
		for n := range 20 {
			w.add(t, fmt.Sprintf("logger-%d", n+2), attest.Receipt, receipt("c-1"))
			time.Sleep(2 * time.Second)
			synctest.Wait()
			if n == 0 && len(w.closed) != 1 {
				t.Errorf("closed %v", w.closed)
			}
		}
		if len(w.entries) != 0 || w.codes["logger-1"] != spool.Stuck || len(w.closed) != 20 {
			t.Errorf("%d waiting, %v, %d closed", len(w.entries), w.codes, len(w.closed))
		}
	})
}

func TestPresencesAndWhatIsDamaged(t *testing.T) {
	w := newWorld()
	w.entries = []spool.Entry{{Number: 100, Device: "logger-9", Corrupt: true}}
	w.answer = func(device string) error {
		if device == "logger-2" {
			return &statement.Refusal{Err: waymark.Errorf(waymark.Unauthenticated, "forged")}
		}
		return nil
	}
	run(t, w, func(*statement.Lane) {
		for _, device := range []string{"logger-1", "logger-2"} {
			w.add(t, device, attest.Presence, waymark.Presence{State: waymark.PresenceGone, At: 1, Session: "s"})
		}
		synctest.Wait()
		slices.Sort(w.said)
		want := map[string]spool.Code{"logger-2": waymark.Unauthenticated, "logger-9": spool.Corrupt}
		if len(w.entries) != 0 || !slices.Equal(w.said, []string{"logger-1", "logger-2"}) || fmt.Sprint(w.codes) != fmt.Sprint(want) {
			t.Errorf("%d waiting, said %v, codes %v", len(w.entries), w.said, w.codes)
		}
	})
}

func TestAFullQuarantineLosesNothing(t *testing.T) {
	w := newWorld()
	w.full = true
	w.answer = func(string) error { return &client.Problem{Status: 404, Code: waymark.NotFound} }
	run(t, w, func(l *statement.Lane) {
		w.add(t, "logger-1", attest.Receipt, receipt("c-1"))
		time.Sleep(time.Minute)
		synctest.Wait()
		if len(w.entries) != 1 || !errors.Is(l.Health(), spool.ErrQuarantineFull) {
			t.Errorf("%d waiting, health %v", len(w.entries), l.Health())
		}
		w.set(func() { w.full = false })
		time.Sleep(3 * time.Second)
		synctest.Wait()
		if len(w.entries) != 0 || w.codes["logger-1"] != waymark.NotFound {
			t.Errorf("%d waiting, %v", len(w.entries), w.codes)
		}
	})
}

// However many others have an end of which the ledger knows nothing, an outage gives nothing up.
func TestAnOutageWithOtherEndsGivesNothingUp(t *testing.T) {
	w := newWorld()
	w.noted = true
	w.answer = func(device string) error {
		if device == "logger-1" {
			return &client.Problem{Status: 503, Code: waymark.Unavailable}
		}
		return &client.Problem{Status: 404, Code: waymark.NotFound}
	}
	run(t, w, func(*statement.Lane) {
		w.add(t, "logger-1", attest.Receipt, receipt("c-1"))
		for n := range 20 {
			w.add(t, fmt.Sprintf("logger-%d", n+2), attest.Presence, waymark.Presence{State: waymark.PresenceOnline, At: 1, Session: "s"})
			w.add(t, fmt.Sprintf("logger-%d", n+2), attest.Receipt, receipt("c-1"))
			time.Sleep(2 * time.Second)
		}
		synctest.Wait()
		if _, given := w.codes["logger-1"]; given || len(w.entries) != 1 || w.outcomes[statement.Noted] != 20 {
			t.Errorf("%d waiting, %v, outcomes %v", len(w.entries), w.codes, w.outcomes)
		}
	})
}

// What an operator takes out of the queue is tried no more, and leaves no trial behind.
func TestAFailingStatementIsWithdrawn(t *testing.T) {
	w := newWorld()
	w.answer = func(string) error { return &client.Problem{Status: 500, Code: waymark.Internal} }
	run(t, w, func(l *statement.Lane) {
		for n := range 3 {
			w.add(t, fmt.Sprintf("logger-%d", n+1), attest.Receipt, receipt("c-1"))
		}
		time.Sleep(10 * time.Second)
		w.set(func() { w.entries, w.polls = w.entries[1:], 0 })
		time.Sleep(10 * time.Second)
		w.set(func() { w.entries = nil })
		time.Sleep(time.Hour)
		synctest.Wait()
		if w.polls > 200 || l.Health() != nil {
			t.Errorf("looked %d times, health %v", w.polls, l.Health())
		}
	})
}

// What is in quarantine says how often it was submitted.
func TestAttemptsAreCounted(t *testing.T) {
	w := newWorld()
	failed := 0
	w.answer = func(device string) error {
		if device == "logger-2" {
			return &statement.Refusal{Err: waymark.Errorf(waymark.Unauthenticated, "forged")}
		}
		if failed++; failed < 3 {
			return &client.Problem{Status: 500, Code: waymark.Internal}
		}
		return &client.Problem{Status: 404, Code: waymark.NotFound}
	}
	run(t, w, func(*statement.Lane) {
		w.add(t, "logger-1", attest.Receipt, receipt("c-1"))
		w.add(t, "logger-2", attest.Presence, waymark.Presence{State: waymark.PresenceGone, At: 1, Session: "s"})
		time.Sleep(10 * time.Second)
		synctest.Wait()
		if w.tries["logger-1"] != 3 || w.tries["logger-2"] != 0 || len(w.codes) != 2 {
			t.Errorf("attempts %v, codes %v", w.tries, w.codes)
		}
	})
}
