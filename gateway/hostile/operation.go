package hostile

import (
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// Operation makes requests for one operation of a document. It is for one goroutine.
type Operation struct {
	ID, Method, Path string
	Open             bool // needs no credential
	spec             *openapi3.Operation
	known            Known
	random           *rand.Rand
}

// Known is what the requests can be about, beyond what the document says.
type Known struct {
	// Name gives a parameter of an operation a value; empty leaves it to the schema.
	Name func(o Operation, parameter string) string
	// Body gives an operation another body beside those of the document; nil for none.
	Body func(Operation) any
}

// Operations are those of a document, by id.
func Operations(document *openapi3.T, seed uint64, known Known) []Operation {
	var all []Operation
	for path, item := range document.Paths.Map() {
		for method, spec := range item.Operations() {
			all = append(all, Operation{
				ID: spec.OperationID, Method: method, Path: path, Open: spec.Security != nil && len(*spec.Security) == 0,
				spec: spec, known: known, random: random(seed, spec.OperationID),
			})
		}
	}
	slices.SortFunc(all, func(a, b Operation) int { return strings.Compare(a.ID, b.ID) })
	return all
}

// Answers reports whether the document gives the operation an answer with a status.
func (o Operation) Answers(status int) bool { return o.spec.Responses.Status(status) != nil }

// Request is one that an Operation made. Path is as it is to be sent, percent-encoded, and so is Query.
type Request struct {
	Operation   Operation
	Path, Query string
	Header      http.Header
	Body        string
}

// Sound makes a request as the document has it, which only the ledger might refuse.
func (o Operation) Sound() Request { return o.request(func([]func()) {}) }

// Spoiled makes a request with one odd part.
func (o Operation) Spoiled() Request {
	return o.request(func(places []func()) { places[o.random.IntN(len(places))]() })
}

// request makes a request in which spoil may change parts: each place spoils one.
func (o Operation) request(spoil func(places []func())) Request {
	var places []func()
	r := Request{Operation: o, Path: o.Path, Header: http.Header{}}
	query := url.Values{}
	for _, ref := range o.spec.Parameters {
		p := ref.Value
		value := o.parameter(p)
		switch p.In {
		case openapi3.ParameterInPath:
			before, after, _ := strings.Cut(r.Path, "{"+p.Name+"}")
			r.Path = before + url.PathEscape(value) + after
			places = append(places, func() { r.Path = o.oddPath(before, after) })
		case openapi3.ParameterInQuery:
			query.Set(p.Name, value)
			places = append(places, func() { query.Set(p.Name, o.odd()) }, func() { query.Add(p.Name, value) }, func() { query.Del(p.Name) })
		case openapi3.ParameterInHeader:
			places = append(places, func() { r.Header.Set(p.Name, o.odd()) })
		}
	}
	places = append(places, func() { query.Set(o.odd(), o.odd()) }, func() { r.Header.Set("Accept", o.odd()) }, func() { r.Header.Set("Content-Type", o.odd()) })
	if o.spec.RequestBody != nil {
		value := o.body()
		r.Body = text(value)
		r.Header.Set("Content-Type", "application/json")
		for range 6 { // the body has more parts than all else
			places = append(places, func() { r.Body = o.spoil(value) })
		}
	}
	spoil(places)
	r.Query = query.Encode()
	return r
}

// oddPath puts an odd text between two parts of a path, of which later ones may not be filled in yet.
func (o Operation) oddPath(before, after string) string {
	path := before + url.PathEscape(o.odd()) + after
	for _, ref := range o.spec.Parameters {
		if p := ref.Value; p.In == openapi3.ParameterInPath {
			path = strings.Replace(path, "{"+p.Name+"}", url.PathEscape(o.parameter(p)), 1)
		}
	}
	return path
}

func (o Operation) parameter(p *openapi3.Parameter) string {
	if o.known.Name != nil {
		if name := o.known.Name(o, p.Name); name != "" {
			return name
		}
	}
	value := o.value(p.Schema.Value, 0)
	if plain, ok := value.(string); ok {
		return plain
	}
	return text(value)
}

// body is what is known or the example of the document, else what the schema admits.
func (o Operation) body() any {
	media := o.spec.RequestBody.Value.Content.Get("application/json")
	var all []any
	if media.Example != nil {
		all = append(all, media.Example)
	}
	if o.known.Body != nil {
		if body := o.known.Body(o); body != nil {
			all = append(all, body)
		}
	}
	if len(all) == 0 {
		return o.value(media.Schema.Value, 0)
	}
	return all[o.random.IntN(len(all))]
}

// value is one that a schema admits, save what only the ledger knows.
func (o Operation) value(schema *openapi3.Schema, depth int) any {
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
		return []any{o.value(schema.Items.Value, depth+1)}
	case schema.Type.Is("object"):
		object := map[string]any{}
		for key, property := range schema.Properties {
			object[key] = o.value(property.Value, depth+1)
		}
		return object
	case schema.Format == "date-time":
		return "2030-01-02T03:04:05Z"
	}
	return "S1"
}
