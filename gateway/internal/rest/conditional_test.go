package rest_test

import (
	"net/http"
	"strings"
	"testing"
)

// TestWhoHasTheAnswerIsToldSo: an answer that is the same is 304, and one that is another is not.
func TestWhoHasTheAnswerIsToldSo(t *testing.T) {
	a := newAPI(t)
	for _, path := range []string{"/v1/members/producer", "/v1/shipments"} {
		list := path == "/v1/shipments"
		a.ledger.result = `{"shipments":[],"block":17}`
		first := a.do("GET", path, "")
		tag := first.Header().Get("ETag")
		if first.Code != http.StatusOK || strings.HasPrefix(tag, "W/") != list || (first.Header().Get("Waymark-Block") == "17") != list {
			t.Fatalf("%s: %d %v", path, first.Code, first.Header())
		}
		for header, want := range map[string]int{
			tag: http.StatusNotModified, strings.TrimPrefix(tag, "W/"): http.StatusNotModified, `"x", ` + tag: http.StatusNotModified, "*": http.StatusNotModified,
			`"x"`: http.StatusOK, "": http.StatusOK, "x" + tag: http.StatusOK, strings.ReplaceAll(tag, `"`, ""): http.StatusOK,
		} {
			w := a.do("GET", path, "", "If-None-Match", header)
			if w.Code != want || (w.Body.Len() == 0) != (want == http.StatusNotModified) || w.Header().Get("ETag") != tag {
				t.Errorf("%s, %s: %d %v %s", path, header, w.Code, w.Header(), w.Body)
			}
		}
		a.ledger.result = `{"shipments":[],"block":18}`
		at18 := a.do("GET", path, "", "If-None-Match", tag)
		if unchanged := at18.Code == http.StatusNotModified; unchanged != list || list && at18.Header().Get("Waymark-Block") != "18" {
			t.Errorf("%s, at another block: %d %v", path, at18.Code, at18.Header())
		}
		a.ledger.result = `{"shipments":[{"shipment":{"id":"S1"}}],"block":18}`
		if changed := a.do("GET", path, "", "If-None-Match", tag); changed.Code != http.StatusOK || changed.Header().Get("ETag") == tag {
			t.Errorf("%s, changed: %d %v", path, changed.Code, changed.Header())
		}
	}
}

// TestOnlyAnswersAreTagged: what is written, what happens, what fails and what is the gateway's own are not.
func TestOnlyAnswersAreTagged(t *testing.T) {
	a := newAPI(t)
	if w := a.do("GET", "/v1/events", ""); w.Code != http.StatusOK || w.Header().Get("Waymark-Block") == "" {
		t.Errorf("%d %v", w.Code, w.Header())
	}
	for _, r := range []struct{ method, path, body string }{
		{"PUT", "/v1/members/producer", `{"name":"P"}`}, {"GET", "/v1/events", ""}, {"GET", "/v1/members/no.id", ""}, {"GET", "/healthz", ""}, {"GET", "/readyz", ""},
	} {
		if w := a.do(r.method, r.path, r.body, "If-None-Match", "*"); w.Header().Get("ETag") != "" || w.Code == http.StatusNotModified {
			t.Errorf("%s %s: %d %v", r.method, r.path, w.Code, w.Header())
		}
	}
}
