package hostile

import (
	"maps"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// Past makes requests each of which has one part past a bound that the document gives it, and so is
// to be refused.
func (o Operation) Past() []Request {
	var all []Request
	for _, ref := range o.spec.Parameters {
		p := ref.Value
		if p.In == openapi3.ParameterInHeader {
			continue
		}
		for _, bad := range past(p.Schema.Value, p.Required) {
			all = append(all, o.with(p.Name, bad).Sound())
		}
	}
	if o.spec.RequestBody == nil {
		return all
	}
	sound, value := o.Sound(), o.body()
	for _, body := range bodies(o.spec.RequestBody.Value.Content.Get("application/json").Schema.Value, value, true) {
		r := sound
		r.Body = text(body)
		all = append(all, r)
	}
	return all
}

// with is the operation with a value for a parameter.
func (o Operation) with(parameter string, value any) Operation {
	plain, ok := value.(string)
	if !ok {
		plain = text(value)
	}
	name := o.known.Name
	o.known.Name = func(o Operation, asked string) string {
		switch {
		case asked == parameter:
			return plain
		case name != nil:
			return name(o, asked)
		}
		return ""
	}
	return o
}

// bodies are those in which one part of a sound value is past its bounds.
func bodies(schema *openapi3.Schema, sound any, required bool) []any {
	switch at := sound.(type) {
	case map[string]any:
		return objects(schema, at)
	case []any:
		return lists(schema, at)
	}
	return past(schema, required)
}

func objects(schema *openapi3.Schema, sound map[string]any) []any {
	var all []any
	for _, name := range slices.Sorted(maps.Keys(sound)) {
		property := schema.Properties[name]
		if property == nil {
			continue
		}
		for _, bad := range bodies(property.Value, sound[name], slices.Contains(schema.Required, name)) {
			changed := maps.Clone(sound)
			changed[name] = bad
			all = append(all, changed)
		}
	}
	return all
}

func lists(schema *openapi3.Schema, sound []any) []any {
	if len(sound) == 0 {
		return nil
	}
	var all []any
	if schema.MaxItems != nil {
		all = append(all, slices.Repeat(sound[:1], int(*schema.MaxItems)+1)) //nolint:gosec // some thousand at most
	}
	for _, bad := range bodies(schema.Items.Value, sound[0], true) {
		all = append(all, append([]any{bad}, sound[1:]...))
	}
	return all
}

// past are values past the bounds of a text or number.
func past(schema *openapi3.Schema, required bool) []any {
	switch {
	case len(schema.Enum) > 0:
		return []any{"nothing of the kind"}
	case schema.Type.Is("string"):
		return pastText(schema)
	case schema.Type.Is("integer"):
		return pastNumber(schema, required)
	}
	return nil
}

func pastText(schema *openapi3.Schema) []any {
	var all []any
	if schema.MaxLength != nil {
		all = append(all, strings.Repeat("a", int(*schema.MaxLength)+1)) //nolint:gosec // some thousand at most
	}
	if schema.MinLength > 1 {
		all = append(all, strings.Repeat("a", int(schema.MinLength)-1)) //nolint:gosec // the same
	}
	if schema.Pattern != "" {
		all = append(all, "\x01")
	}
	return all
}

// pastNumber takes 0 of what is not required for none.
func pastNumber(schema *openapi3.Schema, required bool) []any {
	var all []any
	if schema.Max != nil {
		all = append(all, int64(*schema.Max)+1)
	}
	if low := schema.Min; low != nil && (*low != 1 || required) {
		all = append(all, int64(*low)-1)
	}
	return all
}
