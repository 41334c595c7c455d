package rest_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/client"
	"github.com/waymark-ledger/waymark/gateway/internal/database/databasetest"
)

// newHookedAPI has a database of webhooks.
func newHookedAPI(t *testing.T) *api {
	t.Helper()
	return newAPI(t, func(l *limits) { l.hooks = databasetest.SQLite(t)() })
}

// answered decodes the answer to a request that succeeded.
func answered[T any](t *testing.T, a *api, status int, method, path, body string, headers ...string) (v T) {
	t.Helper()
	w := a.do(method, path, body, headers...)
	if w.Code != status {
		t.Fatalf("%s %s: %d %s", method, path, w.Code, w.Body)
	}
	if err := json.Unmarshal(w.Body.Bytes(), &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func TestWebhooksAreMadeAndChanged(t *testing.T) {
	a := newHookedAPI(t)
	w := a.do("POST", "/v1/webhooks", `{"url":"https://erp.example/hook","kind":"shipment","after":"3:0:0"}`)
	var made client.WebhookSecret
	if err := json.Unmarshal(w.Body.Bytes(), &made); err != nil || w.Code != http.StatusCreated {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	one := "/v1/webhooks/" + made.Webhook.ID
	if w.Header().Get("Location") != one || made.Webhook.Checkpoint != "3:0:0" || made.Webhook.MadeBy != "token:erp" || !strings.HasPrefix(made.Secret, "whsec_") {
		t.Errorf("%s at %s", w.Body, w.Header().Get("Location"))
	}
	if begun := answered[client.WebhookSecret](t, a, 201, "POST", "/v1/webhooks", `{"url":"https://erp.example/"}`); begun.Webhook.Checkpoint != "17:0:0" {
		t.Errorf("it begins after %s", begun.Webhook.Checkpoint)
	}
	if all := answered[client.WebhookList](t, a, 200, "GET", "/v1/webhooks", ""); len(all.Webhooks) != 2 {
		t.Errorf("%+v", all)
	}
	if got := answered[client.Webhook](t, a, 200, "POST", one+"/pause", ""); got.State != client.WebhookPaused {
		t.Errorf("paused: %+v", got)
	}
	if got := answered[client.Webhook](t, a, 200, "POST", one+"/resume", "{}"); got.State != client.WebhookActive {
		t.Errorf("resumed: %+v", got)
	}
	if got := answered[client.WebhookSecret](t, a, 200, "POST", one+"/rotate-secret", ""); got.Secret == made.Secret || got.Webhook.ID != made.Webhook.ID {
		t.Errorf("another secret: %+v", got)
	}
	if got := answered[client.DeadLetterList](t, a, 200, "GET", one+"/dead-letters?limit=3&cursor=1:0:0", ""); got.DeadLetters == nil || len(got.DeadLetters) != 0 {
		t.Errorf("dead letters: %+v", got)
	}
	if got := answered[client.Replay](t, a, 200, "POST", one+"/replay", ""); got.Waiting != 0 {
		t.Errorf("replayed: %+v", got)
	}
	if body := a.do("GET", one, "").Body.String(); strings.Contains(body, "whsec_") {
		t.Errorf("the secret is told again: %s", body)
	}
	answered[client.Webhook](t, a, 200, "DELETE", one, "")
	if w := a.do("DELETE", one, ""); w.Code != http.StatusNotFound {
		t.Errorf("a second time: %d", w.Code)
	}
	if lines := strings.Count(a.audit.String(), `"event":"write"`); lines != 8 {
		t.Errorf("audited %d of 8 changes: %s", lines, a.audit)
	}
	if !strings.Contains(a.audit.String(), `"operation":"createWebhook","target":"`+one+`"`) {
		t.Errorf("it is not audited which one was made: %s", a.audit)
	}
	if strings.Contains(a.audit.String(), "whsec_") || strings.Contains(a.audit.String(), "erp.example") {
		t.Errorf("audited %s", a.audit)
	}
}

// TestAWebhookIsAnIdentitys: others have none of it (ASVS 5.0: 8.2.2).
func TestAWebhookIsAnIdentitys(t *testing.T) {
	a := newHookedAPI(t)
	made := answered[client.WebhookSecret](t, a, 201, "POST", "/v1/webhooks", `{"url":"https://erp.example/"}`)
	one := "/v1/webhooks/" + made.Webhook.ID
	as := []string{"Authorization", "Bearer " + relay}
	for _, r := range [][2]string{{"GET", one}, {"POST", one + "/pause"}, {"POST", one + "/resume"}, {"POST", one + "/rotate-secret"}, {"GET", one + "/dead-letters"}, {"POST", one + "/replay"}, {"DELETE", one}} {
		if w := a.do(r[0], r[1], "", as...); w.Code != http.StatusNotFound || problem(t, w).Code != waymark.NotFound {
			t.Errorf("%s %s: %d %s", r[0], r[1], w.Code, w.Body)
		}
	}
	if all := answered[client.WebhookList](t, a, 200, "GET", "/v1/webhooks", "", as...); all.Webhooks == nil || len(all.Webhooks) != 0 {
		t.Errorf("%+v", all)
	}
}

func TestWebhooksThatCannotBe(t *testing.T) {
	a := newHookedAPI(t)
	for _, tt := range []struct {
		method, path, body string
		want               int
		field              string
	}{
		{"POST", "", `{}`, 400, "/url"},
		{"POST", "", `{"url":"ftp://erp.example/"}`, 400, "/url"},
		{"POST", "", `{"url":"http://erp.example/"}`, 400, "/url"},
		{"POST", "", `{"url":"https://me:secret@erp.example/"}`, 400, "/url"},
		{"POST", "", `{"url":"https://erp.example/#part"}`, 400, "/url"},
		{"POST", "", `{"url":"https:///hook"}`, 400, "/url"},
		{"POST", "", `{"url":"https://10.0.0.1/"}`, 400, "/url"},
		{"POST", "", `{"url":"https://[::ffff:169.254.169.254]/"}`, 400, "/url"},
		{"POST", "", `{"url":"https://erp.example/` + strings.Repeat("a", 1000) + `"}`, 400, "/url"},
		{"POST", "", `{"url":"https://erp.example/","after":"x"}`, 400, "/after"},
		{"POST", "", `{"url":"https://erp.example/","after":"118:0:0"}`, 400, "/after"},
		{"POST", "", `{"url":"https://erp.example/","kind":"A"}`, 400, "/kind"},
		{"POST", "", `{"url":"https://erp.example/","secret":"whsec_AAAA"}`, 400, "/secret"},
		{"GET", "/a.b", "", 400, ""},
		{"GET", "/absent", "", 404, ""},
		{"GET", "/absent/dead-letters?limit=0", "", 400, ""},
		{"GET", "/absent/dead-letters?cursor=x", "", 400, "/cursor"},
		{"POST", "/absent/replay", `{"event":"x"}`, 400, "/event"},
	} {
		w := a.do(tt.method, "/v1/webhooks"+tt.path, tt.body)
		if w.Code != tt.want || problem(t, w).Field != tt.field {
			t.Errorf("%s %s %.80s: %d %s", tt.method, tt.path, tt.body, w.Code, w.Body)
		}
	}
	for range 3 {
		answered[client.WebhookSecret](t, a, 201, "POST", "/v1/webhooks", `{"url":"https://erp.example/"}`)
	}
	if w := a.do("POST", "/v1/webhooks", `{"url":"https://erp.example/"}`); w.Code != http.StatusTooManyRequests || problem(t, w).Code != waymark.ResourceExhausted {
		t.Errorf("a fourth: %d %s", w.Code, w.Body)
	}
	if w := newAPI(t).do("GET", "/v1/webhooks", ""); w.Code != http.StatusServiceUnavailable {
		t.Errorf("without a database: %d %s", w.Code, w.Body)
	}
}
