package hostile

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"

	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
)

// Answer is what came of a Request.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// inside is what no answer may tell: names of Go, of Fabric and of SQL, paths, stacks.
var inside = regexp.MustCompile(`goroutine |\.go:\d|panic|runtime error|waymark\.[A-Z]|[a-z]+/internal/|\*?[a-z]+\.[A-Z]\w+Error|MSP|chaincode response|` +
	`rpc error|grpc|SQLSTATE|sqlite|no such table|pgx|/home/|/tmp/|/root/|0x[0-9a-f]{8}`)

// Check returns what is wrong with an answer to r: an internal error, a status, header or body that the
// document does not give its operation, an error that is no problem document or tells of the inside.
func (r Request) Check(ctx context.Context, a Answer) error {
	if a.Status == http.StatusInternalServerError {
		return fmt.Errorf("an internal error")
	}
	if a.Status >= http.StatusBadRequest {
		if told := inside.Find(a.Body); told != nil {
			return fmt.Errorf("tells of the inside: %q", told)
		}
	}
	spec := r.Operation.spec
	if elsewhere := a.Status == http.StatusNotFound || a.Status == http.StatusMethodNotAllowed; elsewhere && !r.Operation.Answers(a.Status) {
		if media := a.Header.Get("Content-Type"); media != "application/problem+json" {
			return fmt.Errorf("an error that is %q", media)
		}
		return nil // the spoiled path is another one
	}
	target, err := http.NewRequestWithContext(ctx, r.Operation.Method, "/", http.NoBody)
	if err != nil {
		return fmt.Errorf("request to check: %w", err)
	}
	err = openapi3filter.ValidateResponse(ctx, &openapi3filter.ResponseValidationInput{
		RequestValidationInput: &openapi3filter.RequestValidationInput{Request: target, Route: &routers.Route{Operation: spec}},
		Status:                 a.Status, Header: a.Header,
		Body:    io.NopCloser(bytes.NewReader(a.Body)),
		Options: &openapi3filter.Options{IncludeResponseStatus: true, ExcludeResponseBody: strings.HasPrefix(a.Header.Get("Content-Type"), "text/")},
	})
	if err != nil {
		return fmt.Errorf("not what the document says: %w", err)
	}
	return nil
}
