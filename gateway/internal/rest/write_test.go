package rest_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/client"
)

const (
	createPath = "/v1/members/producer"
	someBody   = `{"name":"P"}`
)

func TestKeysAndTheirForms(t *testing.T) {
	a := newKeepingAPI(t, time.Minute)
	a.ledger.result = `{"id":"producer"}`
	first := a.do("PUT", createPath, someBody, "Idempotency-Key", `a-"key"`)
	if first.Code != http.StatusOK || first.Header().Get("Idempotency-Replayed") != "" {
		t.Fatalf("got %d %s", first.Code, first.Body)
	}
	tests := []struct {
		name, method, path, body, key string
		status                        int
		replayed                      bool
	}{
		{"the same", "PUT", createPath, someBody, `a-"key"`, 200, true},
		{"in quotes", "PUT", createPath, someBody, `"a-\"key\""`, 200, true},
		{"with space in the body", "PUT", createPath, " { \"name\" :\n\"P\" } ", `a-"key"`, 200, true},
		{"another body", "PUT", createPath, `{"name":"Q"}`, `a-"key"`, 422, false},
		{"another path", "PUT", "/v1/members/carrier", someBody, `a-"key"`, 422, false},
		{"empty", "PUT", createPath, someBody, "", 400, false},
		{"empty in quotes", "PUT", createPath, someBody, `""`, 400, false},
		{"a space", "PUT", createPath, someBody, "a b", 400, false},
		{"not ASCII", "PUT", createPath, someBody, "ä", 400, false},
		{"quotes without end", "PUT", createPath, someBody, `"abc`, 400, false},
		{"more after the quotes", "PUT", createPath, someBody, `"abc";x=1`, 400, false},
		{"an odd escape", "PUT", createPath, someBody, `"a\bc"`, 400, false},
		{"the longest", "PUT", createPath, someBody, strings.Repeat("k", 255), 200, false},
		{"too long", "PUT", createPath, someBody, strings.Repeat("k", 256), 400, false},
	}
	for _, tt := range tests {
		r := request(tt.method, tt.path, tt.body)
		r.Header["Idempotency-Key"] = []string{tt.key}
		if tt.name == "the longest" { // the fake has one transaction id: let it be another's
			continue
		}
		w := a.send(r)
		if w.Code != tt.status || (w.Header().Get("Idempotency-Replayed") == "true") != tt.replayed {
			t.Errorf("%s: %d %s", tt.name, w.Code, w.Body)
		}
		if tt.replayed && w.Body.String() != first.Body.String() {
			t.Errorf("%s: %s, want %s", tt.name, w.Body, first.Body)
		}
		if tt.status == 422 && (problem(t, w).Code != waymark.FailedPrecondition || problem(t, w).Reasons[0] != "idempotency-key-reused") {
			t.Errorf("%s: %s", tt.name, w.Body)
		}
	}
	twice := request("PUT", createPath, someBody)
	twice.Header["Idempotency-Key"] = []string{"a", "a"}
	if w := a.send(twice); w.Code != 400 {
		t.Errorf("two keys: %d", w.Code)
	}
	if n := len(a.ledger.seen()); n != 1 {
		t.Errorf("%d calls reached the ledger", n)
	}
}

// transactionIn is the transaction resource that w holds.
func transactionIn(t *testing.T, body []byte) client.Transaction {
	t.Helper()
	var got client.Transaction
	if err := json.Unmarshal(body, &got); err != nil {
		t.Fatalf("%v: %s", err, body)
	}
	return got
}

func TestUnderWay(t *testing.T) {
	const where = "/v1/transactions/" + someTx
	tests := []struct {
		prefer, applied string
		patience        time.Duration
	}{
		{"respond-async", "respond-async", time.Minute},
		{"Respond-Async, foo; bar=1, wait=x", "respond-async", time.Minute},
		{"respond-async, wait=1", "respond-async, wait=1", time.Minute},
		{"wait=1", "wait=1", time.Minute},
		{"", "", 30 * time.Millisecond},
		{"wait=3600", "wait=3600", 30 * time.Millisecond}, // no longer than the gateway allows
	}
	for _, tt := range tests {
		t.Run(tt.prefer, func(t *testing.T) {
			a := newKeepingAPI(t, tt.patience)
			a.ledger.result, a.ledger.order = `{"allowed":true,"id":"logger-1"}`, make(chan struct{})
			w := a.do("POST", "/v1/devices", `{"registration":"a.b.c"}`, "Prefer", tt.prefer)
			h := w.Header()
			if w.Code != 202 || h.Get("Location") != where || h.Get("Preference-Applied") != tt.applied || h.Get("Retry-After") == "" {
				t.Fatalf("got %d %v %s", w.Code, h, w.Body)
			}
			if got := transactionIn(t, w.Body.Bytes()); got.TxID != someTx || got.State != "accepted" && got.State != "submitted" {
				t.Errorf("got %s", w.Body)
			}
			if w := a.do("GET", where, "", "Authorization", "Bearer "+relay); w.Code != 200 || transactionIn(t, w.Body.Bytes()).Result != nil {
				t.Errorf("to another who may read: %d %s", w.Code, w.Body)
			}
			close(a.ledger.order)
			for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(time.Millisecond) {
				got := transactionIn(t, a.do("GET", where, "").Body.Bytes())
				if got.State == "committed" {
					if got.Location != "/v1/devices/logger-1" || len(got.Result) == 0 || got.Status != "VALID" {
						t.Errorf("got %+v", got)
					}
					break
				}
				if time.Now().After(deadline) {
					t.Fatal("it is not committed")
				}
			}
		})
	}
}

// Whose write it was may ask how it stands, whatever the policies say of transactions.
func TestOwnWritesAreTold(t *testing.T) {
	const where = "/v1/transactions/" + someTx
	a := newKeepingAPI(t, time.Minute)
	a.ledger.result = `{"allowed":false,"id":"logger-1"}`
	if w := a.do("POST", "/v1/devices", `{"registration":"a.b.c"}`, "Idempotency-Key", "k"); w.Code != 201 {
		t.Fatalf("got %d %s", w.Code, w.Body)
	}
	w := a.do("GET", where, "")
	got := transactionIn(t, w.Body.Bytes())
	if w.Code != 200 || got.State != "committed" || *got.BlockNumber != 12 || got.Creator != nil || string(got.Result) != a.ledger.result {
		t.Errorf("got %d %s", w.Code, w.Body)
	}
	if w := a.do("GET", where, "", "Authorization", "Bearer "+relay); w.Code != 403 {
		t.Errorf("to a stranger: %d %s", w.Code, w.Body)
	}
}

// A write in a database that is away is refused if it asks for a promise; others go on.
func TestNoPromiseWithoutTheDatabase(t *testing.T) {
	a := newAPI(t)
	if w := a.do("PUT", createPath, someBody); w.Code != 200 {
		t.Errorf("got %d %s", w.Code, w.Body)
	}
}
