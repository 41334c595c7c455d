package openapi

import (
	"net/http"
	"strconv"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/waymark-ledger/waymark/gateway/internal/rest"
)

const unchangedResponse = "NotModified"

// askedParameters are the headers that every question takes.
func askedParameters(o rest.Operation) openapi3.Parameters {
	if !o.Asked {
		return nil
	}
	return openapi3.Parameters{shared(rest.HeaderMatch)}
}

// describeAsked adds to the responses of a question that the answer is still the same.
func (b *schemas) describeAsked(responses *openapi3.Responses, o rest.Operation) {
	ok := responses.Value(strconv.Itoa(o.Status)).Value
	if o.Listed {
		addHeaders(ok, rest.HeaderBlock)
	}
	if !o.Asked {
		return
	}
	addHeaders(ok, rest.HeaderETag)
	unchanged := openapi3.NewResponse().WithDescription("The answer is the one that " + rest.HeaderMatch + " names")
	unchanged.Headers = always()
	addHeaders(unchanged, rest.HeaderETag, rest.HeaderBlock)
	b.responsesShared[unchangedResponse] = &openapi3.ResponseRef{Value: unchanged}
	responses.Set(strconv.Itoa(http.StatusNotModified), &openapi3.ResponseRef{Ref: responsePrefix + unchangedResponse})
}
