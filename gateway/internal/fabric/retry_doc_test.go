package fabric

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
)

// published is the retry table as operators and callers read it.
const published = "../../../docs/retries.md"

// TestPublishedTableIsCurrent wants one row for each rule, with what is done and
// told; the words in between are free.
func TestPublishedTableIsCurrent(t *testing.T) {
	data, err := os.ReadFile(published)
	if err != nil {
		t.Fatal(err)
	}
	steps := map[step]string{stop: "answer", again: "endorse anew", lookup: "look up", resubmit: "send again"}
	told := make(map[string][]string) // kind to {what it is, what is done, code, message}
	for line := range strings.Lines(string(data)) {
		if cells := strings.Split(strings.Trim(line, "| \n"), " | "); len(cells) == 5 && strings.HasPrefix(cells[0], "`") {
			told[strings.Trim(cells[0], "`")] = cells[1:]
		}
	}
	table := rules()
	for k, r := range table {
		want := fmt.Sprintf("%s, %s, %s", steps[r.next], r.code, r.message)
		switch k {
		case refused:
			want = "answer, the chaincode's own, the chaincode's own"
		case unkept:
			want = "answer, the record's own, the record's own"
		}
		cells := told[string(k)]
		if len(cells) != 4 || cells[0] == "" || strings.Join(cells[1:], ", ") != want {
			t.Errorf("%s: the page says %q, the table %q", k, cells, want)
		}
	}
	if len(told) != len(table) {
		t.Errorf("the page has the rows %q", slices.Sorted(maps.Keys(told)))
	}
	codesAreCurrent(t, string(data))
	if bound := fmt.Sprintf("at most %d proposals", maxAttempts); !strings.Contains(string(data), bound) {
		t.Errorf("the page does not say %q", bound)
	}
}

// codesAreCurrent wants one row for each of Fabric's validation codes, with its kind.
func codesAreCurrent(t *testing.T, page string) {
	t.Helper()
	told := make(map[string]string)
	for line := range strings.Lines(page) {
		if cells := strings.Split(strings.Trim(line, "| \n"), " | "); len(cells) == 3 && strings.HasPrefix(cells[0], "`") {
			told[strings.Trim(cells[0], "`")] = strings.Trim(cells[1], "`")
		}
	}
	for number, text := range peer.TxValidationCode_name {
		want := string(kindOfValidation(peer.TxValidationCode(number)))
		if got, ok := told[text]; !ok || got != want && (got != "valid" || want != "") {
			t.Errorf("%s: the page says %q, the table %q", text, got, want)
		}
	}
	if len(told) != len(peer.TxValidationCode_name) {
		t.Errorf("the page has the codes %q", slices.Sorted(maps.Keys(told)))
	}
}
