package profiles_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"flag"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/profiles"
)

var update = flag.Bool("update", false, "write the digests of new versions")

func TestCatalogue(t *testing.T) {
	all := profiles.All()
	if len(all) < 10 {
		t.Fatalf("only %d profiles", len(all))
	}
	if !slices.IsSortedFunc(all, func(a, b waymark.Profile) int { return strings.Compare(a.Name, b.Name) }) {
		t.Error("not by name")
	}
	for i, p := range all {
		for _, err := range []error{
			waymark.ValidateID("/name", p.Name), waymark.ValidateID("/version", p.Version),
			waymark.ValidateText("/title", p.Title, 100, true), waymark.ValidateText("/source", p.Source, 1000, true),
		} {
			if err != nil {
				t.Errorf("%s: %v", p.Name, err)
			}
		}
		if i > 0 && p.Name == all[i-1].Name || len(p.Conditions) == 0 {
			t.Errorf("%s is there twice, or has no conditions", p.Name)
		}
		if found, ok := profiles.Find(p.Name); !ok || found.Title != p.Title {
			t.Errorf("%s: found %+v, %t", p.Name, found, ok)
		}
	}
	for _, name := range []string{"", "custom", "REFRIGERATED"} {
		if p, ok := profiles.Find(name); ok {
			t.Errorf("%q: %+v", name, p)
		}
	}
}

// TestAVersionNeverChanges holds the conditions of each version to what they were when it was
// published: shipments name them.
func TestAVersionNeverChanges(t *testing.T) {
	data, err := os.ReadFile("profiles.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Profiles []struct {
			Name, Version string
			Conditions    json.RawMessage
		}
	}
	if err := json.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	published := digests(t)
	for _, p := range file.Profiles {
		var compact bytes.Buffer
		if err := json.Compact(&compact, p.Conditions); err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(compact.Bytes())
		name, digest := p.Name+" "+p.Version, hex.EncodeToString(sum[:])
		switch was, found := published[name]; {
		case !found && *update:
			published[name] = digest
		case !found:
			t.Errorf("%s is new: go test ./profiles -update", name)
		case was != digest:
			t.Errorf("%s was published with other conditions: it needs a new version", name)
		}
	}
	if *update {
		encoded, err := json.MarshalIndent(published, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile("testdata/digests.json", append(encoded, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// digests are the SHA-256 of the conditions of every version that was ever published.
func digests(t *testing.T) map[string]string {
	t.Helper()
	data, err := os.ReadFile("testdata/digests.json")
	if err != nil {
		t.Fatal(err)
	}
	published := map[string]string{}
	if err := json.Unmarshal(data, &published); err != nil {
		t.Fatal(err)
	}
	return published
}
