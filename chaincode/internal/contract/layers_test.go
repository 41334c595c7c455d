package contract_test

import (
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// layersLine is where the architecture says which package of the rules may import which: those to its right.
var layersLine = regexp.MustCompile(`(?m)^ +(policy -> .* -> ledger)$`)

// TestLayers holds the line of the architecture to what the packages import.
func TestLayers(t *testing.T) {
	line := layersLine.FindStringSubmatch(readText(t, "../../../docs/architecture.md"))
	if line == nil {
		t.Fatal("the architecture has no line of packages")
	}
	at := map[string]int{}
	for i, layer := range strings.Split(line[1], " -> ") {
		for _, name := range strings.Split(layer, ", ") {
			at[name] = i + 1
		}
	}
	for name := range at {
		for _, other := range importsOf(t, name) {
			if at[other] <= at[name] {
				t.Errorf("%s imports %s, which is not to its right", name, other)
			}
		}
	}
}

// importsOf are the packages of the rules that one of them imports, tests apart.
func importsOf(t *testing.T, name string) []string {
	t.Helper()
	const rules = "github.com/waymark-ledger/waymark/chaincode/rules/"
	files, err := os.ReadDir(filepath.Join("../../rules", name))
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, f := range files {
		if !strings.HasSuffix(f.Name(), ".go") || strings.HasSuffix(f.Name(), "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), filepath.Join("../../rules", name, f.Name()), nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range parsed.Imports {
			if other, is := strings.CutPrefix(strings.Trim(i.Path.Value, `"`), rules); is {
				all = append(all, other)
			}
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}
