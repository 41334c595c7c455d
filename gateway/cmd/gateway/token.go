package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/internal/auth"
)

// newToken prints a new token, this once, and the entry for the tokens file.
func newToken(flags []string, stdout, stderr io.Writer) error {
	set := flag.NewFlagSet("gateway token new", flag.ContinueOnError)
	role := set.String("role", "", "admin, operator, quality, viewer or relay")
	id := set.String("id", "", "name of the token in logs")
	if err := parseFlags(set, flags, stderr); err != nil {
		return err
	}
	token, entry, err := auth.NewToken(*id, waymark.Role(*role))
	if err != nil {
		return fmt.Errorf("token: %w", err)
	}
	line, err := json.Marshal(entry)
	if err != nil {
		return fmt.Errorf("token: %w", err)
	}
	_, err = fmt.Fprintf(stdout, "token (shown only now): %s\nentry for tokens_file:  %s\n", token, line)
	return err
}
