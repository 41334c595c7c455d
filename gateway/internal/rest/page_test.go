package rest_test

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
)

// stranger is a request without a credential.
func stranger(path string, headers ...string) *http.Request {
	r := httptest.NewRequest(http.MethodGet, path, http.NoBody)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	return r
}

// TestReferencePage: the page and what it loads come from here, to anybody, under a policy that
// lets no script in markup run (ASVS 5.0: 3.2.1, 3.4.1, 3.4.3,
// 3.4.4, 3.4.5, 3.4.6, 3.4.8).
func TestReferencePage(t *testing.T) {
	a := newAPI(t)
	page := a.send(stranger("/docs"))
	if page.Code != http.StatusOK || !strings.HasPrefix(page.Header().Get("Content-Type"), "text/html") {
		t.Fatalf("%d %v", page.Code, page.Header())
	}
	if text := page.Body.String(); strings.Contains(text, "://") || strings.Contains(text, "<script>") || strings.Contains(text, "style=") {
		t.Errorf("the page names another origin, or has a script or style in it:\n%s", text)
	}
	loaded := 0
	for _, part := range strings.Split(page.Body.String(), `"`) {
		if !strings.HasPrefix(part, "/docs/") {
			continue
		}
		loaded++
		if w := a.send(stranger(part)); w.Code != http.StatusOK || w.Body.Len() == 0 || w.Header().Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: %d, %d bytes", part, w.Code, w.Body.Len())
		}
	}
	if loaded != 4 {
		t.Errorf("the page loads %d files", loaded)
	}
	policy := page.Header().Get("Content-Security-Policy")
	_, script, _ := strings.Cut(policy, "script-src ")
	if !strings.HasPrefix(script, "'self';") || !strings.HasPrefix(policy, "default-src 'none';") || !strings.Contains(policy, "frame-ancestors 'none'") {
		t.Errorf("policy %q", policy)
	}
	for name, want := range map[string]string{
		"X-Frame-Options": "DENY", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cross-Origin-Opener-Policy": "same-origin",
		"Strict-Transport-Security": "max-age=31536000",
	} {
		if got := page.Header().Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if answer := a.send(stranger("/healthz")); answer.Header().Get("Content-Security-Policy") != "default-src 'none'; frame-ancestors 'none'" {
		t.Errorf("policy of what is no page %q", answer.Header().Get("Content-Security-Policy"))
	}
}

func TestPageFilesArePackedForWhoTakesIt(t *testing.T) {
	a := newAPI(t)
	for _, tt := range []struct {
		accept string
		packed bool
	}{{"", false}, {"gzip, br", true}, {"br;q=1.0, GZIP;q=0.5", true}, {"gzip;q=0", false}, {"*", false}, {"gzipped", false}} {
		w := a.send(stranger("/docs/swagger-ui-bundle.js", "Accept-Encoding", tt.accept))
		if packed := w.Header().Get("Content-Encoding") == "gzip"; packed != tt.packed || w.Header().Get("Vary") != "Accept-Encoding" {
			t.Errorf("%q: %v", tt.accept, w.Header())
		}
		body := io.Reader(w.Body)
		if tt.packed {
			unpacked, err := gzip.NewReader(body)
			if err != nil {
				t.Fatal(err)
			}
			body = unpacked
		}
		if data, err := io.ReadAll(body); err != nil || !strings.Contains(string(data), "SwaggerUIBundle") {
			t.Errorf("%q: %d bytes, %v", tt.accept, len(data), err)
		}
	}
}

// A browser that has a file is told so; and an answer costs no copy of the file, so that nobody fills
// the memory by not reading it.
func TestPageFilesAreShared(t *testing.T) {
	a := newAPI(t)
	const file = "/docs/swagger-ui-bundle.js"
	first := a.send(stranger(file))
	again := a.send(stranger(file, "If-None-Match", first.Header().Get("ETag")))
	if again.Code != http.StatusNotModified || again.Body.Len() != 0 || first.Header().Get("Cache-Control") != "no-cache" {
		t.Errorf("%d, %d bytes; %v", again.Code, again.Body.Len(), first.Header())
	}
	const answers = 20
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range answers {
		a.handler.ServeHTTP(unread{header: http.Header{}}, stranger(file))
	}
	runtime.ReadMemStats(&after)
	if each := (after.TotalAlloc - before.TotalAlloc) / answers; each > uint64(first.Body.Len()/10) {
		t.Errorf("an answer of %d bytes takes %d", first.Body.Len(), each)
	}
}

// unread takes an answer and keeps nothing of it.
type unread struct{ header http.Header }

func (u unread) Header() http.Header         { return u.header }
func (u unread) Write(b []byte) (int, error) { return len(b), nil }
func (u unread) WriteHeader(int)             {}

func TestReferencePageCanBeOff(t *testing.T) {
	a := newAPI(t, func(l *limits) { l.noPage = true })
	for _, path := range []string{"/docs", "/docs/reference.js", "/docs/swagger-ui.css"} {
		if w := a.send(stranger(path)); w.Code != http.StatusNotFound {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
	if w := a.send(stranger("/openapi.json")); w.Code != http.StatusOK {
		t.Errorf("/openapi.json: %d", w.Code)
	}
}
