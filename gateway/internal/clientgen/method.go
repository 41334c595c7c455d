package main

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/internal/rest"
)

// method is one method of the client, in Go source text.
type method struct {
	rest.Operation

	Name      string
	Arguments string   // after ctx, each with a comma before it
	Returns   string   // in front of the error
	Path      string   // the expression that makes it
	Fields    []field  // of a body that is not the request itself
	Sent      string   // the expression of the body; nil for none
	Record    string   // the type of the result
	Specific  string   // the codes that not every operation has
	Ruled     string   // the transactions whose rules hold
	Validated bool     // the request is checked before it is sent
	Entry     string   // the type of what pages have
	Passed    []string // the names of Arguments, in their order
}

// field is one of a body.
type field struct{ Name, Type, Tag, Value string }

func methodOf(o rest.Operation) (method, error) {
	if o.Body != nil && o.Body.Kind() == reflect.Struct && o.Body.NumField() == 0 {
		o.Body = nil
	}
	m := method{Operation: o, Name: nameOf(o.ID), Sent: "nil", Specific: specific(o.Codes), Ruled: list(o.Rules)}
	if err := m.ask(); err != nil {
		return m, err
	}
	if err := m.answer(); err != nil {
		return m, err
	}
	m.path()
	return m, nil
}

// nameOf is the name of an operation's method: its id, without what Go leaves out.
func nameOf(id string) string {
	id = strings.TrimPrefix(id, "get")
	return strings.ToUpper(id[:1]) + id[1:]
}

// specific are the codes that not every operation has, as text.
func specific(codes []waymark.Code) string {
	every := []waymark.Code{waymark.Invalid, waymark.Unauthenticated, waymark.ResourceExhausted, waymark.Unavailable, waymark.Internal}
	return list(slices.DeleteFunc(slices.Clone(codes), func(c waymark.Code) bool { return slices.Contains(every, c) }))
}

func list[T ~string](names []T) string {
	all := make([]string, len(names))
	for i, name := range names {
		all[i] = string(name)
	}
	return strings.Join(all, ", ")
}

// ask works out the arguments and the body. Every field of the request must go somewhere.
func (m *method) ask() error {
	if m.Request == nil {
		for _, p := range m.Parameters {
			m.argument(argumentOf(p.Name), map[string]string{"string": "string", "boolean": "bool"}[p.Type])
		}
		if m.Body != nil {
			return m.whole(m.Body)
		}
		return nil
	}
	taken := m.bound()
	if m.Body == nil && len(taken) == 0 { // it asks for what is the caller's own
		m.Request = nil
		return nil
	}
	if err := m.body(taken); err != nil {
		return err
	}
	return m.request(m.Request)
}

// bound are the fields of the request that parameters take.
func (m *method) bound() []string {
	var taken []string
	for _, p := range m.Parameters {
		taken = append(taken, p.Field)
	}
	return taken
}

// whole is a body that says all.
func (m *method) whole(t reflect.Type) error {
	m.Request, m.Sent = t, "r"
	return m.request(t)
}

func (m *method) request(t reflect.Type) error {
	name, err := typeName(t)
	m.argument("r", name)
	m.Validated = m.Checked
	return err
}

func (m *method) argument(name, typ string) {
	m.Arguments += ", " + name + " " + typ
	m.Passed = append(m.Passed, name)
}

// body works out what is sent: the request itself, one field of it, or what the path leaves.
func (m *method) body(taken []string) error {
	var left []reflect.StructField
	for f := range m.Request.Fields() {
		if !slices.Contains(taken, f.Name) {
			left = append(left, f)
		}
	}
	switch {
	case m.Body == nil && len(left) > 0:
		return fmt.Errorf("nothing takes the field %s of %s", left[0].Name, m.Request)
	case m.Body == nil:
		return nil
	case len(taken) == 0 && m.Request.ConvertibleTo(m.Body):
		m.Sent = "r"
		return nil
	case len(left) == 1 && left[0].Type.ConvertibleTo(m.Body):
		m.Sent = "r." + left[0].Name
		return nil
	}
	m.Sent = "body"
	return m.fields(left)
}

// fields are those of a body, each of which is a field of the request by its name in JSON.
func (m *method) fields(left []reflect.StructField) error {
	if m.Body.NumField() != len(left) {
		return fmt.Errorf("the body has %d members, and %s has %d for it", m.Body.NumField(), m.Request, len(left))
	}
	for f := range m.Body.Fields() {
		i := slices.IndexFunc(left, func(l reflect.StructField) bool { return member(l) == member(f) && l.Type == f.Type })
		if i < 0 {
			return fmt.Errorf("no field of %s is the member %s of the body", m.Request, member(f))
		}
		name, err := typeName(f.Type)
		if err != nil {
			return err
		}
		m.Fields = append(m.Fields, field{Name: f.Name, Type: name, Tag: f.Tag.Get("json"), Value: "r." + left[i].Name})
	}
	return nil
}

// member is the name of a field in JSON.
func member(f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	return name
}

// answer works out what is returned.
func (m *method) answer() (err error) {
	if m.Media != "" {
		m.Returns = "[]byte"
		return nil
	}
	if m.Record, err = typeName(m.Result); err != nil {
		return err
	}
	m.Returns = m.Record
	if m.Write {
		m.Returns = "Written[" + m.Record + "]"
		m.Arguments += ", options ...WriteOption"
	}
	if m.Page.Entries == "" {
		return nil
	}
	entries, ok := m.Result.FieldByName(m.Page.Entries)
	if !ok {
		return errors.New("the answer has no field " + m.Page.Entries)
	}
	m.Entry, err = typeName(entries.Type.Elem())
	return err
}

// path makes the expression of the path with its query.
func (m *method) path() {
	expression := `"` + m.Operation.Path + `"`
	var query []string
	for _, p := range m.Parameters {
		value := m.value(p)
		if p.Query {
			query = append(query, `"`+p.Name+`": `+value)
			continue
		}
		expression = strings.Replace(expression, "{"+p.Name+"}", `" + `+value+` + "`, 1)
	}
	expression = strings.TrimSuffix(expression, ` + ""`)
	if len(query) > 0 {
		expression += " + query(map[string]string{" + strings.Join(query, ", ") + "})"
	}
	m.Path = expression
}

// value is the expression of a parameter, as text.
func (m *method) value(p rest.Parameter) string {
	value, typ := argumentOf(p.Name), reflect.TypeFor[string]()
	if m.Request != nil {
		f, _ := m.Request.FieldByName(p.Field)
		value, typ = "r."+f.Name, f.Type
	}
	switch {
	case p.Type == "boolean":
		return "truth(" + value + ")"
	case typ == reflect.TypeFor[time.Time]():
		return "instant(" + value + ")"
	case p.Type == "integer" && p.Query:
		return "count(" + value + ")"
	case p.Type == "integer":
		return "strconv.FormatUint(" + value + ", 10)"
	}
	if typ != reflect.TypeFor[string]() {
		value = "string(" + value + ")"
	}
	if p.Query {
		return value
	}
	return "url.PathEscape(" + value + ")"
}

// argumentOf is a parameter's name in Go.
func argumentOf(parameter string) string {
	return strings.NewReplacer("tx_id", "txID").Replace(parameter)
}
