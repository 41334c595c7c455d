package rest

import (
	"net/http"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/waymark-ledger/waymark/gateway/client"
)

// What operations share in the document.
const (
	responsePrefix = "#/components/responses/"
	headerPrefix   = "#/components/headers/"

	schemeToken       = "token"
	schemeJWT         = "oidc"
	schemeCertificate = "certificate"
)

// securitySchemes are the three credentials, of which a request has exactly one.
func securitySchemes() openapi3.SecuritySchemes {
	token := openapi3.NewSecurityScheme().WithType("http").WithScheme("bearer").
		WithDescription("A token of this gateway: `gateway token create` makes one")
	jwt := openapi3.NewSecurityScheme().WithType("http").WithScheme("bearer").WithBearerFormat("JWT").
		WithDescription("A token of an OpenID Connect issuer that this gateway is configured to believe")
	certificate := openapi3.NewSecurityScheme().WithType("mutualTLS").
		WithDescription("A client certificate of an authority that this gateway is configured to believe")
	return openapi3.SecuritySchemes{
		schemeToken: {Value: token}, schemeJWT: {Value: jwt}, schemeCertificate: {Value: certificate},
	}
}

func security() openapi3.SecurityRequirements {
	return openapi3.SecurityRequirements{{schemeToken: {}}, {schemeJWT: {}}, {schemeCertificate: {}}}
}

// sharedHeaders are those that many answers have.
func sharedHeaders() openapi3.Headers {
	return openapi3.Headers{
		headerRequestID:       header("The id of the request, by which the gateway's log knows it: the caller's own if it was a proper one"),
		headerRateLimitPolicy: header(`The limit of this class of requests: q tokens, which come back in w seconds, as in "read";q=2000;w=2 (draft-ietf-httpapi-ratelimit-headers)`),
		headerRateLimit:       header(`What is left of it: r tokens, and t seconds until all are back, as in "read";r=1999;t=1`),
		headerRetryAfter:      header("After how many seconds to try again"),
		"WWW-Authenticate":    header("The credential that is asked for"),
	}
}

// always are the headers of every answer.
func always() openapi3.Headers {
	return headersOf(headerRequestID, headerRateLimit, headerRateLimitPolicy)
}

func headersOf(names ...string) openapi3.Headers {
	all := make(openapi3.Headers, len(names))
	for _, name := range names {
		all[name] = &openapi3.HeaderRef{Ref: headerPrefix + name}
	}
	return all
}

// problemName is the component of a problem's response.
func problemName(status int) string {
	return strings.ReplaceAll(http.StatusText(status), " ", "")
}

// problem returns a reference to the response with this status, and adds it to the
// components.
func (b *schemas) problem(status int) (*openapi3.ResponseRef, error) {
	schema, err := b.of(client.Problem{})
	if err != nil {
		return nil, err
	}
	answer := openapi3.NewResponse().WithDescription(problemWords(status)).
		WithContent(openapi3.Content{problemMedia: openapi3.NewMediaType().WithSchemaRef(schema)})
	answer.Content[problemMedia].Example = problemExample(status)
	answer.Headers = always()
	switch status {
	case http.StatusUnauthorized:
		answer.Headers["WWW-Authenticate"] = headersOf("WWW-Authenticate")["WWW-Authenticate"]
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		answer.Headers[headerRetryAfter] = headersOf(headerRetryAfter)[headerRetryAfter]
	}
	b.responsesShared[problemName(status)] = &openapi3.ResponseRef{Value: answer}
	return &openapi3.ResponseRef{Ref: responsePrefix + problemName(status)}, nil
}

// tags describe the groups of operations.
func tags() openapi3.Tags {
	all := []struct{ name, description string }{
		{tagMembers, "Who takes part in the consortium"},
		{tagDevices, "Things with keys of their own, and what became of them"},
		{tagAuthorities, "The authorities whose certificates let devices join"},
		{tagTransfers, "Devices that get another owner"},
		{tagMessages, "What devices signed, and the windows that prove it"},
		{tagCommands, "What devices are asked to do"},
		{tagGoods, "Products, items, lots and containers, and where they went"},
		{tagShipments, "What moves under one agreement: handoffs, holds, title and conditions"},
		{tagMoney, "Notes of issuers, in which settlements are paid"},
		{tagSettlement, "Terms, escrow and disputes of shipments"},
		{tagPolicies, "What is permitted, and why"},
		{tagLedger, "Transactions, and what proves them"},
		{tagSystem, "This gateway itself"},
	}
	described := make(openapi3.Tags, len(all))
	for i, t := range all {
		described[i] = &openapi3.Tag{Name: t.name, Description: t.description}
	}
	return described
}
