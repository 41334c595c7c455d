// Command caliper has Hyperledger Caliper, a third party's benchmark, measure the chaincode on the network of `make up`: it
// registers products and reads them, as a client of Fabric without our gateway. It installs Caliper, writes what that
// wants to know, and fails if a round has no success or any failure: Caliper itself ends well then.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/waymark-ledger/waymark/network/endpoints"
	"github.com/waymark-ledger/waymark/test/internal/command"
)

func main() { command.Main("caliper", run) }

// timeout bounds the whole run, with what is downloaded.
const timeout = 15 * time.Minute

// options say where things are.
type options struct {
	endpoints string // file of the network
	source    string // folder with the workload and what is to be installed
	dir       string // folder in which it is installed, and which has the report
	quick     bool
}

func run(ctx context.Context, args []string) error {
	var o options
	flags := flag.NewFlagSet("caliper", flag.ContinueOnError)
	flags.StringVar(&o.endpoints, "endpoints", ".waymark/endpoints.json", "where the network says that it can be reached")
	flags.StringVar(&o.source, "source", "test/caliper", "folder with the workload, package.json and package-lock.json")
	flags.StringVar(&o.dir, "dir", ".waymark/caliper", "folder in which Caliper is installed and writes report.html")
	flags.BoolVar(&o.quick, "quick", false, "a few transactions, to see that it works: no measurement")
	if err := flags.Parse(args); err != nil {
		return err
	}
	for _, path := range []*string{&o.endpoints, &o.source, &o.dir} {
		absolute, err := filepath.Abs(*path)
		if err != nil {
			return fmt.Errorf("find %s: %w", *path, err)
		}
		*path = absolute
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	return o.run(ctx)
}

func (o options) run(ctx context.Context) error {
	n, err := endpoints.Load(o.endpoints)
	if err != nil {
		return err
	}
	if err := o.install(ctx); err != nil {
		return err
	}
	if err := write(o.dir, n, loadsOf(o.quick), time.Now()); err != nil {
		return err
	}
	output, err := o.launch(ctx)
	if err != nil {
		return err
	}
	rounds, err := roundsOf(output)
	if err != nil {
		return err
	}
	fmt.Printf("The report is %s.\n", filepath.Join(o.dir, "report.html"))
	return check(rounds)
}

// installed are the files that Caliper is installed by, and its workload.
func installed() []string { return []string{"package.json", "package-lock.json", workload} }

// install installs Caliper and its binding at the versions of the lock file, or does nothing if that was done.
func (o options) install(ctx context.Context) error {
	for _, program := range []string{"node", "npm"} {
		if _, err := exec.LookPath(program); err != nil {
			return fmt.Errorf("there is no %s: Caliper needs Node.js 18.19 or later with npm; `make bench` needs neither: %w", program, err)
		}
	}
	same, err := o.copy()
	if err != nil {
		return fmt.Errorf("install Caliper: %w", err)
	}
	// npm writes this file last.
	if _, err := os.Stat(filepath.Join(o.dir, "node_modules", ".package-lock.json")); err == nil && same {
		return nil
	}
	command.Progress("install Caliper")
	// What packages would run when they are installed is for connectors that are not used.
	npm := exec.CommandContext(ctx, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel", "error")
	npm.Dir, npm.Stdout, npm.Stderr = o.dir, os.Stderr, os.Stderr
	if err := npm.Run(); err != nil {
		return fmt.Errorf("install Caliper by npm: %w", errors.Join(err, os.RemoveAll(filepath.Join(o.dir, "node_modules"))))
	}
	return nil
}

// copy copies what is installed, and reports whether that is what was there.
func (o options) copy() (same bool, err error) {
	if err := os.MkdirAll(o.dir, 0o750); err != nil {
		return false, err
	}
	same = true
	for _, name := range installed() {
		want, err := os.ReadFile(filepath.Join(o.source, name)) //nolint:gosec // ours
		if err != nil {
			return false, err
		}
		to := filepath.Join(o.dir, name)
		if have, err := os.ReadFile(to); err == nil && string(have) == string(want) { //nolint:gosec // ours
			continue
		}
		same = same && name == workload
		if err := os.WriteFile(to, want, 0o600); err != nil { //nolint:gosec // ours
			return false, err
		}
	}
	return same, nil
}

// launch runs Caliper, and returns what it printed, which is shown as it comes.
func (o options) launch(ctx context.Context) (string, error) {
	command.Progress("run Caliper")
	var output heard
	caliper := exec.CommandContext(ctx, "node", filepath.Join("node_modules", "@hyperledger", "caliper-cli", "caliper.js"), "launch", "manager", //nolint:gosec // what was installed
		"--caliper-workspace", ".", "--caliper-networkconfig", networkFile, "--caliper-benchconfig", benchmarkFile, "--caliper-flow-only-test")
	caliper.Dir, caliper.Stdout, caliper.Stderr = o.dir, &output, os.Stderr
	if err := caliper.Run(); err != nil {
		return "", fmt.Errorf("run Caliper: %w", err)
	}
	return output.text.String(), nil
}
