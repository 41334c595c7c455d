package consortium

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// findProgram returns an error that names a program which is not there.
func findProgram(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return fmt.Errorf("find the chaincode's program: %w", err)
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("find the chaincode's program: %s is no file", path)
	}
	return nil
}

// keepProgram makes to a copy of a program, unless it is one. So a definition goes on
// with its own program when another is built, and comes back with it when it dies.
// A copy that is not complete never stands at to.
func keepProgram(from, to string) error {
	if err := findProgram(from); err != nil {
		return err
	}
	if same, err := sameContent(from, to); err == nil && same {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return fmt.Errorf("make directory: %w", err)
	}
	fresh := to + ".new"
	if err := copyProgram(from, fresh); err != nil {
		return fmt.Errorf("keep the chaincode's program: %w", err)
	}
	if err := replace(fresh, to); err != nil {
		return fmt.Errorf("keep the chaincode's program: %w", err)
	}
	return nil
}

func copyProgram(from, to string) error {
	source, err := os.Open(from)
	if err != nil {
		return err
	}
	defer source.Close()
	target, err := os.OpenFile(to, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o700) //nolint:gosec // G302: a program has to be executable
	if err != nil {
		return err
	}
	_, err = io.Copy(target, source)
	return errors.Join(err, target.Close())
}

// replace puts the file fresh in the place of path, for good: should the machine fail,
// path is the one before or all of fresh.
func replace(fresh, path string) error {
	if err := flush(fresh); err != nil {
		return err
	}
	if err := os.Rename(fresh, path); err != nil {
		return err
	}
	return flush(filepath.Dir(path))
}

// flush has the disk hold what was written to a file or a directory.
func flush(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(file.Sync(), file.Close())
}

// sameContent compares two files.
func sameContent(a, b string) (bool, error) {
	first, err := digest(a)
	if err != nil {
		return false, err
	}
	second, err := digest(b)
	return first == second && err == nil, err
}

func digest(path string) (sum [sha256.Size]byte, err error) {
	file, err := os.Open(path)
	if err != nil {
		return sum, err
	}
	defer file.Close()
	h := sha256.New()
	if _, err := io.Copy(h, file); err != nil {
		return sum, err
	}
	return [sha256.Size]byte(h.Sum(nil)), nil
}
