package rest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/internal/reference"
)

const (
	openAPIVersion = "3.1.0"
	apiVersion     = "1.0.0-draft"
)

// about is what holds for all operations.
const about = `A member's way to the consortium's ledger.

A write is answered 200 or 201 once its transaction is committed and valid, and 202 when it is kept until it is. An error means that nothing was changed.

Of each operation it is told who may call it, what it needs and what it changes, in the words of the ledger's rules (docs/rules.md). In brackets are the code of the refusal, and the rule: a rule without a code refuses with ` + "`failed_precondition`" + `. Every error is a problem document (RFC 9457) with one of these codes.`

// OpenAPI returns the OpenAPI document of the route table, as indented JSON that
// is the same on every call. Callers must not change it.
func OpenAPI() ([]byte, error) { return document() }

var document = sync.OnceValues(describe)

func describe() ([]byte, error) {
	words, err := reference.Load()
	if err != nil {
		return nil, fmt.Errorf("openapi: %w", err)
	}
	b := newSchemas(words)
	paths := openapi3.NewPaths()
	for _, r := range routes() {
		if r.hidden {
			continue
		}
		operation, err := b.operation(r)
		if err != nil {
			return nil, fmt.Errorf("openapi: %s: %w", r.id, err)
		}
		item := paths.Value(r.path)
		if item == nil {
			item = &openapi3.PathItem{}
			paths.Set(r.path, item)
		}
		item.SetOperation(r.method, operation)
	}
	all := &openapi3.T{
		OpenAPI: openAPIVersion,
		Info: &openapi3.Info{
			Title:       "Waymark gateway",
			Description: about,
			Version:     apiVersion,
			License:     &openapi3.License{Name: "Apache-2.0", URL: "https://www.apache.org/licenses/LICENSE-2.0"},
		},
		Servers:  openapi3.Servers{{URL: "/"}},
		Paths:    paths,
		Security: security(),
		Tags:     tags(),
		Components: &openapi3.Components{
			Schemas: b.components, SecuritySchemes: securitySchemes(), Headers: sharedHeaders(), Parameters: sharedParameters(), Responses: b.responsesShared,
		},
	}
	data, err := json.MarshalIndent(all, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("openapi: %w", err)
	}
	return append(data, '\n'), nil
}

// operation describes one row of the table.
func (b *schemas) operation(r route) (*openapi3.Operation, error) {
	responses, err := b.responses(r)
	if err != nil {
		return nil, err
	}
	o := &openapi3.Operation{
		OperationID: r.id,
		Summary:     r.summary,
		Description: r.description(b.words),
		Tags:        []string{r.tag},
		Parameters:  parameters(r),
		Responses:   responses,
	}
	if r.open {
		o.Security = &openapi3.SecurityRequirements{}
	}
	if r.body != nil {
		schema, err := b.of(r.body)
		if err != nil {
			return nil, err
		}
		body := openapi3.NewRequestBody().WithJSONSchemaRef(schema)
		body.Content[jsonMedia].Example = b.bodyExample(r, b.resolve(schema))
		body.Required = len(b.resolve(schema).Required) > 0
		o.RequestBody = &openapi3.RequestBodyRef{Value: body}
	}
	return o, nil
}

func (b *schemas) responses(r route) (*openapi3.Responses, error) {
	ok := openapi3.NewResponse().WithDescription("Done")
	if r.result != nil {
		schema, err := b.of(r.result)
		if err != nil {
			return nil, err
		}
		record := b.resolve(schema)
		if r.write {
			if schema, err = b.written(schema); err != nil {
				return nil, err
			}
		}
		ok = ok.WithContent(openapi3.NewContentWithJSONSchemaRef(schema))
		ok.Content[jsonMedia].Example = b.answerExample(r, record)
	}
	if r.media != "" {
		ok = ok.WithContent(openapi3.Content{r.media: openapi3.NewMediaType().WithSchema(&openapi3.Schema{Description: r.summary})})
		ok.Content[r.media].Example = b.words.Own[r.id].Answer
	}
	ok.Headers = always()
	if r.created {
		ok.Headers["Location"] = header("Where the created thing is")
	}
	responses := openapi3.NewResponses(openapi3.WithStatus(r.status(), &openapi3.ResponseRef{Value: ok}))
	for _, status := range problemStatuses(r) {
		problem, err := b.problem(status)
		if err != nil {
			return nil, err
		}
		responses.Set(strconv.Itoa(status), problem)
	}
	responses.Delete("default")
	return responses, b.describeWrite(responses, r)
}

// problemStatuses are those that the operation can answer besides its success.
func problemStatuses(r route) []int {
	if r.open {
		return openStatuses(r)
	}
	statuses := []int{waymark.Invalid.HTTPStatus(), waymark.Unauthenticated.HTTPStatus(), waymark.Forbidden.HTTPStatus(), http.StatusNotAcceptable,
		waymark.ResourceExhausted.HTTPStatus(), waymark.Internal.HTTPStatus(), waymark.Unavailable.HTTPStatus()}
	if strings.Contains(r.path, "{") || r.body != nil || r.thing {
		statuses = append(statuses, waymark.NotFound.HTTPStatus())
	}
	if r.body != nil || r.write {
		statuses = append(statuses, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType)
	}
	if r.holder {
		statuses = append(statuses, http.StatusBadGateway)
	}
	if r.write || r.endorse {
		statuses = append(statuses, waymark.Conflict.HTTPStatus(), waymark.FailedPrecondition.HTTPStatus())
	}
	return statuses
}

func openStatuses(r route) []int {
	statuses := []int{waymark.ResourceExhausted.HTTPStatus()}
	if r.path == readyPath {
		statuses = append(statuses, waymark.Unavailable.HTTPStatus())
	}
	return statuses
}

// parameters describes those in the path and in the query.
func parameters(r route) openapi3.Parameters {
	var all openapi3.Parameters
	for _, part := range strings.Split(r.path, "/") {
		if name, ok := strings.CutPrefix(part, "{"); ok {
			name = strings.TrimSuffix(name, "}")
			p := openapi3.NewPathParameter(name).WithSchema(parameterSchema(name)).WithDescription(parameterWords(r.path, name))
			all = append(all, &openapi3.ParameterRef{Value: p})
		}
	}
	if r.query != "" {
		p := openapi3.NewQueryParameter(r.query).WithSchema(openapi3.NewBoolSchema()).
			WithDescription("Whether the answer is to hold the signed envelope too, as it was ordered")
		all = append(all, &openapi3.ParameterRef{Value: p})
	}
	if r.purpose {
		p := openapi3.NewQueryParameter(queryPurpose).WithSchema(parameterSchema(queryPurpose)).
			WithDescription("What it is read for, as policies of owners may ask")
		all = append(all, &openapi3.ParameterRef{Value: p})
	}
	if r.holder {
		p := openapi3.NewQueryParameter(queryHolder).WithSchema(parameterSchema(queryHolder)).
			WithDescription("The member whose peers answer; the caller's own if it is left out")
		all = append(all, &openapi3.ParameterRef{Value: p})
	}
	all = append(all, writeParameters(r)...)
	return append(all, thingParameters(r)...)
}

func parameterSchema(name string) *openapi3.Schema {
	switch name {
	case paramNumber, paramSequence:
		return openapi3.NewIntegerSchema().WithMin(1).WithMax(waymark.MaxSequence)
	case paramTxID:
		return openapi3.NewStringSchema().WithPattern(txIDPattern.String())
	}
	return openapi3.NewStringSchema().WithMinLength(1).WithMaxLength(waymark.MaxIDLength)
}

func header(description string) *openapi3.HeaderRef {
	return &openapi3.HeaderRef{Value: &openapi3.Header{Parameter: openapi3.Parameter{
		Description: description, Schema: openapi3.NewSchemaRef("", openapi3.NewStringSchema()),
	}}}
}
