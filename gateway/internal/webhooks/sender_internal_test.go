package webhooks

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/gateway/client"
)

// TestWhatATargetGets: a CloudEvent that both secrets have signed, and nothing of the gateway's own.
func TestWhatATargetGets(t *testing.T) {
	event := client.Event{SpecVersion: "1.0", ID: "17:0:0", Type: "waymark.shipment.ready", Data: json.RawMessage(`{"shipment":"S1"}`)}
	h := hook{id: "wh-1", secret: newSecret(), oldSecret: newSecret()}
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || r.Method != http.MethodPost || r.URL.RequestURI() != "/hook?a=b" {
			t.Errorf("%s %s %v", r.Method, r.URL, err)
		}
		for _, secret := range []string{h.secret, h.oldSecret} {
			if e, err := client.VerifyWebhook(secret, r.Header, body); err != nil || e.ID != event.ID || string(e.Data) != string(event.Data) {
				t.Errorf("%+v, %v", e, err)
			}
		}
		if _, err := client.VerifyWebhook(newSecret(), r.Header, body); err == nil {
			t.Error("any secret does")
		}
		if id := r.Header.Get(client.HeaderWebhookID); id != "wh-1:17:0:0" || r.Header.Get("Content-Type") != "application/cloudevents+json" {
			t.Errorf("%v", r.Header)
		}
		for name := range r.Header {
			if !strings.HasPrefix(name, "Webhook-") && !slices.Contains([]string{"Content-Type", "Content-Length", "User-Agent"}, name) {
				t.Errorf("it is told %s", name)
			}
		}
		w.WriteHeader(http.StatusNoContent)
	}))
	defer server.Close()
	h.url = server.URL + "/hook?a=b"
	s := newSender(guardOf(t, false, "127.0.0.0/8"), rootsOf(server), nil, 5*time.Second)
	defer s.close()
	if got, _ := s.send(t.Context(), h, event); !got.delivered {
		t.Errorf("%+v", got)
	}
}

func TestAnswers(t *testing.T) {
	var called atomic.Int32
	other := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { called.Add(1) }))
	defer other.Close()
	endless := strings.Repeat("x", 1<<20)
	tests := []struct {
		name   string
		answer http.HandlerFunc
		want   result
	}{
		{"taken", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusAccepted) }, result{delivered: true}},
		{"refused", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadRequest) }, result{problem: "it answered 400"}},
		{"gone", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusGone) },
			result{gone: true, problem: "it answered 410: it wants nothing any more"}},
		{"sent elsewhere", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, other.URL, http.StatusTemporaryRedirect)
		},
			result{problem: "it answered 307"}},
		{"later", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "7")
			w.WriteHeader(http.StatusServiceUnavailable)
		}, result{problem: "it answered 503", after: 7 * time.Second}},
		{"a cookie", func(w http.ResponseWriter, r *http.Request) {
			http.SetCookie(w, &http.Cookie{Name: "a", Value: "b"})
			if len(r.Cookies()) > 0 {
				w.WriteHeader(http.StatusInternalServerError)
			}
		}, result{delivered: true}},
		{"a long answer", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, endless) }, result{delivered: true}},
		{"a long head", func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("X", endless) }, result{problem: problemConnection}},
		{"no answer", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, result{problem: problemConnection}},
		{"too late", func(_ http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body) // so that it is seen when the client goes
			<-r.Context().Done()
		}, result{problem: problemTime}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			server := httptest.NewTLSServer(tt.answer)
			defer server.Close()
			patience := time.Minute
			if tt.want.problem == problemTime {
				patience = time.Second
			}
			s := newSender(guardOf(t, false, "127.0.0.0/8"), rootsOf(server), nil, patience)
			defer s.close()
			for range 2 {
				if got, _ := s.send(t.Context(), hook{url: server.URL, secret: newSecret()}, client.Event{ID: "1:0:0"}); got != tt.want {
					t.Errorf("got %+v, want %+v", got, tt.want)
				}
			}
		})
	}
	if called.Load() != 0 {
		t.Error("a redirect was followed")
	}
}

// TestATargetThatIsAnother, since its certificate is nobody's that is believed.
func TestATargetThatIsAnother(t *testing.T) {
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("it was called") }))
	server.Config.ErrorLog = quiet()
	server.StartTLS()
	defer server.Close()
	s := newSender(guardOf(t, true, "127.0.0.0/8"), nil, nil, 5*time.Second)
	defer s.close()
	if got, _ := s.send(t.Context(), hook{url: server.URL, secret: newSecret()}, client.Event{}); got.problem != problemCertificate {
		t.Errorf("%+v", got)
	}
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for text, want := range map[string]time.Duration{
		"": 0, "x": 0, "-1": 0, "1.5": 0, "0": 0, "30": 30 * time.Second, "999999999": maxRetryAfter, "99999999999999999999": 0,
		now.Add(time.Minute).Format(http.TimeFormat): time.Minute, now.Add(-time.Minute).Format(http.TimeFormat): 0,
		now.AddDate(9, 0, 0).Format(http.TimeFormat): maxRetryAfter,
	} {
		if got := retryAfter(text, now); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}

func TestPauses(t *testing.T) {
	p := usualPace()
	for attempts, want := range []time.Duration{5 * time.Second, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour, 10 * time.Hour, 14 * time.Hour, 20 * time.Hour, 24 * time.Hour, 24 * time.Hour} {
		for range 20 {
			if got := p.after(attempts, 0); got < want*9/10 || got > want*11/10+1 {
				t.Errorf("after %d attempts %s, want about %s", attempts, got, want)
			}
		}
	}
	if got := p.after(0, time.Minute); got != time.Minute {
		t.Errorf("%s, and a minute was asked for", got)
	}
	if MaxAttempts != len(p.schedule)+1 {
		t.Errorf("%d attempts, and %d pauses", MaxAttempts, len(p.schedule))
	}
}
