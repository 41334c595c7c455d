package blocks

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/disk"
)

// sealFile, in the broker's folder, says how long each file was when the broker had stopped: its first line is a checksum of what follows.
const sealFile = "sealed"

// Seal has the files of a broker that has stopped on the disk and notes them, so that Check tells which of them are gone or shorter, and takes nothing at an end for a
// record that a power loss cut off. If one ends with such a record it notes nothing.
func Seal(dir string) error {
	files, err := list(dir)
	if err != nil {
		return fmt.Errorf("list the broker's files: %w", err)
	}
	sizes := map[string]int64{}
	for _, f := range files {
		f.sealed = true
		r, err := f.read()
		if err != nil {
			return err
		}
		if f.newest && len(r.faults(f)) > 0 {
			return nil
		}
		if err := disk.SyncFile(f.path); err != nil {
			return fmt.Errorf("sync the broker's file: %w", err)
		}
		path, err := filepath.Rel(dir, f.path)
		if err != nil {
			return fmt.Errorf("name the broker's file: %w", err)
		}
		sizes[path] = int64(len(r.raw))
	}
	noted, err := json.Marshal(sizes)
	if err != nil {
		return fmt.Errorf("note the broker's files: %w", err)
	}
	if err := disk.Replace(filepath.Join(dir, sealFile), append(sumOf(noted), noted...)); err != nil {
		return fmt.Errorf("note the broker's files: %w", err)
	}
	return nil
}

// Unseal has what Seal noted gone from the disk when it returns. To be called before the broker may change a file: after a kill nothing
// says whether it was the broker that removed one.
func Unseal(dir string) error {
	err := os.Remove(filepath.Join(dir, sealFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil {
		err = disk.SyncFolder(dir)
	}
	if err != nil {
		return fmt.Errorf("remove the note of the broker's files: %w", err)
	}
	return nil
}

// sealed returns how many bytes each file had by its path, nothing if that was not noted or the note is damaged.
func sealed(dir string) (map[string]int64, error) {
	raw, err := os.ReadFile(filepath.Join(dir, sealFile)) //nolint:gosec // in the broker's own folder
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("read the note of the broker's files: %w", err)
	}
	_, noted, _ := bytes.Cut(raw, []byte("\n"))
	sizes := map[string]int64{}
	if !bytes.Equal(raw, append(sumOf(noted), noted...)) {
		return nil, nil
	}
	if err := json.Unmarshal(noted, &sizes); err != nil {
		return nil, fmt.Errorf("read the note of the broker's files: %w", err)
	}
	all := make(map[string]int64, len(sizes))
	for path, size := range sizes {
		all[filepath.Join(dir, path)] = size
	}
	return all, nil
}

// sumOf is the first line.
func sumOf(noted []byte) []byte { return fmt.Appendf(nil, "%x\n", sha256.Sum256(noted)) }

// gone are those that were noted and are not listed.
func gone(noted map[string]int64, files []file) (faults []Fault) {
	for path, size := range noted {
		if !slices.ContainsFunc(files, func(f file) bool { return f.path == path }) {
			faults = append(faults, Fault{File: path, Bytes: size})
		}
	}
	slices.SortFunc(faults, func(a, b Fault) int { return cmp.Compare(a.File, b.File) })
	return faults
}
