package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const repository = "../../.."

var (
	testName    = regexp.MustCompile("`((?:Test|Fuzz)[A-Za-z0-9_]+)`")
	testFunc    = regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)[A-Za-z0-9_]+)\(`)
	requirement = regexp.MustCompile(`\b\d{1,2}\.\d{1,2}\.\d{1,2}\b`)
	// named are the requirements in a comment, which may go on in the next line, or in a table of a test.
	named    = regexp.MustCompile(`ASVS 5\.0:(?:\s|//|,|\d{1,2}\.\d{1,2}\.\d{1,2})+|"\d{1,2}\.\d{1,2}\.\d{1,2}"`)
	asvsRow  = regexp.MustCompile(`(?m)^\| V\d+ [^|]+\|([^|]*)\|`)
	linkedTo = regexp.MustCompile(`\]\(([^)#:]+)\)`)
)

// TestTheSecurityPageNamesWhatThereIs: every test on the page exists, every file that it links
// to, and its requirements of ASVS are exactly those that tests name.
func TestTheSecurityPageNamesWhatThereIs(t *testing.T) {
	page := readText(t, "docs/security.md")
	tests, covered := testsOf(t)
	names := testName.FindAllStringSubmatch(page, -1)
	if len(names) < 50 {
		t.Errorf("the page names %d tests", len(names))
	}
	for _, m := range names {
		if !tests[m[1]] {
			t.Errorf("there is no %s", m[1])
		}
	}
	var listed []string
	for _, m := range asvsRow.FindAllStringSubmatch(page, -1) {
		listed = append(listed, requirement.FindAllString(m[1], -1)...)
	}
	slices.Sort(listed)
	slices.Sort(covered)
	if covered = slices.Compact(covered); !slices.Equal(listed, covered) {
		t.Errorf("requirements of ASVS\n on the page %v\n in tests    %v", listed, covered)
	}
	for _, m := range linkedTo.FindAllStringSubmatch(page, -1) {
		if _, err := os.Stat(filepath.Join(repository, "docs", m[1])); err != nil {
			t.Errorf("the page links to %s: %v", m[1], err)
		}
	}
}

// testsOf returns the tests of all modules, and the requirements that they name.
func testsOf(t *testing.T) (tests map[string]bool, covered []string) {
	t.Helper()
	tests = make(map[string]bool)
	root := os.DirFS(repository)
	err := fs.WalkDir(root, ".", func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && len(path) > 1 && strings.HasPrefix(entry.Name(), "."):
			return fs.SkipDir
		case !strings.HasSuffix(path, "_test.go"):
			return nil
		}
		text, err := fs.ReadFile(root, path)
		for _, m := range testFunc.FindAllSubmatch(text, -1) {
			tests[string(m[1])] = true
		}
		if strings.Contains(string(text), "ASVS") {
			for _, m := range named.FindAllString(string(text), -1) {
				covered = append(covered, requirement.FindAllString(m, -1)...)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return tests, covered
}

func readText(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(repository, filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
