//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/hostile"
	"github.com/waymark-ledger/waymark/test/internal/localnet"
)

const (
	// hostilePerOperation makes about 3,300 requests in all.
	hostilePerOperation = 30
	hostileWorkers      = 8
	hostileTime         = 90 * time.Second
)

// TestHostileRequests sends requests of the document to a real gateway, for every operation one as
// it should be and others with an odd part. None is an internal error or past what the document
// says, none tells of the inside, nothing panics, every process lives on, and after it all a good
// write is committed (ASVS 5.0: 2.2.1, 4.1.1, 16.5.1).
func TestHostileRequests(t *testing.T) {
	ctx := limit(t, hostileTime)
	document, err := openapi3.NewLoader().LoadFromFile(filepath.Join(repository(t), "gateway", "api", "openapi.json"))
	if err != nil {
		t.Fatal(err)
	}
	seed, err := hostile.Seed()
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("the same requests are made again with %s=%d", hostile.Environment, seed)
	f := newFuzz(t, newThings(ctx, t))
	before := processes(ctx, t)
	began := time.Now()
	f.run(ctx, hostile.Operations(document, seed, hostile.Known{Name: f.name, Body: f.body}))
	t.Logf("%d requests in %s, %d could not be sent; by status: %v", f.sent, time.Since(began).Round(time.Second), f.unsent, f.byStatus)
	if f.sent < 1200 || f.byStatus[http.StatusOK] < 50 {
		t.Errorf("%d requests, answered %v: that shows little", f.sent, f.byStatus)
	}
	for name, pid := range processes(ctx, t) {
		if before[name] != pid {
			t.Errorf("%s was process %d, and is %d", name, before[name], pid)
		}
	}
	for _, log := range []string{"gateway.producer", "gateway.retailer"} {
		data, err := os.ReadFile(filepath.Join(local.Dir(), "logs", log+".log"))
		if err != nil || bytes.Contains(data, []byte(`"panic"`)) || bytes.Contains(data, []byte("goroutine ")) {
			t.Errorf("the log of %s tells of a panic (%v)", log, err)
		}
	}
	shipment(ctx, t, "carrier")
}

func repository(t *testing.T) string {
	t.Helper()
	root, err := localnet.Root()
	if err != nil {
		t.Fatal(err)
	}
	return root
}

// processes are those that a request passes, by name. An upgrade gives chaincodes other names.
func processes(ctx context.Context, t *testing.T) map[string]int {
	t.Helper()
	all, err := local.Processes(ctx)
	if err != nil {
		t.Fatal(err)
	}
	maps.DeleteFunc(all, func(name string, _ int) bool {
		return !strings.HasPrefix(name, "gateway.") && !strings.HasPrefix(name, "peer.") && !strings.HasPrefix(name, "chaincode.")
	})
	if want := 3 * len(local.at.Members); len(all) != want {
		t.Errorf("%d processes run, not %d: %v", len(all), want, all)
	}
	return all
}

// fuzz sends requests. Its callers have the roles of a member, but for the admin's, which is
// another's: no policy that comes of it opens what other tests are about.
type fuzz struct {
	t       *testing.T
	about   things
	rows    []row
	clients map[string]*http.Client
	callers []fuzzCaller

	mu           sync.Mutex
	sent, unsent int
	byStatus     map[int]int
}

type fuzzCaller struct {
	member string
	role   waymark.Role
}

func newFuzz(t *testing.T, about things) *fuzz {
	t.Helper()
	f := &fuzz{t: t, about: about, rows: matrix(), clients: map[string]*http.Client{}, byStatus: map[int]int{}, callers: []fuzzCaller{
		{"producer", waymark.Operator}, {"producer", waymark.Relay}, {"producer", waymark.Quality}, {"retailer", waymark.Admin},
	}}
	for _, c := range f.callers {
		f.clients[c.member] = clientOf(t, local.at.Members[c.member])
	}
	return f
}

// name is what a parameter in a path or query is about.
func (f *fuzz) name(o hostile.Operation, parameter string) string {
	if template := "{" + parameter + "}"; strings.Contains(o.Path, template) {
		whole, part := strings.Split(f.about.in(o.Path), "/"), strings.Split(o.Path, "/")
		for n := range part {
			if before, _, found := strings.Cut(part[n], template); found {
				return strings.TrimPrefix(whole[n], before)
			}
		}
	}
	if parameter == "id" {
		return f.about["item"]
	}
	return ""
}

// body is what the matrix of routes has for the operation.
func (f *fuzz) body(o hostile.Operation) any {
	for _, r := range f.rows {
		if r.operation != o.ID || r.body == "" {
			continue
		}
		var body any
		if err := json.Unmarshal([]byte(f.about.in(r.body)), &body); err != nil {
			f.t.Errorf("%s: %v", o.ID, err)
		}
		return body
	}
	return nil
}

// run sends what the operations make, a few at once, and each operation's one after another.
func (f *fuzz) run(ctx context.Context, operations []hostile.Operation) {
	work := make(chan hostile.Operation)
	var workers sync.WaitGroup
	for range hostileWorkers {
		workers.Go(func() {
			for o := range work {
				f.send(ctx, o.Sound(), f.callers[0])
				for n := range hostilePerOperation - 1 {
					f.send(ctx, o.Spoiled(), f.callers[n%len(f.callers)])
				}
			}
		})
	}
	for _, o := range operations {
		work <- o
	}
	close(work)
	workers.Wait()
}

// send sends a request, and reports what is wrong with its answer.
func (f *fuzz) send(ctx context.Context, r hostile.Request, by fuzzCaller) {
	answer, sent, err := f.exchange(ctx, r, by)
	f.mu.Lock()
	defer f.mu.Unlock()
	if !sent {
		f.unsent++
		return
	}
	f.sent++
	f.byStatus[answer.Status]++
	unread := answer.Status == http.StatusRequestHeaderFieldsTooLarge && headBytes(r) > maxHead
	if err == nil && !unread {
		err = r.Check(ctx, answer)
	}
	if err == nil && answer.Status > http.StatusInternalServerError {
		err = errors.New("no request of a caller is to do that")
	}
	if err != nil {
		f.t.Errorf("%s as %s/%s: %.200q ?%.200q %.300q: %d %.300s: %v", r.Operation.ID, by.member, by.role, r.Path, r.Query, r.Body, answer.Status, answer.Body, err)
	}
}

// maxHead is what of a head surely fits limits.header_bytes of gateways (16 KiB), with all that a client adds.
// What does not fit is no request of an operation: the HTTP server says so before there is one, and
// the document does not tell of it.
const maxHead = 12 << 10

// headBytes is how much of a head a request has at least.
func headBytes(r hostile.Request) int {
	n := len(r.Path) + len(r.Query)
	for name, values := range r.Header {
		for _, value := range values {
			n += len(name) + len(value)
		}
	}
	return n
}

// exchange sends a request; false if it is none that an HTTP client would send.
func (f *fuzz) exchange(ctx context.Context, r hostile.Request, by fuzzCaller) (hostile.Answer, bool, error) {
	m := local.at.Members[by.member]
	target, err := url.Parse(m.GatewayURL)
	if err != nil {
		return hostile.Answer{}, true, err
	}
	request, err := http.NewRequestWithContext(ctx, r.Operation.Method, m.GatewayURL, strings.NewReader(r.Body))
	if err != nil {
		return hostile.Answer{}, true, err
	}
	request.URL = &url.URL{Scheme: target.Scheme, Host: target.Host, Opaque: "//" + target.Host + r.Path, RawQuery: r.Query}
	request.Header = r.Header
	if !r.Operation.Open {
		request.Header.Set("Authorization", "Bearer "+m.Tokens[string(by.role)])
	}
	response, err := f.clients[by.member].Do(request)
	if err != nil {
		if strings.Contains(err.Error(), "invalid header field") {
			return hostile.Answer{}, false, nil
		}
		return hostile.Answer{}, true, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return hostile.Answer{Status: response.StatusCode, Header: response.Header, Body: body}, true, err
}
