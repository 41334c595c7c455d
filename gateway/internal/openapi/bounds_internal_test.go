package openapi

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/internal/reference"
	"github.com/waymark-ledger/waymark/gateway/internal/rest"
)

// TestValidateIsTheSchema puts into each bounded member of each request values at its bounds and one past
// them. What its schema refuses, its Validate refuses, and points at; and the other way round.
func TestValidateIsTheSchema(t *testing.T) {
	words, err := reference.Load()
	if err != nil {
		t.Fatal(err)
	}
	tried := make(map[string]bool)
	for _, o := range operations(t) {
		if o.Request == nil || o.Request.NumField() == 0 || !o.Checked {
			continue
		}
		p := prober{t: t, request: o.Request, schema: schemaOf(t, o.Request), tried: tried}
		for _, sound := range soundRequests(t, o, words) {
			p.sound = sound
			p.probe("", o.Request)
		}
	}
	for _, o := range operations(t) {
		if o.Request != nil && o.Checked {
			everyTried(t, o.Request, tried)
		}
	}
}

// soundRequests are requests of an operation that Validate takes.
func soundRequests(t *testing.T, o rest.Operation, words reference.Words) []map[string]any {
	t.Helper()
	texts := more()[o.Request]
	if len(o.Rules) > 0 {
		texts = append([]string{string(words.Examples[o.Rules[0]].Request)}, texts...)
	}
	var all []map[string]any
	for _, text := range texts {
		var sound map[string]any
		if err := json.Unmarshal([]byte(text), &sound); err != nil {
			t.Fatalf("%s: %v", o.ID, err)
		}
		if err := validate(o.Request, sound); err != nil {
			t.Fatalf("%s: %v", o.ID, err)
		}
		all = append(all, sound)
	}
	return all
}

// schemaOf is the schema of a type, as a reader of the document has it.
func schemaOf(t *testing.T, typ reflect.Type) *openapi3.Schema {
	t.Helper()
	b := newSchemas(reference.Words{}, nil)
	if _, err := b.of(typ); err != nil {
		t.Fatal(err)
	}
	data, err := json.Marshal(&openapi3.T{OpenAPI: openAPIVersion, Info: &openapi3.Info{}, Components: &openapi3.Components{Schemas: b.components}})
	if err != nil {
		t.Fatal(err)
	}
	document, err := openapi3.NewLoader().LoadFromData(data)
	if err != nil {
		t.Fatal(err)
	}
	return document.Components.Schemas[typ.Name()].Value
}

// validate is what Validate says of a request in JSON. One that is not of the types is refused too.
func validate(typ reflect.Type, request map[string]any) error {
	data, err := json.Marshal(request)
	if err != nil {
		return err
	}
	v := reflect.New(typ)
	if err := json.Unmarshal(data, v.Interface()); err != nil {
		return waymark.InvalidField("/"+strings.ReplaceAll(fieldOfError(err), ".", "/"), "%v", err)
	}
	return v.Elem().Interface().(waymark.Validator).Validate()
}

func fieldOfError(err error) string {
	if typed, ok := err.(*json.UnmarshalTypeError); ok { //nolint:errorlint // as it comes
		return typed.Field
	}
	return ""
}

// prober changes one member of a sound request at a time.
type prober struct {
	t       *testing.T
	request reflect.Type
	schema  *openapi3.Schema
	sound   map[string]any
	tried   map[string]bool // by type and member
}

// probe tries the members of a struct at a pointer of the request, and of those in it.
func (p prober) probe(pointer string, typ reflect.Type) {
	for field := range typ.Fields() {
		at := pointer + "/" + memberOf(field)
		form, bounded := waymark.FormOf(field)
		if bounded {
			p.tried[typ.Name()+"."+field.Name] = true
			p.member(at, field, form)
		}
		elem := field.Type
		value, there := get(p.sound, at)
		switch {
		case !there:
			continue
		case elem.Kind() == reflect.Slice:
			elem, at = elem.Elem(), at+"/0"
			if list, _ := value.([]any); len(list) == 0 {
				continue
			}
			if bounded && form.Entry != "" {
				p.value(at, elem, waymark.FormNamed(form.Entry), form.Entry, false)
			}
		case elem.Kind() == reflect.Pointer:
			elem = elem.Elem()
		}
		if elem.Kind() == reflect.Struct && elem.PkgPath() != "time" {
			p.probe(at, elem)
		}
	}
}

func (p prober) member(at string, field reflect.StructField, form waymark.Form) {
	if field.Type.Kind() == reflect.Slice || field.Type.Kind() == reflect.Map {
		p.list(at, form)
		return
	}
	p.value(at, field.Type, form, field.Tag.Get("form"), waymark.Optional(field))
}

// value tries a text or number. Of an optional one the zero value is none.
func (p prober) value(at string, typ reflect.Type, form waymark.Form, name string, optional bool) {
	if typ.Kind() != reflect.String {
		p.past(at, form.Most+1)
		if low := form.Least - 1; low != 0 || !optional {
			p.past(at, low)
		}
		p.within(at, form.Least)
		p.within(at, form.Most)
		return
	}
	p.past(at, strings.Repeat("a", int(form.Most)+1))
	p.past(at, "a\x01")
	if form.Least > 1 || form.Least == 1 && !optional {
		p.past(at, strings.Repeat("a", int(form.Least)-1))
	}
	if sample := p.sample(at, name, form); sample != "" {
		p.within(at, sample)
	}
}

// sample is a text of a form that is as long as it may be; empty where what is more than its form decides.
func (p prober) sample(at, name string, form waymark.Form) string {
	start, fill, end := "", "a", ""
	switch name {
	case "goods": // of the same kind as the one there
		there, _ := get(p.sound, at)
		link, _ := there.(string)
		if !strings.HasPrefix(link, "https://") {
			return ""
		}
		start = link + "?x="
	case "url", "target":
		start = "https://gateway.example/"
	case "arguments":
		start, end = `{"a":"`, `"}`
	case "event_kind":
		start = strings.Repeat("a", 31) + "."
	case "event_id":
		start, fill = "9999999999:999999999:", "9"
	case "reading_id":
		start, fill = strings.Repeat("a", 64)+":9007199254740991:", "9"
	case "currency", "trade_unit":
		fill = "A"
	case "gln", "gtin", "place", "unit", "": // a check digit, the kind of a condition, or a number's size
		return ""
	}
	return start + strings.Repeat(fill, int(form.Most)-len(start)-len(end)) + end
}

// elsewhere are members that Validate also holds against others, which no schema tells.
func elsewhere(pointer string) bool {
	return slices.Contains([]string{
		"/price",   // of all units together it is bounded
		"/devices", // together with the shipments
		"/profile", // not together with conditions
	}, pointer)
}

// list tries how many entries a list or map may have.
func (p prober) list(at string, form waymark.Form) {
	value, _ := get(p.sound, at)
	list, ok := value.([]any)
	if !ok || len(list) == 0 {
		return
	}
	many := func(n int64) []any { return slices.Repeat(list[:1], int(n)) }
	p.past(at, many(form.Most+1))
	p.within(at, many(form.Most))
	if form.Least > 1 {
		p.past(at, many(form.Least-1))
	}
}

// past wants a value to be refused by both.
func (p prober) past(at string, value any) {
	p.t.Helper()
	schema, rule := p.judge(at, value)
	if schema == nil || rule == nil || waymark.AsError(rule).Code != waymark.Invalid {
		p.t.Errorf("%s%s = %.40v: the schema says %v, Validate says %v", p.request.Name(), at, value, schema != nil, rule)
		return
	}
	if pointer := waymark.AsError(rule).Field; pointer != at {
		p.t.Errorf("%s%s = %.40v: Validate points at %s: %v", p.request.Name(), at, value, pointer, rule)
	}
}

// within wants a value to be refused by neither for itself. What it does to others is not of its schema.
func (p prober) within(at string, value any) {
	p.t.Helper()
	schema, rule := p.judge(at, value)
	if schema != nil || rule != nil && waymark.AsError(rule).Field == at && !elsewhere(at) {
		p.t.Errorf("%s%s = %.40v: the schema says %v, Validate says %v", p.request.Name(), at, value, schema, rule)
	}
}

// judge puts a value into the sound request, and asks both.
func (p prober) judge(at string, value any) (schema, rule error) {
	changed := put(p.sound, strings.Split(at, "/")[1:], value).(map[string]any)
	data, err := json.Marshal(changed)
	if err != nil {
		p.t.Fatal(err)
	}
	var plain any
	if err := json.Unmarshal(data, &plain); err != nil {
		p.t.Fatal(err)
	}
	return p.schema.VisitJSON(plain), validate(p.request, changed)
}

func get(in any, pointer string) (any, bool) {
	for _, name := range strings.Split(pointer, "/")[1:] {
		switch at := in.(type) {
		case map[string]any:
			value, ok := at[name]
			if !ok {
				return nil, false
			}
			in = value
		case []any:
			in = at[0]
		}
	}
	return in, true
}

// put returns a copy with a value in its place.
func put(in any, names []string, value any) any {
	if len(names) == 0 {
		return value
	}
	switch at := in.(type) {
	case []any:
		changed := slices.Clone(at)
		changed[0] = put(at[0], names[1:], value)
		return changed
	case map[string]any:
		changed := make(map[string]any, len(at)+1)
		for name, v := range at {
			changed[name] = v
		}
		changed[names[0]] = put(at[names[0]], names[1:], value)
		return changed
	}
	panic(fmt.Sprintf("nothing holds %q", names))
}

// everyTried wants that the members of a request all have bounds, and that these were tried.
func everyTried(t *testing.T, typ reflect.Type, tried map[string]bool) {
	t.Helper()
	for field := range typ.Fields() {
		name := typ.Name() + "." + field.Name
		_, bounded := waymark.FormOf(field)
		elem := field.Type
		if elem.Kind() == reflect.Slice || elem.Kind() == reflect.Pointer {
			elem = elem.Elem()
		}
		switch {
		case bounded && !tried[name]:
			t.Errorf("%s: no sound request has it", name)
		case !bounded && enumOf(elem) == nil && (elem.Kind() != reflect.Struct || field.Type.Kind() == reflect.Slice) && elem.Kind() != reflect.Bool:
			t.Errorf("%s: has no bounds", name)
		}
		if elem.Kind() == reflect.Struct && elem.PkgPath() != "time" {
			everyTried(t, elem, tried)
		}
	}
}

// more are sound requests with what the examples leave out.
func more() map[reflect.Type][]string {
	const line = `"id":"S1","consignee":"carrier","goods":[{"id":"https://id.gs1.org/01/09506000134352/21/1"}]`
	return map[reflect.Type][]string{
		reflect.TypeFor[waymark.EventsQuery]():      {`{"kind":"shipment.ready","device":"d","shipment":"s","member":"m","purpose":"p","after":"1:0:0","order":"desc"}`},
		reflect.TypeFor[waymark.WebhookRequest]():   {`{"url":"https://erp.example/hook","kind":"shipment.ready","device":"d","shipment":"s","member":"m","purpose":"p","after":"1:0:0"}`},
		reflect.TypeFor[waymark.WebhookQuery]():     {`{"id":"wh-1"}`},
		reflect.TypeFor[waymark.DeadLettersQuery](): {`{"webhook":"wh-1","limit":1,"cursor":"1:0:0"}`},
		reflect.TypeFor[waymark.ReplayRequest]():    {`{"webhook":"wh-1","event":"1:0:0"}`},
		reflect.TypeFor[waymark.LeaseRequest]():     {`{"name":"n","holder":"h","seconds":5,"note":"x"}`},
		reflect.TypeFor[waymark.ReleaseRequest]():   {`{"name":"n","holder":"h"}`},
		reflect.TypeFor[waymark.LeasesQuery]():      {`{"prefix":"n"}`},
		reflect.TypeFor[waymark.ShipmentsQuery]():   {`{"state":"ready","consignor":"a","consignee":"b","custodian":"c","title_holder":"d","purpose":"p","sort":"id","at":1,"limit":1,"cursor":"s"}`},
		reflect.TypeFor[waymark.DevicesQuery]():     {`{"owner":"a","state":"active","model":"m","shipment":"s","purpose":"p","at":1,"limit":1,"cursor":"d"}`},
		reflect.TypeFor[waymark.ThingsQuery](): {
			`{"kind":"item","gtin":"09506000134352","lot":"https://id.gs1.org/01/09506000134352/10/L","holder":"a","shipment":"s",
				"container":"https://id.gs1.org/00/395060001234567894","at":1,"limit":1,"cursor":"c"}`,
		},
		reflect.TypeFor[waymark.DecisionsQuery]():  {`{"action":"ReadShipment","outcome":"denied","member":"m","from_block":1,"order":"desc","at":1,"limit":1,"cursor":"x"}`},
		reflect.TypeFor[waymark.SearchQuery]():     {`{"q":"S1","kind":"item","purpose":"p","at":1}`},
		reflect.TypeFor[waymark.ProvenanceQuery](): {`{"id":"https://id.gs1.org/01/09506000134352/21/1","purpose":"p","at":1}`},
		reflect.TypeFor[waymark.ReadingsQuery]():   {`{"device":"d","name":"t","shipment":"s","purpose":"p","at":1,"limit":1,"cursor":"5:1:0"}`},
		reflect.TypeFor[waymark.LatestQuery]():     {`{"device":"d","purpose":"p","at":1}`},
		reflect.TypeFor[waymark.SeriesQuery]():     {`{"device":"d","name":"t","bucket":60,"shipment":"s","purpose":"p","at":1,"limit":1,"cursor":"5"}`},
		reflect.TypeFor[waymark.ProofQuery]():      {`{"reading":"d:1:0","purpose":"p"}`},
		reflect.TypeFor[waymark.MessageQuery]():    {`{"device":"d","sequence":1}`},
		reflect.TypeFor[waymark.AcceptHandoffRequest](): {
			`{"shipment":"S1","number":1,"checked":[{"device":"d","checked":7,"digest":"` + strings.Repeat("0f", 32) + `"}]}`,
		},
		reflect.TypeFor[waymark.CreateShipmentRequest](): {
			`{` + line + `,"conditions":[{"kind":"mkt","name":"t","unit":"Cel","mkt":{"limit":"8"}}]}`,
			`{` + line + `,"conditions":[{"kind":"range","name":"t","unit":"Cel","maximum":"8","budget":{"seconds":9,"mode":"cumulative"}}]}`,
			`{` + line + `,"conditions":[{"kind":"geofence","name":"lat","unit":"lat","fence":{"longitude_name":"lon",
				"circle":{"center":{"latitude":"1","longitude":"2"},"radius_meters":3}}}]}`,
			`{` + line + `,"conditions":[{"kind":"geofence","name":"lat","unit":"lat","fence":{"longitude_name":"lon",
				"polygon":[{"latitude":"0","longitude":"0"},{"latitude":"0","longitude":"1"},{"latitude":"1","longitude":"1"}]}}]}`,
		},
	}
}
