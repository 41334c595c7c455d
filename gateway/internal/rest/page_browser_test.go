//go:build browser

package rest_test

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	contract "github.com/waymark-ledger/waymark/gateway/api"
)

// browsers are the names of Chromium's command.
var browsers = []string{"chromium", "chromium-browser", "google-chrome"}

// complaint is a line of Chromium's log about what a page did wrong, its policy included.
var complaint = regexp.MustCompile(`(?m)^.*(?::CONSOLE|Content Security Policy|Refused to|Uncaught).*$`)

// TestReferencePageInABrowser opens the page in a real browser, once as it is and once at an
// operation: it shows every operation and what belongs to that one, breaks no policy, logs
// nothing, and asks nobody else for anything (ASVS 5.0: 3.4.3).
func TestReferencePageInABrowser(t *testing.T) {
	a := newAPI(t)
	var mu sync.Mutex
	asked := map[string]bool{}
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		asked[r.URL.Path] = true
		mu.Unlock()
		a.handler.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)

	page := open(t, server.URL+"/docs")
	for _, id := range operationIDs(t) {
		if !strings.Contains(page, id) {
			t.Errorf("the page does not show %s", id)
		}
	}
	if at := open(t, server.URL+"/docs#/devices/registerDevice"); !strings.Contains(at, "Idempotency-Key") || !strings.Contains(at, "a.b.c") && !strings.Contains(at, "registration") {
		t.Errorf("the page at an operation does not show what belongs to it: %d bytes", len(at))
	}
	mu.Lock()
	defer mu.Unlock()
	for _, path := range []string{"/docs", "/docs/reference.js", "/docs/swagger-ui-bundle.js", "/docs/swagger-ui.css", "/openapi.json"} {
		if !asked[path] {
			t.Errorf("the browser did not ask for %s", path)
		}
	}
}

// operationIDs are those of the document.
func operationIDs(t *testing.T) []string {
	t.Helper()
	var ids []string
	for _, m := range regexp.MustCompile(`"operationId": "(\w+)"`).FindAllSubmatch(contract.Document(), -1) {
		ids = append(ids, string(m[1]))
	}
	if len(ids) < 100 {
		t.Fatalf("%d operations", len(ids))
	}
	return ids
}

// open returns what a page is once its scripts have run. A line in the console fails the test,
// and so does a name that the browser is to look up: it has no addresses but this machine's.
func open(t *testing.T, url string) string {
	t.Helper()
	program := ""
	for _, name := range browsers {
		if path, err := exec.LookPath(name); err == nil {
			program = path
			break
		}
	}
	if program == "" {
		t.Fatalf("this test needs Chromium: none of %v is there", browsers)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking",
		"--no-first-run", "--user-data-dir="+t.TempDir(), "--ignore-certificate-errors", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
		"--enable-logging=stderr", "--virtual-time-budget=20000", "--dump-dom", url)
	var page, log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &page, &log
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v\n%s", err, &log)
	}
	for _, line := range complaint.FindAllString(log.String(), -1) {
		t.Errorf("%s: the browser says %s", url, line)
	}
	return page.String()
}
