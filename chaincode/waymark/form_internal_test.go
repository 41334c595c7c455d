package waymark

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestTagsNameForms: a tag names a form that there is, and each form is of some member or entry.
func TestTagsNameForms(t *testing.T) {
	used := map[string]bool{"decimal": true} // by its type
	for name, form := range forms {
		for _, part := range []string{form.Entry, form.Key} {
			if _, known := forms[part]; part != "" && !known {
				t.Errorf("%s: there is no form %s for what is in it", name, part)
			}
			used[part] = true
		}
		if form.Least < 0 || form.Most < max(form.Least, 1) {
			t.Errorf("%s: %d to %d", name, form.Least, form.Most)
		}
		if (form.Pattern == "") != (form.check == nil) {
			t.Errorf("%s: a text has a pattern, and what checks it", name)
		}
	}
	for _, name := range formTags(t) {
		if _, known := forms[name]; !known {
			t.Errorf("a tag names the form %q", name)
		}
		used[name] = true
	}
	for _, name := range slices.Sorted(maps.Keys(forms)) {
		if !used[name] {
			t.Errorf("%s: nothing has this form", name)
		}
	}
}

// formTags are the names in the tags of this package's sources.
func formTags(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, file := range files {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(parsed, func(n ast.Node) bool {
			field, ok := n.(*ast.Field)
			if !ok || field.Tag == nil {
				return true
			}
			tag, err := strconv.Unquote(field.Tag.Value)
			if err != nil {
				t.Fatal(err)
			}
			if name, there := reflect.StructTag(tag).Lookup("form"); there {
				names = append(names, name)
			}
			return true
		})
	}
	return names
}

// FuzzForms: whatever a form's check takes looks as the form says, so that the document refuses nothing that
// Validate takes.
func FuzzForms(f *testing.F) {
	for _, seed := range []string{
		"", "a", "logger-1", "09506000134352", "4012345000009", "https://id.gs1.org/01/09506000134352/21/1?x=\x01", "urn:epc:id:sgtin:9506000.013435.1", "stock/a/b", "shipment/S1",
		"Cel", "/", "%RH", "KGM", "EUR", "-2.5e-10", "0", "https://gateway.example/?a=\u0085", `{"a":[1]}`, "permit (principal, action, resource);\n", "MIIB+/=\r\n", "1f",
		strings.Repeat("5a", 32), "\u00e9", "\u202e", "\x7f",
	} {
		f.Add(seed)
	}
	patterns := make(map[string]*regexp.Regexp)
	for name, form := range forms {
		patterns[name] = regexp.MustCompile(form.Pattern)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for name, form := range forms {
			if form.check == nil || form.checkText("", text) != nil {
				continue
			}
			if !patterns[name].MatchString(text) {
				t.Errorf("%s: takes %q, which does not look like %s", name, text, form.Pattern)
			}
		}
	})
}

func TestCheckForms(t *testing.T) {
	type inner struct {
		ID string `json:"id" form:"id"`
	}
	type request struct {
		ID      string            `json:"id" form:"id"`
		Note    string            `json:"note,omitempty" form:"note"`
		Share   int64             `json:"share" form:"share"`
		Number  uint64            `json:"number,omitempty" form:"sequence"`
		Notes   []string          `json:"notes,omitempty" form:"notes"`
		Lines   []inner           `json:"lines,omitempty" form:"lines"`
		Filled  map[string]string `json:"filled,omitempty" form:"parameters"`
		Pointer *inner            `json:"pointer,omitempty"`
		Value   Decimal           `json:"value,omitempty"`
		Bytes   []byte            `json:"bytes,omitempty"`
	}
	tests := []struct {
		name string
		give func(*request)
		want string // where the fault is
	}{
		{"all that may be left out", func(*request) {}, ""},
		{"an empty list", func(r *request) { r.Notes = []string{} }, ""},
		{"bytes", func(r *request) { r.Bytes = []byte{0} }, ""},
		{"no id", func(r *request) { r.ID = "" }, "/id"},
		{"as many bytes as may be", func(r *request) { r.Note = strings.Repeat("é", 100) }, ""},
		{"more bytes than characters", func(r *request) { r.Note = strings.Repeat("é", 101) }, "/note"},
		{"a control character", func(r *request) { r.Note = "\x00" }, "/note"},
		{"invalid UTF-8", func(r *request) { r.Note = "\xff" }, "/note"},
		{"below 0", func(r *request) { r.Share = -1 }, "/share"},
		{"the largest number", func(r *request) { r.Number = MaxSequence }, ""},
		{"past it", func(r *request) { r.Number = MaxSequence + 1 }, "/number"},
		{"past all", func(r *request) { r.Number = 1<<64 - 1 }, "/number"},
		{"an entry", func(r *request) { r.Notes = []string{"n1", " "} }, "/notes/1"},
		{"too many", func(r *request) { r.Notes = slices.Repeat([]string{"n"}, MaxNotes+1) }, "/notes"},
		{"in a struct of a list", func(r *request) { r.Lines = []inner{{ID: "a"}, {}} }, "/lines/1/id"},
		{"a key", func(r *request) { r.Filled = map[string]string{"a b": "c"} }, "/filled"},
		{"of two faults the first by name", func(r *request) { r.Filled = map[string]string{"b": "", "a": ""} }, "/filled/a"},
		{"through a pointer", func(r *request) { r.Pointer = &inner{} }, "/pointer/id"},
		{"a number that is none", func(r *request) { r.Value = "1e" }, "/value"},
		{"of two faults the first", func(r *request) { r.ID, r.Note = "", "\x00" }, "/id"},
	}
	for _, tt := range tests {
		r := request{ID: "r"}
		tt.give(&r)
		err := CheckForms(r)
		if err == nil && tt.want == "" {
			continue
		}
		if err == nil || CodeOf(err) != Invalid || AsError(err).Field != tt.want {
			t.Errorf("%s: %v, want a fault at %q", tt.name, err, tt.want)
		}
	}
}
