package bridge

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
)

const (
	explained   = 60      // lines at most
	explainedOf = 4 << 20 // bytes at the end of a log that are looked at
)

// Explanation is the end of a log, of the lines that may explain a failure: those of level warn and above, those that contain one of
// some words, and those that are no JSON, as of a panic and of brokers. It is for whoever has no file to look into, so it says, too, why there is
// nothing.
func Explanation(file string, words ...string) string {
	text, err := end(file)
	if err != nil {
		return fmt.Sprintf("(%s cannot be read: %v)\n", file, err)
	}
	var lines []string
	for line := range strings.Lines(text) {
		if explains(line, words) {
			lines = append(lines, strings.TrimSuffix(line, "\n"))
		}
	}
	lines = lines[max(0, len(lines)-explained):]
	return fmt.Sprintf("the last %d lines of %s that may explain it:\n%s\n", len(lines), file, strings.Join(lines, "\n"))
}

// end reads the last lines of a file.
func end(path string) (string, error) {
	file, err := os.Open(path) //nolint:gosec // of the test
	if err != nil {
		return "", err
	}
	defer func() { _ = file.Close() }() // it was only read
	info, err := file.Stat()
	if err != nil {
		return "", err
	}
	start := max(0, info.Size()-explainedOf)
	text, err := io.ReadAll(io.NewSectionReader(file, start, info.Size()-start))
	if start > 0 { // the first line has no beginning
		_, text, _ = bytes.Cut(text, []byte("\n"))
	}
	return string(text), err
}

func explains(line string, words []string) bool {
	var said struct{ Level string }
	if err := json.Unmarshal([]byte(line), &said); err != nil {
		return strings.TrimSpace(line) != ""
	}
	return !slices.Contains([]string{"debug", "info"}, said.Level) || slices.ContainsFunc(words, func(w string) bool { return strings.Contains(line, w) })
}
