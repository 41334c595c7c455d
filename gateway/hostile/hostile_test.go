package hostile_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/waymark-ledger/waymark/gateway/hostile"
)

const document = `{"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": {
	"/v1/things/{id}": {"put": {"operationId": "putThing",
		"parameters": [{"name": "id", "in": "path", "required": true, "schema": {"type": "string"}}],
		"requestBody": {"content": {"application/json": {"schema": {"type": "object", "properties": {"name": {"type": "string"}}}, "example": {"name": "box"}}}},
		"responses": {
			"200": {"description": "d", "content": {"application/json": {"schema": {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}}}}},
			"400": {"description": "d", "content": {"application/problem+json": {"schema": {"type": "object", "required": ["code"], "properties": {"code": {"type": "string"}}}}}}}}}}}`

func operation(t *testing.T, seed uint64) hostile.Operation {
	t.Helper()
	loaded, err := openapi3.NewLoader().LoadFromData([]byte(document))
	if err != nil {
		t.Fatal(err)
	}
	return hostile.Operations(loaded, seed, hostile.Known{Name: func(hostile.Operation, string) string { return "t 1" }})[0]
}

func TestSoundRequests(t *testing.T) {
	r := operation(t, 1).Sound()
	if r.Path != "/v1/things/t%201" || r.Body != `{"name":"box"}` || r.Query != "" || r.Header.Get("Content-Type") != "application/json" {
		t.Errorf("%+v", r)
	}
}

// TestSeeds: the same seed makes the same requests, and another makes others.
func TestSeeds(t *testing.T) {
	made := func(seed uint64) (all []string) {
		o := operation(t, seed)
		for range 100 {
			r := o.Spoiled()
			all = append(all, strings.Join([]string{r.Path, r.Query, r.Body, r.Header.Get("Accept"), r.Header.Get("Content-Type")}, "\n"))
		}
		return all
	}
	if one := made(7); !slices.Equal(one, made(7)) || slices.Equal(one, made(8)) {
		t.Error("a seed does not decide what is made")
	}
}

func TestWhatIsWrongWithAnAnswer(t *testing.T) {
	r := operation(t, 1).Sound()
	const jsonMedia, problem = "application/json", "application/problem+json"
	tests := []struct {
		name, media, body string
		status            int
		good              bool
	}{
		{name: "a record", status: 200, media: jsonMedia, body: `{"name":"box"}`, good: true},
		{name: "a problem", status: 400, media: problem, body: `{"code":"invalid"}`, good: true},
		{name: "another path", status: 404, media: problem, body: `{"code":"not_found"}`, good: true},
		{name: "another path, not as a problem", status: 404, media: "text/html", body: `<html>`},
		{name: "a record without a member", status: 200, media: jsonMedia, body: `{}`},
		{name: "an internal error", status: 500, media: problem, body: `{"code":"internal"}`},
		{name: "a status that is not there", status: 503, media: problem, body: `{"code":"unavailable"}`},
		{name: "a stack", status: 400, media: problem, body: `{"code":"goroutine 7 [running]"}`},
		{name: "a type of Go", status: 400, media: problem, body: `{"code":"json: waymark.Device"}`},
		{name: "SQL", status: 400, media: problem, body: `{"code":"SQLSTATE 23505"}`},
		{name: "a path", status: 400, media: problem, body: `{"code":"open /home/x"}`},
	}
	for _, tt := range tests {
		err := r.Check(t.Context(), hostile.Answer{Status: tt.status, Header: http.Header{"Content-Type": {tt.media}}, Body: []byte(tt.body)})
		if (err == nil) != tt.good {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}

// TestPast makes one request for each bound, with that alone broken.
func TestPast(t *testing.T) {
	const bounded = `{"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": {"/v1/things/{id}": {"put": {"operationId": "putThing",
		"parameters": [{"name": "id", "in": "path", "required": true, "schema": {"type": "string", "maxLength": 2}}],
		"requestBody": {"content": {"application/json": {"example": {"count": 1, "kind": "a", "names": ["n"], "some": 1},
			"schema": {"type": "object", "required": ["count"], "properties": {
				"count": {"type": "integer", "minimum": 1, "maximum": 3}, "kind": {"type": "string", "enum": ["a"]}, "some": {"type": "integer", "minimum": 1, "maximum": 2},
				"names": {"type": "array", "maxItems": 1, "items": {"type": "string", "minLength": 2, "pattern": "^n"}}}}}}},
		"responses": {"200": {"description": "d"}}}}}}`
	loaded, err := openapi3.NewLoader().LoadFromData([]byte(bounded))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range hostile.Operations(loaded, 1, hostile.Known{})[0].Past() {
		got = append(got, r.Path+" "+r.Body)
	}
	sound := `{"count":1,"kind":"a","names":["n"],"some":1}`
	want := []string{
		"/v1/things/aaa " + sound,
		`/v1/things/S1 {"count":4,"kind":"a","names":["n"],"some":1}`,
		`/v1/things/S1 {"count":0,"kind":"a","names":["n"],"some":1}`,
		`/v1/things/S1 {"count":1,"kind":"nothing of the kind","names":["n"],"some":1}`,
		`/v1/things/S1 {"count":1,"kind":"a","names":["n","n"],"some":1}`,
		`/v1/things/S1 {"count":1,"kind":"a","names":["a"],"some":1}`,
		`/v1/things/S1 {"count":1,"kind":"a","names":["\u0001"],"some":1}`,
		`/v1/things/S1 {"count":1,"kind":"a","names":["n"],"some":3}`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}
