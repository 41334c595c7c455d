package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
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
func readTypes(root, folder string, types map[string]reference.Type) error {
	files, err := filepath.Glob(filepath.Join(root, folder, "*.go"))
	if err != nil || len(files) == 0 {
		return fmt.Errorf("%s has no Go files (%w)", folder, err)
	}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return fmt.Errorf("parse: %w", err)
		}
		for _, d := range parsed.Decls {
			if declared, ok := d.(*ast.GenDecl); ok && declared.Tok == token.TYPE {
				addAll(types, folder, declared)
			}
		}
	}
	return nil
}

func addAll(types map[string]reference.Type, folder string, declared *ast.GenDecl) {
	for _, spec := range declared.Specs {
		if t, ok := spec.(*ast.TypeSpec); ok {
			add(types, folder+"."+t.Name.Name, t, declared.Doc)
		}
	}
}

// add adds a type that is a struct with members in JSON, or a text of its own kind.
func add(types map[string]reference.Type, name string, t *ast.TypeSpec, shared *ast.CommentGroup) {
	doc := t.Doc
	if doc == nil {
		doc = shared
	}
	described := reference.Type{About: sentence(doc.Text())}
	switch typ := t.Type.(type) {
	case *ast.StructType:
		described.Members = membersOf(typ)
		if len(described.Members) == 0 && !isWire(typ) {
			return
		}
	case *ast.Ident:
	default:
		return
	}
	if described.About != "" || len(described.Members) > 0 {
		types[name] = described
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

func membersOf(t *ast.StructType) map[string]string {
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
			members[name] = sentence(inJSON(comment, names))
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

// sentence is a comment on one line, with a capital where it begins in words.
func sentence(comment string) string {
	text := strings.Join(strings.Fields(comment), " ")
	first, size := utf8.DecodeRuneInString(text)
	if size == 0 {
		return ""
	}
	return string(unicode.ToUpper(first)) + text[size:]
}
