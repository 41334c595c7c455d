package rest_test

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/internal/throttle"
	"go.uber.org/zap/zapcore"
)

// scarce are rates of which no token comes back while a test runs whose time stands still.
func scarce() throttle.Rates {
	one := throttle.Rate{PerSecond: 1, Burst: 60}
	return throttle.Rates{throttle.Read: one, throttle.Write: {PerSecond: 1, Burst: 1}, throttle.Messages: one, throttle.Anonymous: one, throttle.Open: one}
}

// TestCallersAreThrottled by class, and told how much is left (ASVS 5.0: 2.4.1).
func TestCallersAreThrottled(t *testing.T) { synctest.Test(t, callersAreThrottled) }

func callersAreThrottled(t *testing.T) {
	a := newAPI(t, func(l *limits) { l.rates = scarce() })
	const path, body = "/v1/members/producer", `{"name":"P"}`
	w := a.do("PUT", path, body)
	if w.Code != http.StatusOK || w.Header().Get("RateLimit-Policy") != `"write";q=1;w=1` || w.Header().Get("RateLimit") != `"write";r=0;t=1` {
		t.Errorf("first: %d %s", w.Code, w.Header())
	}
	w = a.do("PUT", path, body)
	if p := problem(t, w); w.Code != http.StatusTooManyRequests || p.Code != waymark.ResourceExhausted || w.Header().Get("Retry-After") != "1" {
		t.Errorf("second: %d %s", w.Code, w.Header())
	}
	if n := len(a.ledger.seen()); n != 1 {
		t.Errorf("%d requests reached the ledger", n)
	}
	if w := a.do("PUT", path, body, "Authorization", "Bearer "+relay); w.Code != http.StatusOK {
		t.Errorf("another caller: %d", w.Code)
	}
	w = a.do("GET", path, "")
	if w.Code != http.StatusOK || w.Header().Get("RateLimit-Policy") != `"read";q=60;w=60` {
		t.Errorf("another class: %d %s", w.Code, w.Header())
	}
	if w := a.do("POST", "/v1/policies:check", `{"action":"ReadDevice","device":"d"}`); w.Header().Get("RateLimit-Policy") != `"read";q=60;w=60` {
		t.Errorf("a question with a body: %s", w.Header())
	}
	for _, ask := range [][3]string{{"POST", "/v1/proposals:endorse", "{}"}, {"GET", "/v1/transactions/" + someTx + "/receipt"}} {
		if w := a.do(ask[0], ask[1], ask[2]); w.Header().Get("RateLimit-Policy") != `"write";q=1;w=1` {
			t.Errorf("%s takes as much of the peers as a write: %s", ask[1], w.Header())
		}
	}
	if w := a.do("POST", "/v1/messages", `{}`); w.Header().Get("RateLimit-Policy") != `"messages";q=60;w=60` {
		t.Errorf("messages: %s", w.Header())
	}
}

// TestStrangersAreThrottledByAddress also when they present credentials that are not good.
func TestStrangersAreThrottledByAddress(t *testing.T) {
	synctest.Test(t, strangersAreThrottledByAddress)
}

func strangersAreThrottledByAddress(t *testing.T) {
	a := newAPI(t, func(l *limits) { l.rates = scarce() })
	from := func(address, path string) *httptest.ResponseRecorder {
		r := request("GET", path, "")
		r.RemoteAddr = address
		r.Header.Set("Authorization", "Bearer guess")
		r.Header.Set("X-Forwarded-For", "192.0.2."+strconv.Itoa(len(a.ledger.seen())))
		return a.send(r)
	}
	for range 60 {
		if w := from("[2001:db8::1]:1000", "/v1/members/x"); w.Code != http.StatusUnauthorized || w.Header().Get("RateLimit") == "" {
			t.Fatalf("got %d %s", w.Code, w.Header())
		}
	}
	refused := func(path string) {
		t.Helper()
		if w := from("[2001:db8::ffff]:3", path); w.Code != http.StatusTooManyRequests || problem(t, w).Code != waymark.ResourceExhausted {
			t.Errorf("%s of the same network: %d", path, w.Code)
		}
	}
	refused("/v1/members/x")
	for range 60 { // what a probe asks behind the same balancer counts apart
		if w := from("[2001:db8::2]:2000", "/healthz"); w.Code != http.StatusOK || w.Header().Get("RateLimit-Policy") != `"open";q=60;w=60` {
			t.Fatalf("health: %d %s", w.Code, w.Header())
		}
	}
	refused("/healthz")
	refused("/openapi.json")
	for _, other := range []string{"[2001:db8:0:1::1]:1", "192.0.2.1:1"} {
		if w := from(other, "/v1/members/x"); w.Code != http.StatusUnauthorized {
			t.Errorf("%s: %d", other, w.Code)
		}
	}
	if w := a.do("GET", "/v1/members/x", ""); w.Code != http.StatusOK {
		t.Errorf("a caller with a credential: %d", w.Code)
	}
}

// TestRefusedCredentialsAreCounted by why: those that are throttled have no line in the audit log,
// which strangers could fill, nor those of writes (ASVS 5.0: 16.3.1).
func TestRefusedCredentialsAreCounted(t *testing.T) {
	a := newAPI(t, func(l *limits) { l.rates = scarce() })
	for i := range 70 {
		method, body := "GET", ""
		if i%2 == 0 {
			method, body = "PUT", someBody
		}
		a.do(method, createPath, body, "Authorization", "Bearer guess")
	}
	metrics, counted := a.do("GET", "/metrics", "").Body.String(), make(map[string]int)
	for _, found := range regexp.MustCompile(`waymark_gateway_credentials_refused_total\{reason="(\w+)"\} (\d+)`).FindAllStringSubmatch(metrics, -1) {
		counted[found[1]], _ = strconv.Atoi(found[2])
	}
	looked := strings.Count(a.audit.String(), `"event":"credential"`)
	if counted["unauthenticated"] != looked || looked < 60 || counted["throttled"] != 70-looked || strings.Count(a.audit.String(), "\n") != looked {
		t.Errorf("counted %v, and the audit log has\n%s", counted, a.audit)
	}
}

// TestNothingElsewhereIsWithoutARate: what is asked of no route counts with what strangers ask, by
// address, and apart from what probes do.
func TestNothingElsewhereIsWithoutARate(t *testing.T) {
	elsewhere := []struct {
		method, path string
		status       int
	}{
		{"GET", "/v1/nothing", http.StatusNotFound}, {"DELETE", "/v1/members/x", http.StatusMethodNotAllowed},
		{"OPTIONS", "/v1/members/x", http.StatusNoContent}, {"BREW", "/healthz", http.StatusMethodNotAllowed}, {"OPTIONS", "*", http.StatusNotFound},
	}
	for _, tt := range elsewhere {
		a := newAPI(t, func(l *limits) { l.rates = scarce() })
		ask := func(address string) *httptest.ResponseRecorder {
			r := request(tt.method, tt.path, "")
			r.RemoteAddr = address
			return a.send(r)
		}
		asked, w := 1, ask("192.0.2.1:1")
		for ; w.Code == tt.status && asked < 1000; asked++ {
			if w.Header().Get("RateLimit-Policy") != `"anonymous";q=60;w=60` {
				t.Fatalf("%s %s: %d %s", tt.method, tt.path, w.Code, w.Header())
			}
			w = ask("192.0.2.1:1")
		}
		if w.Code != http.StatusTooManyRequests || asked <= 60 || problem(t, w).Code != waymark.ResourceExhausted {
			t.Errorf("%s %s, asked %d times: %d", tt.method, tt.path, asked, w.Code)
		}
		if w := ask("192.0.2.2:1"); w.Code != tt.status {
			t.Errorf("%s %s of another address: %d", tt.method, tt.path, w.Code)
		}
		for _, path := range []string{"/healthz", "/v1/members/x"} {
			if w := a.do("GET", path, ""); w.Code != http.StatusOK {
				t.Errorf("%s after that: %d", path, w.Code)
			}
		}
		if a.audit.Len() > 0 {
			t.Errorf("%s %s: %s", tt.method, tt.path, a.audit)
		}
	}
}

// TestNobodyFillsTheLogs: what is past the rate has no line in them, whoever asks (ASVS 5.0: 16.3.1).
func TestNobodyFillsTheLogs(t *testing.T) {
	for name, token := range map[string]string{"a caller": operator, "a stranger": "guess"} {
		a := newAPI(t, func(l *limits) {
			l.rates = scarce()
			l.rates[throttle.Anonymous] = l.rates[throttle.Write]
		})
		const asked = 20
		passed := 0
		for range asked {
			if w := a.do("PUT", createPath, someBody, "Authorization", "Bearer "+token); w.Code != http.StatusTooManyRequests {
				passed++
			}
		}
		if n := strings.Count(a.audit.String(), "\n"); n != passed || n == 0 || n == asked {
			t.Errorf("%s: %d lines of %d requests, %d past the rate:\n%s", name, n, asked, asked-passed, a.audit)
		}
		if n := a.logs.FilterMessage("request").FilterLevelExact(zapcore.InfoLevel).Len(); n != passed {
			t.Errorf("%s: %d lines of requests, of which %d passed", name, n, passed)
		}
	}
}

// TestOperatorsAreNotThrottled: on their own address nothing keeps a probe from its answer.
func TestOperatorsAreNotThrottled(t *testing.T) {
	a := newAPI(t, func(l *limits) { l.rates = scarce() })
	for range 61 {
		for path, want := range map[string]int{"/healthz": http.StatusOK, "/readyz": http.StatusOK, "/openapi.json": http.StatusNotFound} {
			w := httptest.NewRecorder()
			a.health.ServeHTTP(w, request("GET", path, ""))
			if w.Code != want || w.Header().Get("RateLimit") != "" {
				t.Fatalf("%s: %d %s", path, w.Code, w.Header())
			}
		}
	}
}

// TestTheLedgerKnowsTheCaller, so that it can be fair to the others (ASVS 5.0: 15.2.2).
func TestTheLedgerKnowsTheCaller(t *testing.T) {
	a := newAPI(t)
	for _, tt := range [][2]string{{operator, "token:erp"}, {relay, "token:bridge"}} {
		for _, ask := range [][3]string{{"GET", "/v1/members/x"}, {"PUT", "/v1/members/producer", `{"name":"P"}`}} {
			a.do(ask[0], ask[1], ask[2], "Authorization", "Bearer "+tt[0])
			if a.ledger.asker != tt[1] {
				t.Errorf("%s of %s was for %q", ask[0], tt[1], a.ledger.asker)
			}
		}
	}
}

// TestOneCallerHasAPartOnly of the places (ASVS 5.0: 15.2.2).
func TestOneCallerHasAPartOnly(t *testing.T) {
	a := newAPI(t, func(l *limits) { l.InFlight, l.CallerPercent = 4, 50 })
	a.ledger.hold = make(chan struct{})
	done := make(chan int)
	ask := func(token string) {
		go func() { done <- a.do("GET", "/v1/members/x", "", "Authorization", "Bearer "+token).Code }()
	}
	ask(operator)
	ask(operator)
	a.ledger.await(t, 2)
	if w := a.do("GET", "/v1/members/x", ""); w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") == "" {
		t.Errorf("a third of the same caller: %d", w.Code)
	}
	ask(relay)
	a.ledger.await(t, 3)
	close(a.ledger.hold)
	for range 3 {
		if status := <-done; status != http.StatusOK {
			t.Errorf("held request: %d", status)
		}
	}
	if w := a.do("GET", "/v1/members/x", ""); w.Code != http.StatusOK {
		t.Errorf("afterwards: %d", w.Code)
	}
}
