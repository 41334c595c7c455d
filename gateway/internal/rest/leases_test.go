package rest_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/client"
)

func TestLeasesAreTakenAndReleased(t *testing.T) {
	a := newHookedAPI(t)
	const one, mine, others = "/v1/leases/fleet:1", `{"holder":"a","seconds":15,"note":"there"}`, `{"holder":"b","seconds":15}`
	taken := answered[client.Lease](t, a, 200, "PUT", one, mine)
	if taken.Name != "fleet:1" || taken.Holder != "a" || taken.Note != "there" || taken.Term == 0 || taken.Until.IsZero() {
		t.Errorf("%+v", taken)
	}
	if renewed := answered[client.Lease](t, a, 200, "PUT", one, mine); renewed.Term != taken.Term {
		t.Errorf("renewed %+v", renewed)
	}
	if w := a.do("PUT", one, others); w.Code != http.StatusConflict || problem(t, w).Code != waymark.AlreadyExists {
		t.Errorf("another takes it: %d %s", w.Code, w.Body)
	}
	for query, want := range map[string]int{"": 1, "?prefix=fleet:": 1, "?prefix=fleet:1x": 0} {
		if all := answered[client.LeaseList](t, a, 200, "GET", "/v1/leases"+query, ""); len(all.Leases) != want || all.Leases == nil {
			t.Errorf("%q: %+v", query, all)
		}
	}
	if w := a.do("POST", one+"/release", `{"holder":"b"}`); w.Code != http.StatusNotFound {
		t.Errorf("another releases it: %d %s", w.Code, w.Body)
	}
	answered[client.Lease](t, a, 200, "POST", one+"/release", `{"holder":"a"}`)
	if moved := answered[client.Lease](t, a, 200, "PUT", one, others); moved.Term <= taken.Term || moved.Holder != "b" || moved.Note != "" {
		t.Errorf("moved %+v", moved)
	}
	if lines := strings.Count(a.audit.String(), `"event":"write"`); lines != 5 { // all but the renewal
		t.Errorf("audited %d of 5 changes: %s", lines, a.audit)
	}
}

// TestALeaseIsAnIdentitys: others have none of it, and the same name for themselves (ASVS 5.0: 8.2.2).
func TestALeaseIsAnIdentitys(t *testing.T) {
	a := newHookedAPI(t)
	as := []string{"Authorization", "Bearer " + relay}
	answered[client.Lease](t, a, 200, "PUT", "/v1/leases/n", `{"holder":"a","seconds":15}`)
	if all := answered[client.LeaseList](t, a, 200, "GET", "/v1/leases", "", as...); len(all.Leases) != 0 {
		t.Errorf("%+v", all)
	}
	if w := a.do("POST", "/v1/leases/n/release", `{"holder":"a"}`, as...); w.Code != http.StatusNotFound {
		t.Errorf("released: %d %s", w.Code, w.Body)
	}
	answered[client.Lease](t, a, 200, "PUT", "/v1/leases/n", `{"holder":"b","seconds":15}`, as...)
}

func TestLeasesThatCannotBe(t *testing.T) {
	a := newHookedAPI(t)
	for _, tt := range []struct{ method, path, body, field string }{
		{"PUT", "/n", `{}`, "/holder"},
		{"PUT", "/n", `{"holder":"a"}`, "/seconds"},
		{"PUT", "/n", `{"holder":"a","seconds":4}`, "/seconds"},
		{"PUT", "/n", `{"holder":"a","seconds":61}`, "/seconds"},
		{"PUT", "/n", `{"holder":"a b","seconds":9}`, "/holder"},
		{"PUT", "/n", `{"holder":"a","seconds":9,"note":"` + strings.Repeat("x", 201) + `"}`, "/note"},
		{"PUT", "/n", `{"holder":"a","seconds":9,"term":1}`, "/term"},
		{"PUT", "/n.m", `{"holder":"a","seconds":9}`, ""},
		{"POST", "/n/release", `{}`, "/holder"},
		{"GET", "?prefix=%25", "", ""},
	} {
		w := a.do(tt.method, "/v1/leases"+tt.path, tt.body)
		if w.Code != http.StatusBadRequest || problem(t, w).Field != tt.field {
			t.Errorf("%s %s %.60s: %d %s", tt.method, tt.path, tt.body, w.Code, w.Body)
		}
	}
	away := newAPI(t)
	for _, r := range [][3]string{{"PUT", "/n", `{"holder":"a","seconds":9}`}, {"POST", "/n/release", `{"holder":"a"}`}, {"GET", "", ""}} {
		if w := away.do(r[0], "/v1/leases"+r[1], r[2]); w.Code != http.StatusServiceUnavailable {
			t.Errorf("%s without a database: %d %s", r[0], w.Code, w.Body)
		}
	}
}
