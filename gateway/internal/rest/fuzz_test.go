package rest_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	contract "github.com/waymark-ledger/waymark/gateway/api"
	"github.com/waymark-ledger/waymark/gateway/hostile"
)

// hostilePerOperation is how many requests the fuzz makes for each operation.
const hostilePerOperation = 60

// TestHostileRequests makes requests of the document for every operation and spoils one part
// of each. Whatever comes, the answer has a documented status that is not 500, is what the
// document says of it, and tells nothing of the inside (ASVS 5.0: 2.2.1, 4.1.1, 16.5.1). Test/e2e
// does it on a real network.
func TestHostileRequests(t *testing.T) {
	a := newKeepingAPI(t, time.Minute)
	seed, err := hostile.Seed()
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("the same requests are made again with %s=%d", hostile.Environment, seed)
	for _, o := range hostile.Operations(loadDocument(t), seed, hostile.Known{Name: someName}) {
		checkHostile(t, a, o.Sound())
		for range hostilePerOperation - 1 {
			checkHostile(t, a, o.Spoiled())
		}
	}
}

func checkHostile(t *testing.T, a *api, r hostile.Request) {
	t.Helper()
	w := a.send(received(r))
	if w.Code < http.StatusBadRequest && !r.Operation.Open { // the fake ledger's records are not what the document says
		if !r.Operation.Answers(w.Code) {
			t.Errorf("%s: %d is not documented", r.Operation.ID, w.Code)
		}
		return
	}
	if err := r.Check(t.Context(), hostile.Answer{Status: w.Code, Header: w.Header(), Body: w.Body.Bytes()}); err != nil {
		t.Errorf("%s: %.200q %.200q: %d %.300s: %v", r.Operation.ID, r.Path, r.Body, w.Code, w.Body, err)
	}
}

// TestPastTheBounds: whatever is past a bound that the document gives it is refused, before the ledger is asked.
func TestPastTheBounds(t *testing.T) {
	a := newKeepingAPI(t, time.Minute, func(l *limits) { l.BodyBytes = 64 << 20; l.BytesInFlight = 256 << 20 })
	refused := 0
	for _, o := range hostile.Operations(loadDocument(t), 1, hostile.Known{Name: someName}) {
		for _, r := range o.Past() {
			before := len(a.ledger.seen())
			w := a.send(received(r))
			asked := len(a.ledger.seen()) > before && o.ID != "proposeTerms" // which takes the salt of terms that are there
			if w.Code != http.StatusBadRequest || asked {
				t.Errorf("%s: %.100q %.100q: %d %.300s", o.ID, r.Path, r.Body, w.Code, w.Body)
			}
			refused++
		}
	}
	if refused < 500 {
		t.Errorf("%d requests past a bound", refused)
	}
}

// received is a request as a server has it, whatever is in it.
func received(r hostile.Request) *http.Request {
	got := httptest.NewRequest(r.Operation.Method, "/", strings.NewReader(r.Body))
	got.Header = r.Header
	got.Header.Set("Authorization", "Bearer "+operator)
	got.URL.Path, got.URL.RawPath, got.URL.RawQuery = r.Path, r.Path, r.Query
	if plain, err := url.PathUnescape(r.Path); err == nil {
		got.URL.Path = plain
	}
	return got
}

// someName is a name of what a parameter is about.
func someName(o hostile.Operation, parameter string) string {
	switch {
	case parameter == "tx_id":
		return someTx
	case parameter == "id" && strings.HasPrefix(o.Path, "/v1/goods") && !strings.Contains(o.Path, "{id}"):
		return "https://id.gs1.org/01/00012345600012/21/1"
	}
	return ""
}

func loadDocument(t *testing.T) *openapi3.T {
	t.Helper()
	document, err := openapi3.NewLoader().LoadFromData(contract.Document())
	if err != nil {
		t.Fatal(err)
	}
	return document
}

// TestSoundRequestsReachTheLedger, so that the fuzz is about more than the first check of each.
func TestSoundRequestsReachTheLedger(t *testing.T) {
	a := newKeepingAPI(t, time.Minute)
	var missed []string
	reached := 0
	for _, o := range hostile.Operations(loadDocument(t), 1, hostile.Known{Name: someName}) {
		before := len(a.ledger.seen())
		a.send(received(o.Sound()))
		if len(a.ledger.seen()) > before {
			reached++
		} else if !o.Open {
			missed = append(missed, o.ID)
		}
	}
	slices.Sort(missed)
	if reached < 92 {
		t.Errorf("of the fuzz's sound requests %d reach the ledger, and not those of %v", reached, missed)
	}
}
