package statement_test

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/gateway/client"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/statement"
)

func online(at int64, session string) waymark.Presence {
	return waymark.Presence{State: waymark.PresenceOnline, At: at, Session: session}
}

// However much one device says, the ledger takes little of it, and what others say has its turn at once.
func TestOneDeviceHoldsUpNobody(t *testing.T) {
	const many = 300
	for _, test := range []struct {
		name string
		kind attest.Kind
		said func(n int) any
		most int // requests in the first two seconds
		all  bool
	}{
		{"presences", attest.Presence, func(n int) any { return online(int64(1772352000+n), fmt.Sprint("s-", n)) }, 2, true},
		{"presences of one second", attest.Presence, func(n int) any { return online(1772352000, fmt.Sprintf("s-%04d", n)) }, 2, true},
		{"receipts", attest.Receipt, func(n int) any { return receipt(fmt.Sprint("c-", n)) }, 8, false},
	} {
		w := newWorld()
		w.slow = time.Second
		for n := range many {
			w.add(t, "logger-1", test.kind, test.said(n))
		}
		w.add(t, "logger-2", attest.Receipt, receipt("c-1"))
		run(t, w, func(*statement.Lane) {
			time.Sleep(1500 * time.Millisecond)
			synctest.Wait()
			w.set(func() {
				if !slices.Contains(w.closed, "logger-2/c-1") {
					t.Errorf("%s: the other device waits: %d closed", test.name, len(w.closed))
				}
				if got := len(w.said) + w.calls["logger-1"]; got > test.most {
					t.Errorf("%s: %d requests for one device", test.name, got)
				}
			})
			time.Sleep(10 * time.Second)
			synctest.Wait()
			if test.all && (len(w.entries) != 0 || len(w.said) > 5 || w.outcomes[statement.Noted] != many-len(w.said)) {
				t.Errorf("%s: %d wait after %d requests, %v", test.name, len(w.entries), len(w.said), w.outcomes)
			}
		})
	}
}

// Of the presences that wait of a device the newest goes to the ledger. One that is refused, or is from the future, hides none.
func TestTheNewestPresenceStandsForAll(t *testing.T) {
	future := time.Date(2001, 1, 1, 0, 0, 0, 0, time.UTC).Unix() // a test begins in 2000
	for _, test := range []struct {
		name   string
		said   []waymark.Presence
		untrue string
		tried  []string
		noted  int
		codes  int
	}{
		{"the newest is not the last", []waymark.Presence{online(1, "a"), online(3, "c"), online(2, "b")}, "", []string{"c"}, 2, 0},
		{"one came twice", []waymark.Presence{online(1, "a"), online(1, "a")}, "", []string{"a"}, 1, 0},
		{"the newest is forged", []waymark.Presence{online(1, "a"), online(2, "b"), online(3, "c")}, "c", []string{"c", "b"}, 1, 1},
		{"one is from the future", []waymark.Presence{online(1, "a"), online(future, "z")}, "", []string{"a"}, 1, 0},
		{"there is no other", []waymark.Presence{online(future, "z")}, "", []string{"z"}, 0, 0},
	} {
		w := newWorld()
		w.untrue = test.untrue
		for _, said := range test.said {
			w.add(t, "logger-1", attest.Presence, said)
		}
		run(t, w, func(*statement.Lane) {
			synctest.Wait()
			if !slices.Equal(w.sessions, test.tried) || w.outcomes[statement.Noted] != test.noted || len(w.codes) != test.codes || len(w.entries) != 0 {
				t.Errorf("%s: tried %v, outcomes %v, codes %v, %d wait", test.name, w.sessions, w.outcomes, w.codes, len(w.entries))
			}
		})
	}
}

// While the newest of a device has no answer all of them wait, and so it is when it fails.
func TestPresencesWaitForTheNewest(t *testing.T) {
	for name, err := range map[string]error{
		"away":  &client.Problem{Status: 503, Code: waymark.Unavailable},
		"fails": &client.Problem{Status: 500, Code: waymark.Internal},
	} {
		w := newWorld()
		w.answer = func(string) error { return err }
		for n := range 3 {
			w.add(t, "logger-1", attest.Presence, online(int64(n+1), "s"))
		}
		run(t, w, func(*statement.Lane) {
			time.Sleep(time.Minute)
			synctest.Wait()
			if len(w.entries) != 3 || len(w.codes) != 0 {
				t.Errorf("%s: %d wait, %v", name, len(w.entries), w.codes)
			}
			w.set(func() { w.answer = func(string) error { return nil } })
			time.Sleep(time.Minute)
			synctest.Wait()
			if len(w.entries) != 0 || w.outcomes[statement.Relayed] != 1 || w.outcomes[statement.Noted] != 2 {
				t.Errorf("%s: %d wait, %v", name, len(w.entries), w.outcomes)
			}
		})
	}
}

// More forged ones than are tried at once are all refused, in rounds.
func TestForgedPresencesAreRefusedInRounds(t *testing.T) {
	w := newWorld()
	w.untrue = "s"
	for n := range 10 {
		w.add(t, "logger-1", attest.Presence, online(int64(n+1), "s"))
	}
	run(t, w, func(*statement.Lane) {
		synctest.Wait()
		if len(w.entries) != 0 || len(w.said) != 10 || w.codes["logger-1"] != waymark.Unauthenticated {
			t.Errorf("%d wait after %d tries, %v", len(w.entries), len(w.said), w.codes)
		}
	})
}
