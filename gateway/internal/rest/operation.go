package rest

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// Operation is what a row of the table says to who writes a client of it.
type Operation struct {
	ID, Tag      string
	Method, Path string // the path as OpenAPI writes it
	Summary      string
	// Request is what the operation asks, in the vocabulary's words; nil if the parameters
	// say all of it. Checked says that the gateway validates it before all else.
	Request reflect.Type
	Checked bool
	// Parameters are those of the path, in its order, and then those of the query.
	Parameters []Parameter
	Body       reflect.Type // nil for none
	Result     reflect.Type // nil if Media says what the answer is
	Media      string
	Write      bool // answered with a client.Written around the result
	Fixed      bool // a write that its maker signed: nobody else can make it anew
	Open       bool // of the gateway itself, for everybody
	Page       Page
	Codes      []waymark.Code // of this operation's errors, in the order of waymark.Codes
	// Rules are the transactions whose rules say who may, and what it needs (docs/rules.md).
	Rules []waymark.Transaction
}

// Parameter is part of a path or a query.
type Parameter struct {
	Name  string
	Query bool
	Field string // of Request that it is; empty if there is no Request
	Type  string // of JSON: string, integer or boolean
}

// Page says what an operation that answers in pages has them of.
type Page struct {
	Entries string // the field of the result that holds them; empty if there are no pages
	All     string // what all of them together are called, as in "Notes"
}

// Operations are all rows of the table, in its order, but those of the page for people.
func Operations() ([]Operation, error) {
	var all []Operation
	for _, r := range routes() {
		if strings.HasPrefix(r.path, pagePath) {
			continue
		}
		o, err := r.operation()
		if err != nil {
			return nil, fmt.Errorf("operation %s: %w", r.id, err)
		}
		all = append(all, o)
	}
	return all, nil
}

func (r route) operation() (Operation, error) {
	o := Operation{
		ID: r.id, Tag: r.tag, Method: r.method, Path: r.path, Summary: r.summary, Checked: r.checked, Media: r.media,
		Write: r.write, Fixed: r.fixed, Open: r.open, Page: r.paged, Body: typeOf(r.body), Result: typeOf(r.result), Codes: codesOf(r), Rules: r.rules,
	}
	if r.asked != nil {
		o.Request = typeOf(r.asked(path{}))
	}
	for _, p := range parameters(r) {
		if p.Value.In == openapi3.ParameterInHeader {
			continue
		}
		parameter := Parameter{Name: p.Value.Name, Query: p.Value.In == openapi3.ParameterInQuery, Type: p.Value.Schema.Value.Type.Slice()[0]}
		if r.asked != nil {
			field, err := r.fieldOf(parameter)
			if err != nil {
				return Operation{}, err
			}
			parameter.Field = field
		}
		o.Parameters = append(o.Parameters, parameter)
	}
	return o, nil
}

// typeOf is nil for nothing and for a body that says nothing.
func typeOf(value any) reflect.Type {
	if _, nothing := value.(noBody); nothing || value == nil {
		return nil
	}
	return reflect.TypeOf(value)
}

// fieldOf is the field of what is asked that a parameter becomes: the one that it changes.
func (r route) fieldOf(p Parameter) (string, error) {
	without, with := reflect.ValueOf(r.asked(path{})), reflect.ValueOf(r.asked(only(p)))
	var changed []string
	for i := range without.NumField() {
		if !reflect.DeepEqual(without.Field(i).Interface(), with.Field(i).Interface()) {
			changed = append(changed, without.Type().Field(i).Name)
		}
	}
	if len(changed) != 1 {
		return "", fmt.Errorf("the parameter %s becomes the fields %q of %s, and not one", p.Name, changed, without.Type())
	}
	return changed[0], nil
}

// only is what a request says that has one parameter alone.
func only(p Parameter) path {
	const something = "x"
	switch {
	case !p.Query && (p.Name == paramNumber || p.Name == paramSequence):
		return path{number: 1}
	case !p.Query && p.Name == paramTxID:
		return path{txID: something}
	case !p.Query:
		var said path
		said.setID(p.Name, something)
		return said
	}
	return map[string]path{
		queryPurpose: {purpose: something}, queryHolder: {holder: something}, queryThing: {thing: thing{id: something}},
		queryDirection: {thing: thing{direction: something}}, queryLimit: {thing: thing{limit: 1}}, queryCursor: {thing: thing{cursor: something}},
		queryEnvelope: {envelope: true},
	}[p.Name]
}

// codesOf are the codes with which an operation can fail.
func codesOf(r route) []waymark.Code {
	statuses := problemStatuses(r)
	return slices.DeleteFunc(waymark.Codes(), func(c waymark.Code) bool { return !slices.Contains(statuses, c.HTTPStatus()) })
}
