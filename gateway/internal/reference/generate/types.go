package main

import (
	"fmt"
	"go/ast"
	"go/constant"
	"go/parser"
	"go/token"
	"go/types"
	"path/filepath"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/waymark-ledger/waymark/gateway/internal/reference"
)

// readTypes adds the types of a package that say something.
func readTypes(root, folder string, all map[string]reference.Type) error {
	declarations, err := parse(filepath.Join(root, folder))
	if err != nil {
		return err
	}
	numbers := make(map[string]string) // of constants, by their names
	for _, d := range declarations {
		if d.Tok == token.CONST {
			addNumbers(numbers, d)
		}
	}
	for _, d := range declarations {
		if d.Tok == token.TYPE {
			addAll(all, folder, d, numbers)
		}
	}
	return nil
}

// parse returns what the files of a package that are no tests declare.
func parse(folder string) ([]*ast.GenDecl, error) {
	files, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil || len(files) == 0 {
		return nil, fmt.Errorf("%s has no Go files (%w)", folder, err)
	}
	var all []*ast.GenDecl
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return nil, fmt.Errorf("parse: %w", err)
		}
		for _, d := range parsed.Decls {
			if declared, ok := d.(*ast.GenDecl); ok {
				all = append(all, declared)
			}
		}
	}
	return all, nil
}

func addAll(all map[string]reference.Type, folder string, declared *ast.GenDecl, numbers map[string]string) {
	for _, spec := range declared.Specs {
		if t, ok := spec.(*ast.TypeSpec); ok {
			add(all, folder+"."+t.Name.Name, t, declared.Doc, numbers)
		}
	}
}

// add adds a type that is a struct with members in JSON, or a text of its own kind.
func add(all map[string]reference.Type, name string, t *ast.TypeSpec, shared *ast.CommentGroup, numbers map[string]string) {
	doc := t.Doc
	if doc == nil {
		doc = shared
	}
	described := reference.Type{About: sentence(inNumbers(doc.Text(), numbers))}
	switch typ := t.Type.(type) {
	case *ast.StructType:
		described.Members = membersOf(typ, numbers)
		if len(described.Members) == 0 && !isWire(typ) {
			return
		}
	case *ast.Ident:
	default:
		return
	}
	if described.About != "" || len(described.Members) > 0 {
		all[name] = described
	}
}

// isWire reports whether a struct has a member in JSON.
func isWire(t *ast.StructType) bool {
	for _, f := range t.Fields.List {
		if nameOf(f) != "" {
			return true
		}
	}
	return false
}

// nameOf is a field's name in JSON; empty if it has none.
func nameOf(f *ast.Field) string {
	if f.Tag == nil {
		return ""
	}
	text, err := strconv.Unquote(f.Tag.Value)
	if err != nil { // the parser has seen that it is a literal
		return ""
	}
	name, _, _ := strings.Cut(reflect.StructTag(text).Get("json"), ",")
	return strings.TrimPrefix(name, "-")
}

func membersOf(t *ast.StructType, numbers map[string]string) map[string]string {
	names := make(map[string]string) // in JSON, by those in Go
	for _, f := range t.Fields.List {
		if name := nameOf(f); name != "" && len(f.Names) == 1 {
			names[f.Names[0].Name] = name
		}
	}
	members := make(map[string]string)
	for _, f := range t.Fields.List {
		comment := f.Doc.Text()
		if comment == "" {
			comment = f.Comment.Text()
		}
		if name := nameOf(f); name != "" && comment != "" {
			members[name] = sentence(inNumbers(inJSON(comment, names), numbers))
		}
	}
	return members
}

// goName is a word that may be the name of a field.
var goName = regexp.MustCompile(`(^|[^.!?] )([A-Z][A-Za-z0-9]*)\b`)

// inJSON names members as JSON does, where a comment has the names of Go: where it begins, and
// within a sentence, since a word that begins another is seldom one.
func inJSON(comment string, names map[string]string) string {
	return goName.ReplaceAllStringFunc(strings.Join(strings.Fields(comment), " "), func(found string) string {
		parts := goName.FindStringSubmatch(found)
		if name, ok := names[parts[2]]; ok {
			return parts[1] + "`" + name + "`"
		}
		return found
	})
}

// constantName is a word that may be the name of a bound.
var constantName = regexp.MustCompile(`\b(Min|Max)[A-Z][A-Za-z0-9]*\b`)

// inNumbers says bounds in numbers, where a comment has the names of Go.
func inNumbers(comment string, numbers map[string]string) string {
	return constantName.ReplaceAllStringFunc(comment, func(name string) string {
		if number, ok := numbers[name]; ok {
			return number
		}
		return name
	})
}

// addNumbers adds the constants of a declaration whose values stand there.
func addNumbers(numbers map[string]string, declared *ast.GenDecl) {
	for _, spec := range declared.Specs {
		values, ok := spec.(*ast.ValueSpec)
		if !ok || len(values.Values) != len(values.Names) {
			continue
		}
		for i, name := range values.Names {
			value, err := types.Eval(token.NewFileSet(), nil, token.NoPos, types.ExprString(values.Values[i]))
			if err == nil && value.Value != nil && value.Value.Kind() == constant.Int {
				numbers[name.Name] = value.Value.ExactString()
			}
		}
	}
}

// sentence is a comment on one line, with a capital where it begins in words.
func sentence(comment string) string {
	text := strings.Join(strings.Fields(comment), " ")
	first, size := utf8.DecodeRuneInString(text)
	if size == 0 {
		return ""
	}
	return string(unicode.ToUpper(first)) + text[size:]
}
