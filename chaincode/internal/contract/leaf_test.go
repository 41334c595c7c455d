package contract_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

// leaf is a member of a request that holds one value.
type leaf struct {
	path     []string // member names, 0 for the first of a list, * for each name of a map
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

// template is a request with a hole at one place.
type template struct {
	leaf
	json string
}

// templates encode a request with a hole at a leaf: one for each name of a map, none if
// the request has nothing there that could hold it.
func (l leaf) templates(t *testing.T, request any) []template {
	t.Helper()
	encoded, err := json.Marshal(request)
	if err != nil {
		t.Fatal(err)
	}
	var all []template
	for _, path := range places(decoded(t, encoded), l.path) {
		at := leaf{path: path, kind: l.kind, optional: l.optional}
		pierced, err := json.Marshal(pierce(decoded(t, encoded), path))
		if err != nil {
			t.Fatal(err)
		}
		// json.Marshal escapes the brackets.
		all = append(all, template{at, strings.Replace(string(pierced), `"\u003chole\u003e"`, hole, 1)})
	}
	return all
}

func decoded(t *testing.T, text []byte) (tree any) {
	t.Helper()
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(&tree); err != nil {
		t.Fatal(err)
	}
	return tree
}

// places are the paths that a path of a type has in a request.
func places(tree any, path []string) [][]string {
	if len(path) == 0 {
		return [][]string{{}}
	}
	var all [][]string
	switch node := tree.(type) {
	case map[string]any:
		steps := []string{path[0]}
		if path[0] == "*" {
			steps = slices.Sorted(maps.Keys(node))
		}
		for _, step := range steps {
			for _, rest := range places(node[step], path[1:]) {
				all = append(all, append([]string{step}, rest...))
			}
		}
	case []any:
		if len(node) > 0 {
			for _, rest := range places(node[0], path[1:]) {
				all = append(all, append([]string{"0"}, rest...))
			}
		}
	}
	return all
}

// pierce puts a hole at the end of a path that is there.
func pierce(tree any, path []string) any {
	if len(path) == 0 {
		return "<hole>"
	}
	switch node := tree.(type) {
	case map[string]any:
		if path[0] == keyOf {
			name := slices.Min(slices.Collect(maps.Keys(node)))
			node["<hole>"] = node[name]
			delete(node, name)
		} else {
			node[path[0]] = pierce(node[path[0]], path[1:])
		}
	case []any:
		node[0] = pierce(node[0], path[1:])
	}
	return tree
}
