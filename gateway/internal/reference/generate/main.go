// Command generate writes what the API's document says in words, of Go sources, of docs/rules.md
// and of the examples of transactions.
package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/internal/reference"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	flags := flag.NewFlagSet("generate", flag.ContinueOnError)
	root := flags.String("root", "", "folder of the repository; other arguments are packages in it")
	output := flags.String("output", "", "file to write")
	if err := flags.Parse(args); err != nil {
		return err
	}
	words := reference.Words{Types: make(map[string]reference.Type)}
	for _, folder := range flags.Args() {
		if err := readTypes(*root, folder, words.Types); err != nil {
			return err
		}
	}
	var err error
	if words.Rules, err = readRules(*root + "/docs/rules.md"); err != nil {
		return err
	}
	if words.Examples, err = readExamples(*root + "/docs/api/examples.json"); err != nil {
		return err
	}
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", " ")
	if err := encoder.Encode(words); err != nil {
		return fmt.Errorf("encode words: %w", err)
	}
	if err := os.WriteFile(*output, text.Bytes(), 0o644); err != nil { //nolint:gosec // source code
		return fmt.Errorf("write words: %w", err)
	}
	return nil
}

func readExamples(file string) (map[waymark.Transaction]reference.Example, error) {
	data, err := os.ReadFile(file) //nolint:gosec // of the repository
	if err != nil {
		return nil, fmt.Errorf("read examples: %w", err)
	}
	var examples map[waymark.Transaction]reference.Example
	if err := json.Unmarshal(data, &examples); err != nil {
		return nil, fmt.Errorf("read examples: %w", err)
	}
	return examples, nil
}
