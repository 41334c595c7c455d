package oldstore

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
)

// sealFile, in the broker's folder, says how long each file was when the broker had stopped: its first line is a checksum of what follows.
const sealFile = "sealed"

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
func gone(noted map[string]int64, files []file) (faults []fault) {
	for path, size := range noted {
		if !slices.ContainsFunc(files, func(f file) bool { return f.path == path }) {
			faults = append(faults, fault{file: path, bytes: size})
		}
	}
	slices.SortFunc(faults, func(a, b fault) int { return cmp.Compare(a.file, b.file) })
	return faults
}
