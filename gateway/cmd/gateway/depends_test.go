package main

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// TestTheServerIsWithoutGenerators: what makes the document and the client is not in the binary. It
// serves what was made.
func TestTheServerIsWithoutGenerators(t *testing.T) {
	list, err := exec.CommandContext(t.Context(), "go", "list", "-deps", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	depends := strings.Fields(string(list))
	const ours = "github.com/waymark-ledger/waymark/gateway/"
	if !slices.Contains(depends, ours+"api") {
		t.Errorf("the document is not among %d packages", len(depends))
	}
	for _, path := range depends {
		for _, generator := range []string{"github.com/getkin/kin-openapi/", ours + "internal/openapi", ours + "internal/reference", ours + "internal/clientgen"} {
			if strings.HasPrefix(path, generator) {
				t.Errorf("the server has %s in it", path)
			}
		}
	}
}
