package rest_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// slowReader takes nothing of an answer until it is released.
type slowReader struct {
	*httptest.ResponseRecorder
	begun, release chan struct{}
}

func (s slowReader) Write(data []byte) (int, error) {
	close(s.begun) // once: an answer is written whole
	<-s.release
	return s.ResponseRecorder.Write(data)
}

// unread asks for something whose answer is not read until release is called. It returns when there
// is an answer.
func (a *api) unread(r *http.Request) (release func() int) {
	w := slowReader{httptest.NewRecorder(), make(chan struct{}), make(chan struct{})}
	done := make(chan struct{})
	go func() { defer close(done); a.handler.ServeHTTP(w, r) }()
	<-w.begun
	return func() int { close(w.release); <-done; return w.Code }
}

// An answer that its client does not read takes the room of its bytes, save a small one, and one
// that tells of a write that is done (ASVS 5.0: 15.2.2).
func TestAnswersTogetherAreBounded(t *testing.T) {
	a := newKeepingAPI(t, time.Minute, func(l *limits) { l.InFlight, l.BytesInFlight = 10, 50_000 })
	a.ledger.say(26_000)
	const read, keyed = "/v1/members/producer", "Idempotency-Key"
	if w := a.do("PUT", createPath, someBody, keyed, "k"); w.Code != http.StatusOK {
		t.Fatalf("to begin with: %d %s", w.Code, w.Body)
	}
	release := a.unread(request("GET", read, ""))
	if w := a.do("GET", read, ""); w.Code != http.StatusTooManyRequests || problem(t, w).Code != waymark.ResourceExhausted {
		t.Errorf("a second large answer: %d %.200s", w.Code, w.Body)
	}
	if w := a.do("PUT", createPath, someBody, keyed, "k"); w.Code != http.StatusTooManyRequests {
		t.Errorf("a second answer to a write: %d", w.Code)
	}
	releaseWrite := a.unread(request("PUT", createPath, someBody)) // it is done, whatever there is room for
	a.ledger.say(16 << 10)
	if w := a.do("GET", read, ""); w.Code != http.StatusTooManyRequests { // the room is more than full: no place is given
		t.Errorf("beside a write that had to be told: %d", w.Code)
	}
	if status := releaseWrite(); status != http.StatusOK {
		t.Errorf("the write: %d", status)
	}
	if w := a.do("GET", read, ""); w.Code != http.StatusOK {
		t.Errorf("a small answer: %d %.200s", w.Code, w.Body)
	}
	if status := release(); status != http.StatusOK {
		t.Errorf("the first: %d", status)
	}
	a.ledger.say(60_000) // more than there is: one alone may
	if w := a.do("GET", read, ""); w.Code != http.StatusOK {
		t.Errorf("afterwards: %d", w.Code)
	}
	a.ledger.say(50_000)
	if w := a.do("PUT", createPath, someBody, keyed, "k"); w.Code != http.StatusOK || w.Header().Get("Idempotency-Replayed") != "true" || !strings.Contains(w.Body.String(), "xxx") {
		t.Errorf("the answer that was kept: %d %.200s", w.Code, w.Body)
	}
}

// say has the ledger answer with so many bytes.
func (f *fakeLedger) say(bytes int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.result = `"` + strings.Repeat("x", bytes-2) + `"`
}

// pieces keeps what is written, and not a copy of it.
type pieces struct {
	*httptest.ResponseRecorder
	written [][]byte
}

func (p *pieces) Write(data []byte) (int, error) {
	p.written = append(p.written, data)
	return len(data), nil
}

// Anybody may ask for the metrics, and read them slowly: they are held once for all who ask in the
// same second, and packed for none (ASVS 5.0: 15.2.2).
func TestMetricsAreHeldOnce(t *testing.T) {
	a := newAPI(t)
	ask := func() *pieces {
		w := &pieces{ResponseRecorder: httptest.NewRecorder()}
		r := request("GET", "/metrics", "")
		r.Header.Set("Accept-Encoding", "gzip, zstd")
		a.handler.ServeHTTP(w, r)
		if w.Code != http.StatusOK || len(w.written) != 1 || !strings.Contains(string(w.written[0]), "\nwaymark_gateway_requests_in_flight ") {
			t.Fatalf("%d in %d pieces", w.Code, len(w.written))
		}
		return w
	}
	for range 100 { // between two of them a second can end
		if first, second := ask(), ask(); &first.written[0][0] == &second.written[0][0] {
			return
		}
	}
	t.Error("each has its own")
}
