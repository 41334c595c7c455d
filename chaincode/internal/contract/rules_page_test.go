package contract_test

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/rules/access"
)

// rulesFile says every transaction in words. Its code spans are names that the code
// has, and nothing else; its italics are records of the architecture.
const rulesFile = "../../../docs/rules.md"

var (
	codeSpan   = regexp.MustCompile("`([^`\n]*)`")
	italics    = regexp.MustCompile(`\b_([^_\n]+)_\b`)
	policyID   = regexp.MustCompile(`(?m)^@id\("([^"]+)"\)`)
	policyAct  = regexp.MustCompile(`Waymark::Action::"([A-Za-z]+)"`)
	recordRow  = regexp.MustCompile("(?m)^\\| ([a-z ]+) \\| (`[a-z]+/[^|]*)")
	recordKey  = regexp.MustCompile("`([a-z]+)/")
	blockStart = regexp.MustCompile("^(?:### |\\| )`([a-z]+:[A-Z][A-Za-z]*)`")
)

// rulesBlocks are the sections and rows of the page that begin with a transaction, by its
// name. To a row belongs the text between its heading and the table, if that heading is
// of no transaction.
func rulesBlocks(t *testing.T, page string) map[string]string {
	t.Helper()
	blocks := map[string]string{}
	open, shared := "", ""
	for line := range strings.Lines(page) {
		heading, row := strings.HasPrefix(line, "#"), strings.HasPrefix(line, "|")
		if heading {
			shared = ""
		}
		if m := blockStart.FindStringSubmatch(line); m != nil {
			open = m[1]
			if _, again := blocks[open]; again {
				t.Errorf("%s is there twice", open)
			}
			blocks[open] = shared
		} else if heading || row {
			open = ""
		}
		switch {
		case open != "":
			blocks[open] += line
		case !heading && !row:
			shared += line
		}
	}
	return blocks
}

// recordsByKey are the names of the records in the architecture, by the first part of
// their keys.
func recordsByKey(t *testing.T) map[string]string {
	t.Helper()
	names := map[string]string{}
	for _, row := range recordRow.FindAllStringSubmatch(readText(t, "../../../docs/architecture.md"), -1) {
		for _, key := range recordKey.FindAllStringSubmatch(row[2], -1) {
			names[key[1]] = row[1]
		}
	}
	return names
}

// recordsNamed are the italics of a text.
func recordsNamed(text string) []string {
	var names []string
	for _, m := range italics.FindAllStringSubmatch(codeSpan.ReplaceAllString(text, ""), -1) {
		names = append(names, m[1])
	}
	return names
}

// submittedTransactions says of each transaction whether it is submitted, by the metadata,
// which TestMetadata holds against the contracts.
func submittedTransactions(t *testing.T) map[string]bool {
	t.Helper()
	var metadata struct {
		Contracts map[string]struct {
			Transactions []struct {
				Name string
				Tag  []string
			}
		}
	}
	if err := json.Unmarshal([]byte(readText(t, metadataFile)), &metadata); err != nil {
		t.Fatal(err)
	}
	submitted := map[string]bool{}
	for contract, c := range metadata.Contracts {
		for _, tx := range c.Transactions {
			if name := contract + ":" + tx.Name; name != "org.hyperledger.fabric:GetMetadata" {
				submitted[name] = slices.Contains(tx.Tag, "submit")
			}
		}
	}
	return submitted
}

// policiesByAction are the ids of the baseline's policies, by the actions in their scope.
func policiesByAction(t *testing.T) map[string][]string {
	t.Helper()
	text := access.Baseline().Policy
	starts := policyID.FindAllStringSubmatchIndex(text, -1)
	byAction := map[string][]string{}
	for i, at := range starts {
		id, end := text[at[2]:at[3]], len(text)
		if i+1 < len(starts) {
			end = starts[i+1][0]
		}
		actions := policyAct.FindAllStringSubmatch(text[at[1]:end], -1)
		if len(actions) == 0 {
			t.Errorf("policy %s names no action: the page cannot say what it decides", id)
		}
		for _, m := range actions {
			if m[1] == "Grantable" { // the group
				for _, action := range access.GrantableActions() {
					byAction[string(action)] = append(byAction[string(action)], id)
				}
				continue
			}
			byAction[m[1]] = append(byAction[m[1]], id)
		}
	}
	return byAction
}

// constants are the texts of the constants with a prefix in a file of the vocabulary.
func constants(t *testing.T, file, prefix string) []string {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), "../../waymark/"+file, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	var texts []string
	ast.Inspect(parsed, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || len(spec.Values) != 1 || !strings.HasPrefix(spec.Names[0].Name, prefix) {
			return true
		}
		if literal, ok := spec.Values[0].(*ast.BasicLit); ok && literal.Kind == token.STRING {
			text, err := strconv.Unquote(literal.Value)
			if err != nil {
				t.Fatal(err)
			}
			texts = append(texts, text)
		}
		return true
	})
	return texts
}

func spans(text string) []string {
	var all []string
	for _, m := range codeSpan.FindAllStringSubmatch(text, -1) {
		all = append(all, m[1])
	}
	return all
}

func readText(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
