package rest

import (
	"net/http"
	"strconv"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/waymark-ledger/waymark/gateway/client"
)

// The components that all writes share.
const (
	parameterPrefix  = "#/components/parameters/"
	acceptedResponse = "Accepted"
)

// writeParameters are the headers that every write takes.
func writeParameters(r route) openapi3.Parameters {
	if !r.write {
		return nil
	}
	shared := sharedParameters()
	refer := func(name string) *openapi3.ParameterRef {
		return &openapi3.ParameterRef{Ref: parameterPrefix + name, Value: shared[name].Value}
	}
	return openapi3.Parameters{refer(headerKey), refer(headerPrefer)}
}

// sharedParameters describes them.
func sharedParameters() openapi3.ParametersMap {
	key := openapi3.NewHeaderParameter(headerKey).WithSchema(openapi3.NewStringSchema().WithMinLength(1).WithMaxLength(2*maxKey + 2)).
		WithDescription("Makes the request safe to send again: the same key with the same request gets the first answer again, " +
			"with another request 422. 1 to 255 visible ASCII characters, bare or in quotes")
	prefer := openapi3.NewHeaderParameter(headerPrefer).WithSchema(openapi3.NewStringSchema()).
		WithDescription("respond-async: answer 202 as soon as the request is kept; wait=N: wait N seconds for the end, and then answer 202 as soon as it is kept (RFC 7240)")
	return openapi3.ParametersMap{headerKey: {Value: key}, headerPrefer: {Value: prefer}}
}

// describeWrite adds to the responses of a write what a write that is kept is answered.
func (b *schemas) describeWrite(responses *openapi3.Responses, r route) error {
	if !r.write {
		return nil
	}
	applied := header("The preferences that were applied")
	ok := responses.Value(strconv.Itoa(r.status())).Value
	ok.Headers[headerApplied] = applied
	ok.Headers[headerReplayed] = header("true if this is the answer to an earlier request with the same key")
	schema, err := b.of(client.Transaction{})
	if err != nil {
		return err
	}
	content := openapi3.NewContentWithJSONSchemaRef(schema)
	content[jsonMedia].Example = b.words.Own["pending"].Answer
	pending := openapi3.NewResponse().WithContent(content).
		WithDescription("Kept, and followed by this member's gateways until it is in a block: ask for the transaction")
	pending.Headers = always()
	pending.Headers["Location"] = header("Where the transaction is")
	pending.Headers[headerRetryAfter] = header("Seconds after which to ask")
	pending.Headers[headerApplied] = applied
	b.responsesShared[acceptedResponse] = &openapi3.ResponseRef{Value: pending}
	responses.Set(strconv.Itoa(http.StatusAccepted), &openapi3.ResponseRef{Ref: responsePrefix + acceptedResponse})
	return nil
}
