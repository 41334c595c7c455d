package rest_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"hash/fnv"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/waymark-ledger/waymark/gateway/internal/rest"
)

// hostilePerOperation is how many requests the fuzz makes for each operation.
const hostilePerOperation = 60

var hostileSeed = flag.Uint64("hostile-seed", 0, "makes the hostile requests of an earlier run again; each run has its own if it is 0")

// TestHostileRequests makes requests of the document for every operation and spoils one part
// of each. Whatever comes, the answer has a documented status that is not 500, is what the
// document says of it, and tells nothing of the inside (ASVS 5.0: 2.2.1, 4.1.1, 16.5.1).
func TestHostileRequests(t *testing.T) {
	document := loadDocument(t)
	a := newKeepingAPI(t, time.Minute)
	seed := *hostileSeed
	if seed == 0 {
		seed = rand.Uint64()
	}
	t.Logf("the same requests are made again with -hostile-seed=%d", seed)
	for path, item := range document.Paths.Map() {
		for method, operation := range item.Operations() {
			own := fnv.New64a() // operations come in any order
			_, _ = own.Write([]byte(operation.OperationID))
			random := rand.New(rand.NewPCG(seed, own.Sum64()))
			hostile := spoiler{document: document, operation: operation, method: method, path: path, random: random}
			for n := range hostilePerOperation {
				r := hostile.request(n == 0)
				w := a.send(r)
				if err := check(t, operation, r, w); err != nil {
					t.Errorf("%s: %.200q: %d %.300s: %v", operation.OperationID, r.URL.String(), w.Code, w.Body, err)
				}
			}
		}
	}
}

func loadDocument(t *testing.T) *openapi3.T {
	t.Helper()
	data, err := rest.OpenAPI()
	if err != nil {
		t.Fatal(err)
	}
	document, err := openapi3.NewLoader().LoadFromData(data)
	if err != nil {
		t.Fatal(err)
	}
	return document
}

// inside is what no answer may tell: names of Go and of Fabric, paths, stacks.
var inside = regexp.MustCompile(`goroutine |\.go:\d|panic|runtime error|waymark\.[A-Z]|[a-z]+/internal/|\*?[a-z]+\.[A-Z]\w+Error|MSP|chaincode response`)

// check returns what is wrong with an answer.
func check(t *testing.T, operation *openapi3.Operation, r *http.Request, w *httptest.ResponseRecorder) error {
	t.Helper()
	if w.Code == http.StatusInternalServerError {
		return fmt.Errorf("an internal error")
	}
	if w.Code < http.StatusBadRequest { // the fake ledger's records are not what the document says
		if operation.Responses.Status(w.Code) == nil {
			return fmt.Errorf("the status is not documented")
		}
		return nil
	}
	if told := inside.FindString(w.Body.String()); told != "" {
		return fmt.Errorf("tells of the inside: %q", told)
	}
	elsewhere := w.Code == http.StatusNotFound || w.Code == http.StatusMethodNotAllowed
	if elsewhere && operation.Responses.Status(w.Code) == nil {
		return nil // the spoiled path is another one
	}
	return openapi3filter.ValidateResponse(t.Context(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: &openapi3filter.RequestValidationInput{Request: r, Route: &routers.Route{Operation: operation}},
		Status:                 w.Code, Header: w.Header(),
		Body:    io.NopCloser(bytes.NewReader(w.Body.Bytes())),
		Options: &openapi3filter.Options{IncludeResponseStatus: true},
	})
}

// spoiler makes requests for an operation.
type spoiler struct {
	document     *openapi3.T
	operation    *openapi3.Operation
	method, path string
	random       *rand.Rand
}

// request makes one that is sound, or has one odd part.
func (s spoiler) request(sound bool) *http.Request {
	var places []func() // each spoils one part
	path, query, header := s.path, url.Values{}, http.Header{}
	for _, ref := range s.operation.Parameters {
		p := ref.Value
		value := s.sound(p.Name, p.Schema.Value)
		switch p.In {
		case openapi3.ParameterInPath:
			full := strings.Replace(path, "{"+p.Name+"}", url.PathEscape(value), 1)
			places = append(places, func() { path = strings.Replace(full, url.PathEscape(value), url.PathEscape(s.odd()), 1) })
			path = full
		case openapi3.ParameterInQuery:
			query.Set(p.Name, value)
			places = append(places, func() { query.Set(p.Name, s.odd()) }, func() { query.Add(p.Name, value) }, func() { query.Del(p.Name) })
		case openapi3.ParameterInHeader:
			places = append(places, func() { header.Set(p.Name, s.odd()) })
		}
	}
	places = append(places, func() { query.Set(s.odd(), s.odd()) }, func() { header.Set("Accept", s.odd()) }, func() { header.Set("Content-Type", s.odd()) })
	body := ""
	if s.operation.RequestBody != nil {
		value := s.value("", s.operation.RequestBody.Value.Content.Get("application/json").Schema.Value, 0)
		body = text(value)
		for range 6 { // the body has more parts than all else
			places = append(places, func() { body = s.spoil(value) })
		}
	}
	if !sound {
		places[s.random.IntN(len(places))]()
	}
	r := request(s.method, "/", body)
	r.URL.Path, r.URL.RawPath, r.URL.RawQuery = unescaped(path), path, query.Encode()
	for name, values := range header {
		r.Header[name] = values
	}
	return r
}

func unescaped(path string) string {
	if plain, err := url.PathUnescape(path); err == nil {
		return plain
	}
	return path
}

// sound is a parameter's value as its schema has it.
func (s spoiler) sound(name string, schema *openapi3.Schema) string {
	if text, ok := s.value(name, schema, 0).(string); ok {
		return text
	}
	return text(s.value(name, schema, 0))
}

// value is one that a schema admits, save what only a Validate knows.
func (s spoiler) value(name string, schema *openapi3.Schema, depth int) any {
	switch {
	case len(schema.Enum) > 0:
		return schema.Enum[0]
	case schema.Type.Is("integer"), schema.Type.Is("number"):
		return 1
	case schema.Type.Is("boolean"):
		return true
	case schema.Type.Is("array"):
		if depth > 4 {
			return []any{}
		}
		return []any{s.value(name, schema.Items.Value, depth+1)}
	case schema.Type.Is("object"):
		object := map[string]any{}
		for key, property := range schema.Properties {
			object[key] = s.value(key, property.Value, depth+1)
		}
		return object
	case schema.Format == "date-time":
		return "2030-01-02T03:04:05Z"
	case name == "tx_id":
		return someTx
	case strings.HasPrefix(s.path, "/v1/goods"):
		return "https://id.gs1.org/01/00012345600012/21/1"
	}
	return "S1"
}

// spoil replaces, drops or doubles something within a body.
func (s spoiler) spoil(value any) string {
	sound := text(value)
	var members []int
	for at := range sound {
		if sound[at] == ':' || sound[at] == '[' {
			members = append(members, at+1)
		}
	}
	if len(members) == 0 {
		return s.oddJSON()
	}
	at := members[s.random.IntN(len(members))]
	end := at + strings.IndexAny(sound[at:]+",", ",}]")
	switch s.random.IntN(4) {
	case 0:
		return sound[:at] // cut off
	case 1:
		return "{" + sound[1:max(1, len(sound)-1)] + "," + strings.TrimPrefix(sound, "{") // each member twice
	}
	return sound[:at] + s.oddJSON() + sound[min(end, len(sound)):]
}

// odd is a text that breaks what is careless.
func (s spoiler) odd() string {
	all := []string{
		"", " ", "\x00", "\x7f\x1b[31m", "\r\nX: y", "a/b", "../../etc/passwd", "%2e%2e", "a:b", "*", ">", "~", "'\"><script>", "${jndi:ldap://x}", "'; DROP TABLE requests; --",
		"\u202e\u200b", "e\u0301", "\U0001F600", "\uffff", "\U0010FFFF", "\xff\xfe", "null", "true", "0", "-1", "1e400", "9223372036854775808", "0x1", "NaN", "٣",
		strings.Repeat("a", 65), strings.Repeat("é", 2000), "respond-async", "wait=99999999999", "application/json;q=0",
	}
	return all[s.random.IntN(len(all))]
}

func (s spoiler) oddJSON() string {
	all := []string{
		"null", "[]", "{}", `[[]]`, `{"a":{}}`, "true", "0", "-0", "-1", "0.1", "1e400", "1E-400", "9223372036854775808", "18446744073709551616", strings.Repeat("9", 400),
		`"\ud800"`, `"\u0000"`, `""`, "NaN", "'x'", "//", "\xff", "\x00", strings.Repeat("[", 200),
	}
	if n := s.random.IntN(2 * len(all)); n < len(all) {
		return all[n]
	}
	return text(s.odd())
}

func text(value any) string {
	data, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	return string(data)
}

// TestSoundRequestsReachTheLedger, so that the fuzz is about more than the first check of each.
func TestSoundRequestsReachTheLedger(t *testing.T) {
	document := loadDocument(t)
	a := newKeepingAPI(t, time.Minute)
	var reached []string
	for path, item := range document.Paths.Map() {
		for method, operation := range item.Operations() {
			before := len(a.ledger.seen())
			a.send(spoiler{document: document, operation: operation, method: method, path: path, random: rand.New(rand.NewPCG(1, 1))}.request(true))
			if len(a.ledger.seen()) > before {
				reached = append(reached, operation.OperationID)
			}
		}
	}
	slices.Sort(reached)
	if len(reached) < 60 {
		t.Errorf("of the fuzz's sound requests %d reach the ledger: %v", len(reached), reached)
	}
}
