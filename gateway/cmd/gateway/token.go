package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/waymark-ledger/waymark/gateway/internal/auth"
)

// How long a token may be good for.
const (
	defaultTokenLife = 90 * 24 * time.Hour
	minTokenLife     = time.Minute
	maxTokenLife     = 400 * 24 * time.Hour
)

// createToken makes a token, puts its hash into the file and prints it, alone and only now.
func createToken(flags []string, stdout, stderr io.Writer) error {
	set := flag.NewFlagSet("gateway token create", flag.ContinueOnError)
	file := set.String("file", "", "tokens file")
	name := set.String("name", "", "what the token is called in logs")
	identity := set.String("identity", "", "the identity that acts for its bearer")
	life := set.Duration("expires-in", defaultTokenLife, "how long it is good for")
	if err := parseFlags(set, flags, stderr); err != nil {
		return err
	}
	if err := given(set, stderr, "file", "name", "identity"); err != nil {
		return err
	}
	if *life < minTokenLife || *life > maxTokenLife {
		return fmt.Errorf("--expires-in must be %s to %s", minTokenLife, maxTokenLife)
	}
	token, entry, err := auth.NewToken(*name, *identity, time.Now(), *life)
	if err != nil {
		return fmt.Errorf("make token: %w", err)
	}
	if err := auth.Add(*file, entry); err != nil {
		return fmt.Errorf("create token: %w", err)
	}
	fmt.Fprintf(stderr, "token %s acts as %s until %s; it is shown this once\n", entry.Name, entry.Identity, entry.Expires.Format(time.RFC3339))
	_, err = fmt.Fprintln(stdout, token)
	return err
}

// listTokens prints what the file has, and no token.
func listTokens(flags []string, stdout, stderr io.Writer) error {
	set := flag.NewFlagSet("gateway token list", flag.ContinueOnError)
	file := set.String("file", "", "tokens file")
	if err := parseFlags(set, flags, stderr); err != nil {
		return err
	}
	if err := given(set, stderr, "file"); err != nil {
		return err
	}
	entries, err := auth.List(*file)
	if err != nil {
		return err
	}
	table := tabwriter.NewWriter(stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "NAME\tIDENTITY\tCREATED\tEXPIRES\tSTATE")
	for _, e := range entries {
		state := "good"
		if !time.Now().Before(e.Expires) {
			state = "expired"
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", e.Name, e.Identity, e.Created.Format(time.RFC3339), e.Expires.Format(time.RFC3339), state)
	}
	return table.Flush()
}

// revokeToken takes a token out of the file.
func revokeToken(flags []string, stderr io.Writer) error {
	set := flag.NewFlagSet("gateway token revoke", flag.ContinueOnError)
	file := set.String("file", "", "tokens file")
	name := set.String("name", "", "of the token")
	if err := parseFlags(set, flags, stderr); err != nil {
		return err
	}
	if err := given(set, stderr, "file", "name"); err != nil {
		return err
	}
	if err := auth.Remove(*file, *name); err != nil {
		return fmt.Errorf("revoke token: %w", err)
	}
	fmt.Fprintf(stderr, "token %s is revoked\n", *name)
	return nil
}

// given checks that the flags of those names have values.
func given(set *flag.FlagSet, stderr io.Writer, names ...string) error {
	var missing []error
	for _, name := range names {
		if set.Lookup(name).Value.String() == "" {
			missing = append(missing, fmt.Errorf("--%s is required", name))
		}
	}
	if len(missing) == 0 {
		return nil
	}
	fmt.Fprintf(stderr, "%v\n%s", errors.Join(missing...), usage)
	return errUsage
}
