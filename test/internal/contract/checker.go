package contract

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
)

// ErrBroken is that of an answer that the document does not allow.
var ErrBroken = errors.New("the answer is not what the document says")

// maxAnswer bounds an answer that is checked, in bytes.
const maxAnswer = 64 << 20

// Checker knows the document. It is safe for concurrent use.
type Checker struct {
	paths map[string]*openapi3.PathItem
}

// Load reads the document from a file.
func Load(file string) (*Checker, error) {
	document, err := openapi3.NewLoader().LoadFromFile(file)
	if err != nil {
		return nil, fmt.Errorf("load %s: %w", file, err)
	}
	return &Checker{paths: document.Paths.Map()}, nil
}

// Wrap returns a transport that fails with ErrBroken when an answer of next has a status, a
// header, a media type or a body that the document does not give its operation.
func (c *Checker) Wrap(next http.RoundTripper) http.RoundTripper {
	return transport{checker: c, next: next}
}

type transport struct {
	checker *Checker
	next    http.RoundTripper
}

// RoundTrip sends a request and checks the answer.
func (t transport) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := t.next.RoundTrip(r)
	if err != nil {
		return nil, err //nolint:wrapcheck // in the place of next
	}
	if media, _, _ := mime.ParseMediaType(answer.Header.Get("Content-Type")); media == "text/event-stream" { // which has no end
		return answer, t.checker.Check(r, answer.StatusCode, answer.Header, nil)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer))
	if err != nil {
		return nil, fmt.Errorf("read answer: %w", err)
	}
	if err := t.checker.Check(r, answer.StatusCode, answer.Header, body); err != nil {
		return nil, err
	}
	answer.Body = io.NopCloser(bytes.NewReader(body))
	return answer, nil
}

// Check returns ErrBroken, with what is wrong, if the document does not allow an answer to r.
func (c *Checker) Check(r *http.Request, status int, header http.Header, body []byte) error {
	operation := c.operation(r)
	if operation == nil {
		if status == http.StatusNotFound || status == http.StatusMethodNotAllowed {
			return nil
		}
		return fmt.Errorf("%w: %s %s is answered %d, and the document does not have it", ErrBroken, r.Method, r.URL.Path, status)
	}
	err := openapi3filter.ValidateResponse(context.WithoutCancel(r.Context()), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: &openapi3filter.RequestValidationInput{Request: r, Route: &routers.Route{Operation: operation}},
		Status:                 status, Header: header, Body: io.NopCloser(bytes.NewReader(body)),
		Options: &openapi3filter.Options{IncludeResponseStatus: true, ExcludeResponseBody: isText(operation, status, header)},
	})
	if err != nil {
		return fmt.Errorf("%w: %s: %d: %w", ErrBroken, operation.OperationID, status, err)
	}
	return nil
}

// isText reports whether an answer is text as the document says: there is no more to hold it
// against.
func isText(o *openapi3.Operation, status int, header http.Header) bool {
	media, _, err := mime.ParseMediaType(header.Get("Content-Type"))
	if err != nil || !strings.HasPrefix(media, "text/") {
		return false
	}
	response := o.Responses.Status(status)
	return response != nil && response.Value.Content.Get(media) != nil
}

// operation finds that of a request, or nil. Of several paths that fit, the one with fewest
// parameters is meant, as in "/v1/policies/baseline".
func (c *Checker) operation(r *http.Request) *openapi3.Operation {
	var found *openapi3.Operation
	fewest := -1
	for path, item := range c.paths {
		if n := strings.Count(path, "{"); fits(path, r.URL.Path) && (fewest < 0 || n < fewest) {
			found, fewest = item.GetOperation(r.Method), n
		}
	}
	return found
}

// fits reports whether a path is one of a template.
func fits(template, path string) bool {
	want, got := strings.Split(template, "/"), strings.Split(path, "/")
	if len(want) != len(got) {
		return false
	}
	for i, part := range want {
		if !strings.HasPrefix(part, "{") && part != got[i] || got[i] == "" && i > 0 {
			return false
		}
	}
	return true
}
