package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"sort"
	"strconv"
	"strings"
)

// source is what a package says of its configuration.
type source struct {
	structs map[string][]field // by name of the type
	header  string             // the comment of Config
	keys    map[string]string  // of the fields, by their Go names
}

// field is a key.
type field struct {
	name, key string // in Go, and in the file
	comment   string
	kind      string // the struct that it is, or that it has several of; "" for a value
	shape     shape
	value     string // as YAML
	given     bool   // whether there is a value
	example   bool   // the value is an example, since something must be there
	now       bool   // it can be changed while the process runs
}

// shape is how often a struct is there.
type shape int

const (
	once shape = iota
	named
	listed
)

// read parses the files of a package that are no tests.
func read(folder string) (*source, error) {
	files, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil {
		return nil, fmt.Errorf("list %s: %w", folder, err)
	}
	sort.Strings(files)
	s := &source{structs: make(map[string][]field), keys: make(map[string]string)}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		text, err := os.ReadFile(file) //nolint:gosec // of the package that is named
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", file, err)
		}
		if err := s.parse(file, text); err != nil {
			return nil, err
		}
	}
	if s.structs["Config"] == nil {
		return nil, fmt.Errorf("%s has no struct Config", folder)
	}
	return s, nil
}

func (s *source) parse(name string, text []byte) error {
	file, err := parser.ParseFile(token.NewFileSet(), name, text, parser.ParseComments)
	if err != nil {
		return fmt.Errorf("parse: %w", err)
	}
	for _, d := range file.Decls {
		declared, ok := d.(*ast.GenDecl)
		if !ok || declared.Tok != token.TYPE {
			continue
		}
		for _, spec := range declared.Specs {
			typ, _ := spec.(*ast.TypeSpec)
			body, ok := typ.Type.(*ast.StructType)
			if !ok {
				continue
			}
			if typ.Name.Name == "Config" {
				s.header = declared.Doc.Text()
			}
			s.add(typ.Name.Name, body)
		}
	}
	return nil
}

func (s *source) add(name string, body *ast.StructType) {
	for _, f := range body.Fields.List {
		if f.Tag == nil || len(f.Names) != 1 {
			continue
		}
		text, err := strconv.Unquote(f.Tag.Value)
		if err != nil { // the parser has seen that it is a literal
			continue
		}
		tag := reflect.StructTag(text)
		key := field{name: f.Names[0].Name, key: tag.Get("koanf"), comment: f.Doc.Text(), now: tag.Get("reload") == "now"}
		if key.value, key.example = tag.Lookup("example"); key.example {
			key.given = true
		} else {
			key.value, key.given = tag.Lookup("default")
		}
		key.kind, key.shape = kindOf(f.Type)
		s.structs[name] = append(s.structs[name], key)
		s.keys[key.name] = key.key
	}
}

// kindOf returns the name of the type, which may be no struct, and how often it is there.
func kindOf(typ ast.Expr) (string, shape) {
	switch t := typ.(type) {
	case *ast.Ident:
		return t.Name, once
	case *ast.MapType:
		kind, _ := kindOf(t.Value)
		return kind, named
	case *ast.ArrayType:
		kind, _ := kindOf(t.Elt)
		return kind, listed
	}
	return "", once
}

var (
	goName   = regexp.MustCompile(`\b[A-Z][A-Za-z0-9]*(\.[A-Z][A-Za-z0-9]*)*\b`)
	capitals = regexp.MustCompile(`^[A-Z0-9]+$`)
)

// inKeys names keys as the file does, where a comment has the names of Go. A name all in capitals is
// one only where a comment begins, or with a point: TLS is also a word.
func (s *source) inKeys(comment string) string {
	first := true
	return goName.ReplaceAllStringFunc(comment, func(word string) string {
		if capitals.MatchString(word) && (!first || !strings.HasPrefix(comment, word+" ")) {
			return word
		}
		first = false
		parts := strings.Split(word, ".")
		for i, part := range parts {
			key, ok := s.keys[part]
			if !ok {
				return word
			}
			parts[i] = key
		}
		return strings.Join(parts, ".")
	})
}
