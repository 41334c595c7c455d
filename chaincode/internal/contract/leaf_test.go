package contract_test

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

// leaf is a member of a request that holds one value.
type leaf struct {
	path     []string // member names, 0 for the first of a list, * for any name of a map
	kind     kind
	optional bool
}

// kind is what a leaf holds.
type kind int

const (
	text kind = iota
	moment
	number
)

// keyOf is the path below a map to one of its names, instead of a value.
const keyOf = "(name)"

func (l leaf) String() string { return "/" + strings.Join(l.path, "/") }

// leaves are all texts, times and numbers of a request type, however deep.
func leaves(t *testing.T, of reflect.Type) []leaf {
	t.Helper()
	switch of.Kind() {
	case reflect.String:
		return []leaf{{}}
	case reflect.Int, reflect.Int64, reflect.Uint64:
		return []leaf{{kind: number}}
	case reflect.Bool:
		return nil
	case reflect.Pointer:
		return leaves(t, of.Elem())
	case reflect.Slice:
		return under(leaves(t, of.Elem()), "0", false)
	case reflect.Map:
		return append(under(leaves(t, of.Elem()), "*", false), leaf{path: []string{keyOf}})
	case reflect.Struct:
		return fields(t, of)
	}
	t.Fatalf("a request holds a %s: teach leaves how to be hostile to it", of)
	return nil
}

func fields(t *testing.T, of reflect.Type) (all []leaf) {
	t.Helper()
	if of == reflect.TypeFor[time.Time]() {
		return []leaf{{kind: moment}}
	}
	for i := range of.NumField() {
		f := of.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		all = append(all, under(leaves(t, f.Type), name, f.Tag.Get("metadata") == ",optional")...)
	}
	return all
}

// under puts a step before the paths. It is the last step that makes a leaf optional.
func under(below []leaf, step string, optional bool) []leaf {
	for i, l := range below {
		below[i].optional = l.optional || optional && len(l.path) == 0
		below[i].path = append([]string{step}, l.path...)
	}
	return below
}

// hole is what stands in for a value until it is put in.
const hole = `"<hole>"`

// template encodes a request with a hole at a leaf. It reports false if the request has
// nothing there that could hold it.
func (l leaf) template(t *testing.T, request any) (string, bool) {
	t.Helper()
	encoded, err := json.Marshal(request)
	if err != nil {
		t.Fatal(err)
	}
	var tree any
	decoder := json.NewDecoder(strings.NewReader(string(encoded)))
	decoder.UseNumber()
	if err := decoder.Decode(&tree); err != nil {
		t.Fatal(err)
	}
	tree, ok := pierce(tree, l.path)
	if encoded, err = json.Marshal(tree); err != nil {
		t.Fatal(err)
	}
	// json.Marshal escapes the brackets.
	return strings.Replace(string(encoded), `"\u003chole\u003e"`, hole, 1), ok
}

// pierce puts a hole at the end of a path.
func pierce(tree any, path []string) (any, bool) {
	if len(path) == 0 {
		return "<hole>", true
	}
	ok := false
	switch node := tree.(type) {
	case map[string]any:
		name := path[0]
		if name == "*" || name == keyOf {
			name = anyName(node)
		}
		if path[0] == keyOf && name != "" {
			node["<hole>"] = node[name]
			delete(node, name)
			return node, true
		}
		var child any
		if child, ok = pierce(node[name], path[1:]); ok {
			node[name] = child
		}
	case []any:
		if len(node) > 0 {
			node[0], ok = pierce(node[0], path[1:])
		}
	}
	return tree, ok
}

func anyName(node map[string]any) string {
	names := make([]string, 0, len(node))
	for name := range node {
		names = append(names, name)
	}
	slices.Sort(names)
	return append(names, "")[0]
}
