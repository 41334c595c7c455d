package openapi

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/internal/rest"
)

// requestsOf are the requests that bodies become, or the parts of requests, by the types of the bodies.
func requestsOf(operations []rest.Operation) map[reflect.Type][]reflect.Type {
	requests := make(map[reflect.Type][]reflect.Type)
	for _, o := range operations {
		if o.Body != nil && o.Request != nil {
			requests[o.Body] = append(requests[o.Body], whole(o))
		}
	}
	return requests
}

// whole is the request of an operation, or the one struct in it that the body is all of.
func whole(o rest.Operation) reflect.Type {
	for field := range o.Request.Fields() {
		if field.Type.Kind() == reflect.Struct && field.Type.ConvertibleTo(o.Body) {
			return field.Type
		}
	}
	return o.Request
}

// formOf is the form of a field: its own, or of a body's that of the same member of what it becomes.
// Of several requests all must have the same.
func (b *schemas) formOf(t reflect.Type, field reflect.StructField) (form waymark.Form, bounded bool) {
	if form, bounded = waymark.FormOf(field); bounded {
		return form, true
	}
	for i, request := range b.requests[t] {
		other, has := formOfMember(request, memberOf(field))
		if i > 0 && (has != bounded || !same(other, form)) {
			b.clash = fmt.Errorf("the member %s of %s is bounded in different ways by what it becomes", memberOf(field), t)
		}
		form, bounded = other, has
	}
	return form, bounded
}

// memberOf is the name of a field in JSON.
func memberOf(field reflect.StructField) string {
	name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
	return name
}

func formOfMember(t reflect.Type, name string) (waymark.Form, bool) {
	for field := range t.Fields() {
		if memberOf(field) == name {
			return waymark.FormOf(field)
		}
	}
	return waymark.Form{}, false
}

func same(a, b waymark.Form) bool {
	return a.Least == b.Least && a.Most == b.Most && a.Pattern == b.Pattern && a.Entry == b.Entry
}

// bound tells a form in a schema. A schema counts characters where a form counts bytes, and so lets
// pass what is too long in others than ASCII alone.
func bound(schema *openapi3.Schema, form waymark.Form) {
	least, most := uint64(form.Least), uint64(form.Most) //nolint:gosec // neither is negative
	switch {
	case schema.Type.Is("string"):
		schema.MinLength, schema.MaxLength, schema.Pattern = least, &most, form.Pattern
	case schema.Type.Is("integer"):
		low, high := float64(form.Least), float64(form.Most)
		schema.Min, schema.Max = &low, &high
	case schema.Type.Is("array"):
		schema.MinItems, schema.MaxItems = least, &most
		boundEntry(schema.Items, form)
	case schema.Type.Is("object"):
		schema.MinProps, schema.MaxProps = least, &most
		boundEntry(schema.AdditionalProperties.Schema, form)
	}
}

func boundEntry(entry *openapi3.SchemaRef, form waymark.Form) {
	if form.Entry != "" {
		bound(entry.Value, waymark.FormNamed(form.Entry))
	}
}
