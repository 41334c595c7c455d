package bridge_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/waymark-ledger/waymark/test/internal/bridge"
)

func TestExplanation(t *testing.T) {
	const refused = `{"level":"info","msg":"device refused","device_id":"logger-7"}`
	for _, test := range []struct {
		name, log string
		words     []string
		want      string // the lines
	}{
		{name: "nothing", log: "", want: ""},
		{name: "a warning", log: `{"level":"info","msg":"a"}` + "\n" + `{"level":"warn","msg":"b"}` + "\n", want: `{"level":"warn","msg":"b"}`},
		{name: "of a device", log: refused + "\n" + strings.ReplaceAll(refused, "7", "70") + "\n", words: []string{`"logger-7"`}, want: refused},
		{name: "of nobody who is asked for", log: refused, words: []string{`"logger-1"`}, want: ""},
		{name: "a panic", log: `{"level":"info"}` + "\npanic: oh\n\ngoroutine 1", want: "panic: oh\ngoroutine 1"},
	} {
		file := filepath.Join(t.TempDir(), "log")
		if err := os.WriteFile(file, []byte(test.log), 0o600); err != nil {
			t.Fatal(err)
		}
		head, got, _ := strings.Cut(bridge.Explanation(file, test.words...), "\n")
		if !strings.Contains(head, file) || got != test.want+"\n" {
			t.Errorf("%s: got %q under %q, want %q", test.name, got, head, test.want)
		}
	}
}

// However long a log is, its end is told.
func TestExplanationIsBounded(t *testing.T) {
	file := filepath.Join(t.TempDir(), "log")
	var log strings.Builder
	for log.Len() < 5<<20 {
		fmt.Fprintf(&log, "line of length %d\n", log.Len())
	}
	log.WriteString("the last\n")
	if err := os.WriteFile(file, []byte(log.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	got := bridge.Explanation(file)
	if strings.Count(got, "\n") != 61 || !strings.HasSuffix(got, "\nthe last\n") {
		t.Errorf("got %d lines, at the end %q", strings.Count(got, "\n"), got[max(0, len(got)-100):])
	}
	if got := bridge.Explanation(file + ".none"); !strings.Contains(got, "cannot be read") {
		t.Errorf("of no file: %q", got)
	}
}
