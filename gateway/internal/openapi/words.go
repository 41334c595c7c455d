package openapi

import (
	"net/http"
	"reflect"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/internal/reference"
	"github.com/waymark-ledger/waymark/gateway/internal/rest"
)

// descriptionOf says who may call the operation, what it does on the ledger and why it is refused.
func descriptionOf(o rest.Operation, words reference.Words) string {
	parts := make([]string, 0, len(o.Rules)+1)
	if o.About != "" {
		parts = append(parts, o.About)
	}
	for _, tx := range o.Rules {
		verb := "Asks"
		if o.Write {
			verb = "Submits"
		}
		parts = append(parts, verb+" `"+string(tx)+"`.\n\n"+words.Rules[tx])
	}
	return strings.Join(parts, "\n\n")
}

// describeMembers says of each member of a struct what it is, and its bounds. One that is a component
// is told of there too.
func (b *schemas) describeMembers(t reflect.Type, schema *openapi3.Schema) {
	for field := range t.Fields() {
		if field.Anonymous {
			b.describeMembers(field.Type, schema)
			continue
		}
		name := memberOf(field)
		property := schema.Properties[name]
		if property == nil {
			continue
		}
		about := b.words.Member(t, name, field.Type)
		switch {
		case about == "":
		case strings.HasPrefix(property.Ref, componentPrefix):
			property.Extensions = map[string]any{"description": about}
		default:
			property.Value.Description = about
		}
		if form, bounded := b.formOf(t, field); bounded && property.Value != nil {
			bound(property.Value, form)
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
		http.StatusGone:                  "`not_found`: the owner has deleted the body of an anchored window; the ledger keeps its totals",
		http.StatusNotAcceptable:         "`invalid`: the header Accept excludes JSON",
		http.StatusConflict:              "`conflict`: a concurrent transaction won, so that the same request can succeed now; or `already_exists`: the id is taken",
		http.StatusRequestEntityTooLarge: "`invalid`: the body is too large",
		http.StatusUnsupportedMediaType:  "`invalid`: the body is not JSON in UTF-8",
		http.StatusUnprocessableEntity:   "`failed_precondition`: the present state of things does not allow it (`reasons`); or `unauthenticated`: what a device signed does not hold (`reasons`)",
		http.StatusTooManyRequests:       "`resource_exhausted`: a limit was met; nothing was done, and Retry-After says when to try again",
		http.StatusInternalServerError:   "`internal`: something is wrong on our side; report it with the request id",
		http.StatusBadGateway:            "`internal`: the peer of the holder answered with something that is not true, or the body of an anchored window is not what was recorded; the detail says which",
		http.StatusServiceUnavailable:    "`unavailable`: a part of the system does not answer; nothing was changed unless a `tx_id` says otherwise: ask for that first",
	}[status]
}

// parameterWords says what a parameter of an operation is.
func parameterWords(path string, p rest.Parameter) string {
	switch {
	case p.Query && listWords(path, p.Name) != "":
		return listWords(path, p.Name)
	case p.Query:
		return queryWords(p.Name)
	case p.Name == "id":
		before, _, _ := strings.Cut(path, "/{id}")
		return map[string]string{
			"members": "Id of the member", "devices": "Id of the device", "shipments": "Id of the shipment", "products": "GTIN of the product (GS1), 14 digits",
			"payments": "Id of the payment, as the caller's member chose it", "acts": "Id of the act, as its member chose it", "policies": "Id of the policy",
			"{author}": "Id of the policy", "webhooks": "Id of the webhook", "leases": "Name of the lease, as its holders chose it",
		}[before[strings.LastIndex(before, "/")+1:]]
	}
	return map[string]string{
		"number":   "Its number, counted from 1 for each shipment",
		"sequence": "Sequence number of the message in the device's stream", "tx_id": "Id of the transaction",
		"key": "Id of the device's key", "authority": "Id of the device authority: SHA-256 of its certificate in DER, lower-case hex",
		"serial": "Serial number of the certificate, lower-case hex", "command": "Id of the command, as who requested it chose it",
		"owner": "The member whose things the policy is about", "author": "The member that wrote the policy",
		"currency": "Code of the currency, as in EUR", "device": "Id of the device", "kind": "Kind of the hold: " + kindsOfHolds(),
		"reading": "Id of the reading: its device, the number of its message and its place in that, as in logger-1:17:0",
	}[p.Name]
}

func queryWords(name string) string {
	return map[string]string{
		"envelope":  "Whether the answer is to hold the signed envelope too, as it was ordered",
		"purpose":   "What it is read for, as policies of owners may ask",
		"holder":    "The member whose peers answer; the caller's own if it is left out",
		"id":        "The thing, by EPC URI or GS1 Digital Link",
		"direction": "What became of it, or what it came of",
		"limit":     "How many entries a page has",
		"prefix":    "How their names begin; any, if it is left out",
		"cursor":    "Where to go on: the cursor of the page before",
		"kind":      "The name of an event, as in shipment.ready, or the part before the dot", "device": "Only what is about this device", "shipment": "Only what is about this shipment",
		"member": "Only what this member did", "after": "Only what comes after the event of this id; from now on, if it is left out",
		"at":    "A block that the answer is to have, such as that of the caller's own write; it is waited for, for 5 seconds at most",
		"state": "Only those in this state", "custodian": "Only those that this member has", "title_holder": "Only those that are this member's",
		"consignor": "Only those that this member sends", "consignee": "Only those that this member is to receive",

		"name": "SenML name of the measurement, as in temperature", "bucket": "How long a bucket is, in seconds: 60, 300, 900, 3600, 21600 or 86400",
		"from": "The earliest time (RFC 3339); from the first on, if it is left out", "to": "The time (RFC 3339) before which they are; to the last one, if it is left out",
	}[name]
}

// listWords says what a query parameter is that is another thing in one list than elsewhere.
func listWords(path, name string) string {
	return map[string]string{
		"/v1/shipments sort": "By id, or by the last change: what changed last comes first",
		"/v1/devices owner":  "Only those of this member", "/v1/devices model": "Only those of this model",
		"/v1/devices shipment":  "Only those that witness this shipment now; none, if the caller may not read it",
		"/v1/goods/things kind": "Only those of this kind", "/v1/goods/things gtin": "Only items and lots of this product",
		"/v1/goods/things lot": "Only items of this lot, and the lot itself", "/v1/goods/things holder": "Only those that this member has; of a lot in bulk, some of it",
		"/v1/goods/things shipment":     "Only those in this shipment, which has not ended: directly or in a container",
		"/v1/goods/things container":    "Only those directly in this container",
		"/v1/policies/decisions action": "Only those on this action", "/v1/policies/decisions outcome": "Only those that allowed it, or denied it",
		"/v1/policies/decisions member": "Only those for somebody of this member", "/v1/policies/decisions from_block": "Only those of this block or later", "/v1/policies/decisions order": "`desc`: the latest first; else the oldest",
		"/v1/events order": "Of a page: `desc` has what comes before the event of `after`, or the last, the latest first. A stream goes forward",
		"/v1/search kind":  "Only what is of this kind",
		"/v1/search q":     "An identifier or the beginning of one; or a whole EPC URI, GS1 Digital Link or element string, URL-encoded",
	}[path+" "+name]
}

func kindsOfHolds() string {
	kinds := make([]string, len(waymark.HoldKinds()))
	for i, kind := range waymark.HoldKinds() {
		kinds[i] = string(kind)
	}
	return strings.Join(kinds, ", ")
}
