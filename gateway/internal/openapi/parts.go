package openapi

import (
	"maps"
	"net/http"
	"reflect"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/waymark-ledger/waymark/gateway/client"
	"github.com/waymark-ledger/waymark/gateway/internal/rest"
)

// What operations share in the document.
const (
	jsonMedia    = "application/json"
	problemMedia = "application/problem+json"

	responsePrefix = "#/components/responses/"
	headerPrefix   = "#/components/headers/"
	headerLocation = "Location"

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
		rest.HeaderRequestID:       header("The id of the request, by which the gateway's log knows it: the caller's own if it was a proper one"),
		rest.HeaderRateLimitPolicy: header(`The limit of this class of requests: q tokens, which come back in w seconds, as in "read";q=2000;w=2 (draft-ietf-httpapi-ratelimit-headers)`),
		rest.HeaderRateLimit:       header(`What is left of it: r tokens, and t seconds until all are back, as in "read";r=1999;t=1`),
		rest.HeaderRetryAfter:      header("After how many seconds to try again"),
		"WWW-Authenticate":         header("The credential that is asked for"),
		rest.HeaderETag:            header("Names what is answered: another answer has another one. A weak one (W/) of a list does not depend on the block"),
		rest.HeaderBlock:           header("The last block that the list has, as its member block says"),
		rest.HeaderApplied:         header("The preferences that were applied"),
		rest.HeaderReplayed:        header("true if this is the answer to an earlier request with the same key"),
		headerLocation:             header("Where the created thing is, or the transaction of a write that is under way"),
	}
}

// always are the headers of every answer.
func always() openapi3.Headers {
	return headersOf(rest.HeaderRequestID, rest.HeaderRateLimit, rest.HeaderRateLimitPolicy)
}

func headersOf(names ...string) openapi3.Headers {
	all := make(openapi3.Headers, len(names))
	for _, name := range names {
		all[name] = &openapi3.HeaderRef{Ref: headerPrefix + name}
	}
	return all
}

// addHeaders adds some of those that are shared.
func addHeaders(answer *openapi3.Response, names ...string) {
	maps.Copy(answer.Headers, headersOf(names...))
}

// problemName is the component of a problem's response.
func problemName(status int) string {
	return strings.ReplaceAll(http.StatusText(status), " ", "")
}

// problem returns a reference to the response with this status, and adds it to the
// components.
func (b *schemas) problem(status int) (*openapi3.ResponseRef, error) {
	schema, err := b.of(reflect.TypeFor[client.Problem]())
	if err != nil {
		return nil, err
	}
	answer := openapi3.NewResponse().WithDescription(problemWords(status)).
		WithContent(openapi3.Content{problemMedia: openapi3.NewMediaType().WithSchemaRef(schema)})
	answer.Content[problemMedia].Example = problemExample(status)
	answer.Headers = always()
	switch status {
	case http.StatusUnauthorized:
		addHeaders(answer, "WWW-Authenticate")
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		addHeaders(answer, rest.HeaderRetryAfter)
	}
	b.responsesShared[problemName(status)] = &openapi3.ResponseRef{Value: answer}
	return &openapi3.ResponseRef{Ref: responsePrefix + problemName(status)}, nil
}

// tags describe the groups of operations.
func tags() openapi3.Tags {
	all := []struct{ name, description string }{
		{"members", "Who takes part in the consortium"},
		{"devices", "Things with keys of their own, and what became of them"},
		{"device authorities", "The authorities whose certificates let devices join"},
		{"device transfers", "Devices that get another owner"},
		{"messages", "What devices signed, and the windows that prove it"},
		{"commands", "What devices are asked to do"},
		{"goods", "Products, items, lots and containers, and where they went"},
		{"shipments", "What moves under one agreement: handoffs, holds, title and conditions"},
		{"money", "Notes of issuers, in which settlements are paid"},
		{"settlement", "Terms, escrow and disputes of shipments"},
		{"policies", "What is permitted, and why"},
		{"events", "What happens, as it happens or page by page, and where it is sent"},
		{"leases", "What programs of one identity agree by: names that one of them has at a time"},
		{"ledger", "Transactions, and what proves them"},
		{"search", "What has an identifier"},
		{"system", "This gateway itself"},
	}
	described := make(openapi3.Tags, len(all))
	for i, t := range all {
		described[i] = &openapi3.Tag{Name: t.name, Description: t.description}
	}
	return described
}
