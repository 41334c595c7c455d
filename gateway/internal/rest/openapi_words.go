package rest

import (
	"net/http"
	"reflect"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/internal/reference"
)

// description says who may call the operation, what it does on the ledger and why it is refused.
func (r route) description(words reference.Words) string {
	parts := make([]string, 0, len(r.rules)+1)
	if r.about != "" {
		parts = append(parts, r.about)
	}
	for _, tx := range r.rules {
		verb := "Asks"
		if r.write {
			verb = "Submits"
		}
		parts = append(parts, verb+" `"+string(tx)+"`.\n\n"+words.Rules[tx])
	}
	return strings.Join(parts, "\n\n")
}

// describeMembers says of each member of a struct what it is. One that is a component is told of
// there too.
func describeMembers(words reference.Words, t reflect.Type, schema *openapi3.Schema) {
	for field := range t.Fields() {
		if field.Anonymous {
			describeMembers(words, field.Type, schema)
			continue
		}
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		property := schema.Properties[name]
		if property == nil {
			continue
		}
		about := words.Member(t, name, field.Type)
		switch {
		case about == "":
		case strings.HasPrefix(property.Ref, componentPrefix):
			property.Extensions = map[string]any{"description": about}
		default:
			property.Value.Description = about
		}
	}
}

// problemWords says when each status is answered, and what to do.
func problemWords(status int) string {
	return map[int]string{
		http.StatusBadRequest:            "`invalid`: the request is malformed, and will be as long as it is the same; `field` points at the fault",
		http.StatusUnauthorized:          "`unauthenticated`: there is not exactly one valid credential",
		http.StatusForbidden:             "`forbidden`: no rule lets this caller act, or a policy denies it (`reasons` are its ids)",
		http.StatusNotFound:              "`not_found`: what is named is not there",
		http.StatusNotAcceptable:         "`invalid`: the header Accept excludes JSON",
		http.StatusConflict:              "`conflict`: a concurrent transaction won, so that the same request can succeed now; or `already_exists`: the id is taken",
		http.StatusRequestEntityTooLarge: "`invalid`: the body is too large",
		http.StatusUnsupportedMediaType:  "`invalid`: the body is not JSON in UTF-8",
		http.StatusUnprocessableEntity:   "`failed_precondition`: the present state of things does not allow it (`reasons`); or `unauthenticated`: what a device signed does not hold (`reasons`)",
		http.StatusTooManyRequests:       "`resource_exhausted`: a limit was met; nothing was done, and Retry-After says when to try again",
		http.StatusInternalServerError:   "`internal`: something is wrong on our side; report it with the request id",
		http.StatusBadGateway:            "`internal`: the peer of the holder answered with something that is not true",
		http.StatusServiceUnavailable:    "`unavailable`: a part of the system does not answer; nothing was changed unless a `tx_id` says otherwise: ask for that first",
	}[status]
}

// parameterWords says what a parameter in a path is.
func parameterWords(path, name string) string {
	switch name {
	case paramID:
		before, _, _ := strings.Cut(path, "/{"+paramID+"}")
		return map[string]string{
			"members": "Id of the member", "devices": "Id of the device", "shipments": "Id of the shipment", "products": "GTIN of the product (GS1), 14 digits",
			"payments": "Id of the payment, as the caller's member chose it", "acts": "Id of the act, as its member chose it", "policies": "Id of the policy",
			"{" + paramAuthor + "}": "Id of the policy",
		}[before[strings.LastIndex(before, "/")+1:]]
	case paramNumber:
		return "Its number, counted from 1 for each shipment"
	}
	return map[string]string{
		paramSequence: "Sequence number of the message in the device's stream", paramTxID: "Id of the transaction",
		paramKey: "Id of the device's key", paramAuthority: "Id of the device authority: SHA-256 of its certificate in DER, lower-case hex",
		paramSerial: "Serial number of the certificate, lower-case hex", paramCommand: "Id of the command, as who requested it chose it",
		paramOwner: "The member whose things the policy is about", paramAuthor: "The member that wrote the policy",
		paramCurrency: "Code of the currency, as in EUR", paramDevice: "Id of the device", paramKind: "Kind of the hold: " + kindsOfHolds(),
	}[name]
}

func kindsOfHolds() string {
	kinds := make([]string, len(waymark.HoldKinds()))
	for i, kind := range waymark.HoldKinds() {
		kinds[i] = string(kind)
	}
	return strings.Join(kinds, ", ")
}
