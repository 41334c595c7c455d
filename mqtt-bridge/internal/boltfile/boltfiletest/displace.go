package boltfiletest

import (
	"errors"
	"os"
	"path/filepath"
)

// Displacements are the ways in which somebody takes the name of an open file from it, each by its own. After "moved" the file is at its path
// with .moved behind it.
func Displacements() map[string]func(path string) error {
	move := func(path string) error { return os.Rename(path, path+".moved") } //nolint:gosec // a test says which
	return map[string]func(path string) error{
		"removed":         os.Remove,
		"moved":           move,
		"another":         func(path string) error { return errors.Join(move(path), os.WriteFile(path, nil, 0o600)) }, //nolint:gosec // as above
		"with its folder": func(path string) error { return move(filepath.Dir(path)) },
	}
}
