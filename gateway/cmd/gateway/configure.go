package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/waymark-ledger/waymark/gateway/internal/config"
	"github.com/waymark-ledger/waymark/gateway/internal/database"
)

// loadConfig reads the configuration that --config names, and returns the name too.
func loadConfig(flags []string, stderr io.Writer) (c config.Config, path string, err error) {
	set := flag.NewFlagSet("gateway", flag.ContinueOnError)
	set.StringVar(&path, "config", "", "configuration file (YAML)")
	if err := parseFlags(set, flags, stderr); err != nil {
		return config.Config{}, "", err
	}
	if path == "" {
		fmt.Fprint(stderr, "--config is required\n", usage)
		return config.Config{}, "", errUsage
	}
	c, err = config.Load(path, os.Environ())
	return c, path, err
}

// checkConfig opens everything that the configuration names for reading. Of what the gateway
// writes it checks that it could, and makes and changes none of it: it may be asked by
// another user, beside a gateway that runs. It serves nothing.
func checkConfig(flags []string, stdout, stderr io.Writer) error {
	c, _, err := loadConfig(flags, stderr)
	if err != nil {
		return err
	}
	err = checkWritten(c)
	c.Log.AuditFile, c.Store.Dir = "", "" // which are made when they are opened
	p, failed := assemble(c, stderr)
	if failed == nil {
		failed = p.close()
	}
	if err := errors.Join(err, failed); err != nil {
		return err
	}
	_, err = fmt.Fprintln(stdout, "the configuration is good")
	return err
}

// checkWritten checks the files that the gateway makes if there are none.
func checkWritten(c config.Config) error {
	errs := []error{writable("log.audit_file", c.Log.AuditFile), writableFolder("store.dir", c.Store.Dir)}
	if err := ownFolder(c); c.Store.Dir != "" && err != nil {
		errs = append(errs, fmt.Errorf("store.dir: %s: %w", c.Store.Dir, err))
	}
	if path := c.Database.SQLiteFile; c.Database.PostgresDSNFile == "" {
		errs = append(errs, writable("database.model_file", c.Database.ModelFile))
		errs = append(errs, writable("database.sqlite_file", path))
		err := database.CheckOwner(context.Background(), path, database.Owner{Member: c.Member, Channel: c.Channel})
		if err != nil {
			errs = append(errs, fmt.Errorf("database.sqlite_file: %s: %w", path, err))
		}
	}
	return errors.Join(errs...)
}

// writableFolder checks that files can be made in the folder of a key, if it has one, or that it can be made, and does
// neither.
func writableFolder(key, path string) error {
	if path == "" {
		return nil
	}
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		err = syscall.Access(filepath.Dir(path), writeAndSearch)
	case err == nil && !info.IsDir():
		err = errors.New("it is no folder")
	case err == nil:
		err = syscall.Access(path, writeAndSearch)
	}
	if err != nil {
		return fmt.Errorf("%s: %s cannot be written: %w", key, path, err)
	}
	return nil
}

// writeAndSearch is a mode of access(2).
const writeAndSearch = 0o3

// writable checks that the file of a key, if it has one, can be written to, or made, and does
// neither.
func writable(key, path string) error {
	if path == "" {
		return nil
	}
	if info, err := os.Stat(path); err == nil && info.Mode()&os.ModeNamedPipe != 0 {
		return fmt.Errorf("%s: %s is a pipe, and must be a file", key, path)
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0) //nolint:gosec // the operator names the file
	if err == nil {
		return file.Close()
	}
	if errors.Is(err, fs.ErrNotExist) {
		err = syscall.Access(filepath.Dir(path), writeAndSearch)
	}
	if err != nil {
		return fmt.Errorf("%s: %s cannot be written: %w", key, path, err)
	}
	return nil
}
