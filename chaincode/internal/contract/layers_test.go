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
var layersLine = regexp.MustCompile(`(?m)^ +(contract -> .* -> ledger)$`)

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
			if at[other] <= at[name] && other != "fabricledger" { // the adapter, which the contracts bind
				t.Errorf("%s imports %s, which is not to its right", name, other)
			}
		}
	}
}

// importsOf are the packages beside this one that another of them imports, tests apart.
func importsOf(t *testing.T, name string) []string {
	t.Helper()
	const beside = "github.com/waymark-ledger/waymark/chaincode/internal/"
	files, err := os.ReadDir("../" + name)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, f := range files {
		if !strings.HasSuffix(f.Name(), ".go") || strings.HasSuffix(f.Name(), "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), filepath.Join("..", name, f.Name()), nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range parsed.Imports {
			if other, is := strings.CutPrefix(strings.Trim(i.Path.Value, `"`), beside); is {
				all = append(all, other)
			}
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}
