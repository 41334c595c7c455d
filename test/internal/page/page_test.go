package page_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/waymark-ledger/waymark/test/internal/page"
)

func TestInsert(t *testing.T) {
	const old = "# A page\n<!-- faults: begin -->\nold\n<!-- faults: end -->\nmore\n<!-- bench: begin -->\n<!-- bench: end -->\n"
	got, err := page.Insert(old, "faults", "new\n")
	if want := "# A page\n<!-- faults: begin -->\nnew\n<!-- faults: end -->\nmore\n<!-- bench: begin -->\n<!-- bench: end -->\n"; err != nil || got != want {
		t.Errorf("%q, %v", got, err)
	}
	for _, without := range []string{"", "<!-- faults: begin -->\n", "<!-- faults: end -->\n<!-- faults: begin -->\n", "<!-- bench: begin -->\n<!-- bench: end -->\n"} {
		if got, err := page.Insert(without, "faults", "new"); err == nil {
			t.Errorf("%q is %q", without, got)
		}
	}
}

func TestWrite(t *testing.T) {
	path := filepath.Join(t.TempDir(), "page.md")
	if err := page.Write(path, "bench", "new\n"); err == nil {
		t.Error("a page that is not there")
	}
	for content, want := range map[string]string{"<!-- bench: begin -->\n<!-- bench: end -->\n": "<!-- bench: begin -->\nnew\n<!-- bench: end -->\n", "no place": "no place"} {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		err := page.Write(path, "bench", "new\n")
		if got, readErr := os.ReadFile(path); readErr != nil || string(got) != want || (err == nil) != (content != want) {
			t.Errorf("%q, %v, %v", got, err, readErr)
		}
	}
}
