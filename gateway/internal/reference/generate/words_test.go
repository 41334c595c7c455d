package main

import (
	"maps"
	"os"
	"path/filepath"
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/internal/reference"
)

func write(t *testing.T, name, text string) string {
	t.Helper()
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return folder
}

func TestTypesSayWhatTheirCommentsSay(t *testing.T) {
	root := write(t, "device.go", `package device

const MaxNotes = 5 << 1

// Device is a thing
// with a key.
type Device struct {
	// Owned says when it came to Owner. State may follow, at most MaxNotes times, MaxUnknown too.
	Owned  string `+"`json:\"owned,omitempty\"`"+`
	Owner  string `+"`json:\"owner\"`"+` // the member, as Owned says
	State  State  `+"`json:\"state\"`"+`
	hidden string // of nobody
}

// State is where it is.
type State string

// Rule is no record.
type Rule struct{ inside int }
`)
	got := make(map[string]reference.Type)
	if err := readTypes(root, ".", got); err != nil {
		t.Fatal(err)
	}
	device := got["..Device"]
	want := map[string]string{
		"owned": "`owned` says when it came to `owner`. State may follow, at most 10 times, MaxUnknown too.",
		"owner": "The member, as `owned` says",
	}
	if device.About != "Device is a thing with a key." || !maps.Equal(device.Members, want) {
		t.Errorf("%+v", device)
	}
	if got["..State"].About != "State is where it is." || len(got) != 2 {
		t.Errorf("%+v", got)
	}
	if err := readTypes(root, "nothing", got); err == nil {
		t.Error("a folder without Go files is read")
	}
}

func TestRulesOfSectionsAndRows(t *testing.T) {
	root := write(t, "rules.md", `# Rules
In general.

## `+"`a:Put`"+`
- **May**: an [admin](roles.md).
- **Changes**: it.

| reads | gives | who |
|---|---|---|
| `+"`a:Get`"+` | it | anybody |

### States
A reason is needed.

| transaction | from | emits |
|---|---|---|
| `+"`a:Stop`"+` | active | stopped |

| reads | gives |
|---|---|
| `+"`a:List`"+` | all |
`)
	got, err := readRules(filepath.Join(root, "rules.md"))
	if err != nil {
		t.Fatal(err)
	}
	want := map[waymark.Transaction]string{
		"a:Put":  "- **May**: an admin.\n- **Changes**: it.",
		"a:Get":  "- **Gives**: it\n- **Who**: anybody",
		"a:Stop": "A reason is needed.\n\n- **From**: active\n- **Emits**: stopped",
		"a:List": "- **Gives**: all",
	}
	if !maps.Equal(got, want) {
		t.Errorf("%q", got)
	}
}
