package openapi

import (
	"net/http"
	"reflect"
	"strconv"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/waymark-ledger/waymark/gateway/client"
	"github.com/waymark-ledger/waymark/gateway/internal/rest"
)

// The components that all writes share.
const (
	parameterPrefix  = "#/components/parameters/"
	acceptedResponse = "Accepted"
)

// writeParameters are the headers that every write takes.
func writeParameters(o rest.Operation) openapi3.Parameters {
	if !o.Write {
		return nil
	}
	return openapi3.Parameters{shared(rest.HeaderKey), shared(rest.HeaderPrefer)}
}

// shared refers to a header that many operations take.
func shared(name string) *openapi3.ParameterRef {
	return &openapi3.ParameterRef{Ref: parameterPrefix + name, Value: sharedParameters()[name].Value}
}

// sharedParameters describes them.
func sharedParameters() openapi3.ParametersMap {
	key := openapi3.NewHeaderParameter(rest.HeaderKey).WithSchema(openapi3.NewStringSchema().WithMinLength(1).WithMaxLength(2*rest.MaxKey + 2)).
		WithDescription("Makes the request safe to send again: the same key with the same request gets the first answer again, " +
			"with another request 422. 1 to 255 visible ASCII characters, bare or in quotes")
	prefer := openapi3.NewHeaderParameter(rest.HeaderPrefer).WithSchema(openapi3.NewStringSchema()).
		WithDescription("respond-async: answer 202 as soon as the request is kept; wait=N: wait N seconds for the end, and then answer 202 as soon as it is kept (RFC 7240)")
	match := openapi3.NewHeaderParameter(rest.HeaderMatch).WithSchema(openapi3.NewStringSchema()).
		WithDescription("The ETag of an answer that the caller has: while it is the same the answer is 304 and nothing more")
	return openapi3.ParametersMap{rest.HeaderKey: {Value: key}, rest.HeaderPrefer: {Value: prefer}, rest.HeaderMatch: {Value: match}}
}

// describeWrite adds to the responses of a write what a write that is kept is answered.
func (b *schemas) describeWrite(responses *openapi3.Responses, o rest.Operation) error {
	if !o.Write {
		return nil
	}
	addHeaders(responses.Value(strconv.Itoa(o.Status)).Value, rest.HeaderApplied, rest.HeaderReplayed)
	schema, err := b.of(reflect.TypeFor[client.Transaction]())
	if err != nil {
		return err
	}
	content := openapi3.NewContentWithJSONSchemaRef(schema)
	content[jsonMedia].Example = b.words.Own["pending"].Answer
	pending := openapi3.NewResponse().WithContent(content).
		WithDescription("Kept, and followed by this member's gateways until it is in a block: ask for the transaction")
	pending.Headers = always()
	addHeaders(pending, headerLocation, rest.HeaderRetryAfter, rest.HeaderApplied)
	b.responsesShared[acceptedResponse] = &openapi3.ResponseRef{Value: pending}
	responses.Set(strconv.Itoa(http.StatusAccepted), &openapi3.ResponseRef{Ref: responsePrefix + acceptedResponse})
	return nil
}
