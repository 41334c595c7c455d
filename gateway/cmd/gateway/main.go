package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/gin-gonic/gin"
)

// Exit statuses, as shells expect them.
const (
	exitFailure = 1
	exitUsage   = 2
)

// errUsage says that the command line is wrong; the usage has been printed.
var errUsage = errors.New("usage")

func main() {
	gin.SetMode(gin.ReleaseMode) // in its debug mode Gin prints every route
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	switch {
	case err == nil:
	case errors.Is(err, errUsage):
		os.Exit(exitUsage)
	default:
		fmt.Fprintln(os.Stderr, "gateway:", err)
		os.Exit(exitFailure)
	}
}

const usage = `usage:
  gateway --config FILE                  serve until SIGINT or SIGTERM
  gateway config check --config FILE     say what is wrong with a configuration
  gateway model check --config FILE      compare the read model with the ledger, row by row
  gateway model rebuild --config FILE    make the read model anew from the ledger
  gateway fsck [--deep] --config FILE    look over the bodies of anchored telemetry: what is missing, altered, deleted or not ours
  gateway token create --file FILE --name NAME --identity IDENTITY [--expires-in 2160h]
                                         make a bearer token and print it, once
  gateway token list --file FILE         what tokens there are
  gateway token revoke --file FILE --name NAME
  gateway verify --receipt FILE [--tx ID] --ca MEMBER=FILE... [--orderers N] [--roles-unnamed]
                                         check a receipt offline, by the authorities of all members
  gateway verify --reading FILE [--id ID] [--device-key FILE] --ca MEMBER=FILE...
                                         check the proof of a reading likewise
  gateway openapi [--output FILE]        print the OpenAPI document
`

// run does what args ask for.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	words, flags := split(args)
	switch words {
	case "":
		return serve(ctx, flags, stderr)
	case "config check":
		return checkConfig(flags, stdout, stderr) //nolint:contextcheck // handlers have the context of their request
	case "model check":
		return checkModel(ctx, flags, stdout, stderr)
	case "model rebuild":
		return rebuildModel(ctx, flags, stdout, stderr)
	case "fsck":
		return checkBodies(ctx, flags, stdout, stderr)
	case "verify":
		return verifyReceipt(flags, stdout, stderr)
	case "openapi":
		return writeOpenAPI(flags, stdout, stderr)
	}
	return runToken(words, flags, stdout, stderr)
}

// runToken does what is asked for with tokens.
func runToken(words string, flags []string, stdout, stderr io.Writer) error {
	switch words {
	case "token create":
		return createToken(flags, stdout, stderr)
	case "token list":
		return listTokens(flags, stdout, stderr)
	case "token revoke":
		return revokeToken(flags, stderr)
	}
	fmt.Fprint(stderr, usage)
	return errUsage
}

// split takes the command's words, at most two, off the front of args.
func split(args []string) (words string, flags []string) {
	for i, arg := range args {
		if i == 2 || arg == "" || arg[0] == '-' {
			return words, args[i:]
		}
		if i > 0 {
			words += " "
		}
		words += arg
	}
	return words, nil
}

// parseFlags parses flags into set, and allows nothing after them.
func parseFlags(set *flag.FlagSet, flags []string, stderr io.Writer) error {
	set.SetOutput(stderr)
	set.Usage = func() { fmt.Fprint(stderr, usage) }
	if err := set.Parse(flags); err != nil {
		return errUsage
	}
	if set.NArg() > 0 {
		fmt.Fprintf(stderr, "unexpected argument %q\n%s", set.Arg(0), usage)
		return errUsage
	}
	return nil
}
