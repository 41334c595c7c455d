package rest

import (
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// Operation is what a row of the table says to who writes the document, or a client of it.
type Operation struct {
	ID, Tag      string
	Method, Path string // the path as OpenAPI writes it
	Summary      string
	About        string // what the rules do not say; one of both is there
	// Request is what the operation asks, in the vocabulary's words; nil if the parameters
	// say all of it. Checked says that the gateway validates it before all else.
	Request reflect.Type
	Checked bool
	// Parameters are those of the path, in its order, and then those of the query.
	Parameters []Parameter
	Body       reflect.Type // nil for none; one without fields says nothing
	Result     reflect.Type // nil if Media says what the answer is
	Media      string
	Stream     string // the media type of the answer that goes on; empty if there is none
	Write      bool   // answered with a client.Written around the result
	Keeps      bool   // changes what the gateway keeps, and nothing on the ledger
	Asked      bool   // a question of a caller, whose answer has an ETag
	Listed     bool   // a list of the read model, whose answer says which block it has
	Fixed      bool   // a write that its maker signed: nobody else can make it anew
	Open       bool   // of the gateway itself, for everybody
	People     bool   // a page for people, which no program asks for
	Created    bool   // the answer says where the thing is
	Status     int    // of the answer when all is well
	Problems   []int  // the statuses besides
	Page       Page
	Codes      []waymark.Code // of this operation's errors, in the order of waymark.Codes
	// Rules are the transactions whose rules say who may, and what it needs (docs/rules.md).
	Rules []waymark.Transaction
}

// Parameter is part of a path or a query.
type Parameter struct {
	Name     string
	Query    bool
	Required bool
	Field    string // of Request that it is; empty if there is no Request
	Type     string // of JSON: string, integer or boolean
}

// Page says what an operation that answers in pages has them of.
type Page struct {
	Entries string // the field of the result that holds them; empty if there are no pages
	All     string // what all of them together are called, as in "Notes"
}

// Operations are all rows of the table, in its order, but the files that the page for people loads.
func Operations() ([]Operation, error) {
	var all []Operation
	for _, r := range routes() {
		if r.doc.hidden {
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
		ID: r.id, Tag: r.tag, Method: r.method, Path: r.path, Summary: r.summary, About: r.doc.about, Checked: r.doc.checked, Media: r.doc.media,
		Write: r.write, Keeps: r.keeps, Asked: r.conditional(), Listed: r.listed != nil, Fixed: r.doc.fixed, Open: r.open, People: r.path == pagePath, Created: r.created, Status: r.status(), Problems: problemStatuses(r),
		Page: r.paged, Body: reflect.TypeOf(r.body), Result: reflect.TypeOf(r.result), Codes: codesOf(r), Rules: r.doc.rules,
	}
	if r.stream {
		o.Stream = eventMedia
	}
	if o.Listed {
		if f, ok := o.Result.FieldByName("Block"); !ok || f.Type.Kind() != reflect.Uint64 {
			return Operation{}, fmt.Errorf("the list does not say which block it has")
		}
	}
	if r.doc.asked != nil {
		o.Request = typeOf(r.doc.asked(path{}))
	}
	for _, p := range parameters(r) {
		if r.doc.asked != nil && p.Field == "" {
			field, err := r.fieldOf(p)
			if err != nil {
				return Operation{}, err
			}
			p.Field = field
		}
		o.Parameters = append(o.Parameters, p)
	}
	return o, nil
}

// The types of parameters in JSON.
const (
	typeString  = "string"
	typeInteger = "integer"
	typeBoolean = "boolean"
)

// parameters are those of the path, in its order, and then those of the query.
func parameters(r route) []Parameter {
	var all []Parameter
	for part := range strings.SplitSeq(r.path, "/") {
		if name, ok := strings.CutPrefix(part, "{"); ok {
			p := Parameter{Name: strings.TrimSuffix(name, "}"), Required: true, Type: typeString}
			if p.Name == paramNumber || p.Name == paramSequence {
				p.Type = typeInteger
			}
			all = append(all, p)
		}
	}
	if r.listed != nil {
		return append(all, listParameters(r, all)...)
	}
	for _, q := range []struct {
		taken bool
		Parameter
	}{
		{r.query != "", Parameter{Name: r.query, Type: typeBoolean}},
		{r.purpose, Parameter{Name: queryPurpose, Type: typeString}},
		{r.holder, Parameter{Name: queryHolder, Type: typeString}},
		{r.thing, Parameter{Name: queryThing, Type: typeString, Required: true}},
		{r.prefix, Parameter{Name: queryPrefix, Type: typeString}},
		{r.traced, Parameter{Name: queryDirection, Type: typeString, Required: true}},
		{r.paged.Entries != "", Parameter{Name: queryLimit, Type: typeInteger}},
		{r.paged.Entries != "", Parameter{Name: queryCursor, Type: typeString}},
	} {
		if q.taken {
			q.Query = true
			all = append(all, q.Parameter)
		}
	}
	return all
}

// typeOf is nil for nothing and for a request that says nothing.
func typeOf(value any) reflect.Type {
	if _, nothing := value.(noBody); nothing || value == nil {
		return nil
	}
	return reflect.TypeOf(value)
}

// fieldOf is the field of what is asked that a parameter becomes: the one that it changes.
func (r route) fieldOf(p Parameter) (string, error) {
	without, with := reflect.ValueOf(r.doc.asked(path{})), reflect.ValueOf(r.doc.asked(only(p)))
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
		queryEnvelope: {envelope: true}, queryPrefix: {prefix: something},
	}[p.Name]
}

// codesOf are the codes with which an operation can fail.
func codesOf(r route) []waymark.Code {
	statuses := problemStatuses(r)
	return slices.DeleteFunc(waymark.Codes(), func(c waymark.Code) bool { return !slices.Contains(statuses, c.HTTPStatus()) })
}

// problemStatuses are those that the operation can answer besides its success.
func problemStatuses(r route) []int {
	if r.open {
		return openStatuses(r)
	}
	statuses := []int{waymark.Invalid.HTTPStatus(), waymark.Unauthenticated.HTTPStatus(), waymark.Forbidden.HTTPStatus(), http.StatusNotAcceptable,
		waymark.ResourceExhausted.HTTPStatus(), waymark.Internal.HTTPStatus(), waymark.Unavailable.HTTPStatus()}
	if r.namesSomething() {
		statuses = append(statuses, waymark.NotFound.HTTPStatus())
	}
	if r.takesBody() {
		statuses = append(statuses, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType)
	}
	if r.holder || r.bodies {
		statuses = append(statuses, http.StatusBadGateway)
	}
	if r.bodies {
		statuses = append(statuses, http.StatusGone)
	}
	return append(statuses, changingStatuses(r)...)
}

// changingStatuses are those of what the ledger would change, or this gateway keep.
func changingStatuses(r route) []int {
	switch {
	case r.write || r.endorse:
		return []int{waymark.Conflict.HTTPStatus(), waymark.FailedPrecondition.HTTPStatus()}
	case r.keeps && r.created: // what this gateway may not keep
		return []int{waymark.FailedPrecondition.HTTPStatus()}
	case r.keeps && r.method == http.MethodPut: // what another may have
		return []int{waymark.AlreadyExists.HTTPStatus()}
	}
	return nil
}

// namesSomething is whether what is asked about may not be there.
func (r route) namesSomething() bool {
	return strings.Contains(r.path, "{") || r.body != nil && !r.keeps || r.thing
}

// takesBody is whether a body is read, if only to see that it says nothing.
func (r route) takesBody() bool { return r.body != nil || r.changes() }

// changes is whether the operation changes anything, on the ledger or here.
func (r route) changes() bool { return r.write || r.keeps }

func openStatuses(r route) []int {
	statuses := []int{waymark.ResourceExhausted.HTTPStatus()}
	if r.path == readyPath {
		statuses = append(statuses, waymark.Unavailable.HTTPStatus())
	}
	return statuses
}
