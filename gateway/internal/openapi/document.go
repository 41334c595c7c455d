package openapi

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/internal/reference"
	"github.com/waymark-ledger/waymark/gateway/internal/rest"
)

const (
	openAPIVersion = "3.1.0"
	apiVersion     = "1.0.0-draft"
)

// about is what holds for all operations.
const about = `A member's way to the consortium's ledger.

A write is answered 200 or 201 once its transaction is committed and valid, and 202 when it is kept until it is. An error means that nothing was changed.

Of each operation it is told who may call it, what it needs and what it changes, in the words of the ledger's rules (docs/rules.md). In brackets are the code of the refusal, and the rule: a rule without a code refuses with ` + "`failed_precondition`" + `. Every error is a problem document (RFC 9457) with one of these codes.`

// Document makes the OpenAPI document of the table of routes, as indented JSON that is the same
// each time.
func Document() ([]byte, error) {
	words, err := reference.Load()
	if err != nil {
		return nil, fmt.Errorf("openapi: %w", err)
	}
	operations, err := rest.Operations()
	if err != nil {
		return nil, fmt.Errorf("openapi: %w", err)
	}
	b := newSchemas(words, requestsOf(operations))
	paths := openapi3.NewPaths()
	for _, o := range operations {
		operation, err := b.operation(o)
		if err != nil {
			return nil, fmt.Errorf("openapi: %s: %w", o.ID, err)
		}
		item := paths.Value(o.Path)
		if item == nil {
			item = &openapi3.PathItem{}
			paths.Set(o.Path, item)
		}
		item.SetOperation(o.Method, operation)
	}
	shared := sharedParameters()
	if err := shareParameters(paths, shared); err != nil {
		return nil, fmt.Errorf("openapi: %w", err)
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
			Schemas: b.components, SecuritySchemes: securitySchemes(), Headers: sharedHeaders(), Parameters: shared, Responses: b.responsesShared,
		},
	}
	data, err := json.MarshalIndent(all, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("openapi: %w", err)
	}
	return append(data, '\n'), nil
}

// operation describes one row of the table.
func (b *schemas) operation(o rest.Operation) (*openapi3.Operation, error) {
	responses, err := b.responses(o)
	if err != nil {
		return nil, err
	}
	described := &openapi3.Operation{
		OperationID: o.ID,
		Summary:     o.Summary,
		Description: descriptionOf(o, b.words),
		Tags:        []string{o.Tag},
		Parameters:  parameters(o),
		Responses:   responses,
	}
	if o.Open {
		described.Security = &openapi3.SecurityRequirements{}
	}
	if o.Body != nil {
		schema, err := b.of(o.Body)
		if err != nil {
			return nil, err
		}
		body := openapi3.NewRequestBody().WithJSONSchemaRef(schema)
		body.Content[jsonMedia].Example = b.bodyExample(o, b.resolve(schema))
		body.Required = len(b.resolve(schema).Required) > 0
		described.RequestBody = &openapi3.RequestBodyRef{Value: body}
	}
	return described, nil
}

func (b *schemas) responses(o rest.Operation) (*openapi3.Responses, error) {
	ok := openapi3.NewResponse().WithDescription("Done")
	if o.Result != nil {
		schema, err := b.of(o.Result)
		if err != nil {
			return nil, err
		}
		record := b.resolve(schema)
		if o.Write {
			if schema, err = b.written(schema); err != nil {
				return nil, err
			}
		}
		ok = ok.WithContent(openapi3.NewContentWithJSONSchemaRef(schema))
		ok.Content[jsonMedia].Example = b.answerExample(o, record)
	}
	if o.Media != "" {
		ok = ok.WithContent(openapi3.Content{o.Media: openapi3.NewMediaType().WithSchema(&openapi3.Schema{Description: o.Summary})})
		ok.Content[o.Media].Example = b.words.Own[o.ID].Answer
	}
	if o.Stream != "" {
		ok.Content[o.Stream] = openapi3.NewMediaType().WithSchema(&openapi3.Schema{
			Type: &openapi3.Types{openapi3.TypeString}, Description: "Server-sent events (HTML Living Standard, clause 9.2), each with an entry of the page as its data",
		})
		ok.Content[o.Stream].Example = "id: 17:0:0\nevent: waymark.shipment.ready\ndata: {\"specversion\":\"1.0\",\"id\":\"17:0:0\"}\n\n"
	}
	ok.Headers = always()
	if o.Created {
		addHeaders(ok, headerLocation)
	}
	responses := openapi3.NewResponses(openapi3.WithStatus(o.Status, &openapi3.ResponseRef{Value: ok}))
	for _, status := range o.Problems {
		problem, err := b.problem(status)
		if err != nil {
			return nil, err
		}
		responses.Set(strconv.Itoa(status), problem)
	}
	responses.Delete("default")
	b.describeAsked(responses, o)
	return responses, b.describeWrite(responses, o)
}

// parameters describes those in the path and in the query, and the headers of a write.
func parameters(o rest.Operation) openapi3.Parameters {
	var all openapi3.Parameters
	for _, p := range o.Parameters {
		described := openapi3.NewPathParameter(p.Name)
		if p.Query {
			described = openapi3.NewQueryParameter(p.Name)
		}
		described = described.WithSchema(parameterSchema(o, p)).WithDescription(parameterWords(o.Path, p)).WithRequired(p.Required)
		all = append(all, &openapi3.ParameterRef{Value: described})
	}
	return slices.Concat(all, writeParameters(o), askedParameters(o))
}

// parameterSchema is that of the field of the request that a parameter becomes. A transaction's id
// and a flag are of no request.
func parameterSchema(o rest.Operation, p rest.Parameter) *openapi3.Schema {
	schema := &openapi3.Schema{Type: &openapi3.Types{p.Type}}
	if field, ok := fieldOf(o.Request, p.Field); ok {
		schema.Enum = enumOf(field.Type)
		if form, bounded := waymark.FormOf(field); bounded {
			bound(schema, form)
		}
		if field.Type == reflect.TypeFor[time.Time]() {
			schema.Format = "date-time"
		}
	}
	switch p.Name {
	case "tx_id":
		bound(schema, waymark.FormNamed("transaction"))
	case "limit":
		schema.Default = waymark.DefaultPage
	}
	return schema
}

func fieldOf(t reflect.Type, name string) (reflect.StructField, bool) {
	if t == nil || name == "" {
		return reflect.StructField{}, false
	}
	return t.FieldByName(name)
}

func header(description string) *openapi3.HeaderRef {
	return &openapi3.HeaderRef{Value: &openapi3.Header{Parameter: openapi3.Parameter{
		Description: description, Schema: openapi3.NewSchemaRef("", openapi3.NewStringSchema()),
	}}}
}
