package device

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// profile is what a device knows of itself, device.json in its folder.
type profile struct {
	ID         string `json:"id"`
	Consortium string `json:"consortium"`
	Owner      string `json:"owner,omitempty"`
	Model      string `json:"model,omitempty"`
	KeyID      string `json:"key_id"` // the key in force
	// NextKeyID names a key that waits for its rotation to be on the ledger.
	NextKeyID string `json:"next_key_id,omitempty"`
	// Rotation is the signed request to rotate to that key.
	Rotation string `json:"rotation,omitempty"`
}

func profilePath(home string) string { return filepath.Join(home, "device.json") }

func loadProfile(home string) (profile, error) {
	var p profile
	data, err := os.ReadFile(profilePath(home))
	if err != nil {
		return p, fmt.Errorf("read profile: %w", err)
	}
	if err := json.Unmarshal(data, &p); err != nil {
		return p, fmt.Errorf("read profile: %w", err)
	}
	return p, nil
}

func (p profile) save(home string) error {
	data, err := json.MarshalIndent(p, "", "  ")
	if err != nil {
		return fmt.Errorf("write profile: %w", err)
	}
	return replaceFile(profilePath(home), append(data, '\n'))
}

// replaceFile writes a file that only its owner can read, in one durable step:
// after a crash there is the old one or the new one.
func replaceFile(path string, data []byte) error {
	dir, name := filepath.Split(path)
	f, err := os.CreateTemp(dir, "."+name+"-*")
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", name, errors.Join(err, os.Remove(f.Name())))
	}
	return syncDir(dir)
}

// syncDir makes a rename or a new file in a folder durable.
func syncDir(dir string) error {
	f, err := os.Open(dir) //nolint:gosec // the device's own folder
	if err != nil {
		return fmt.Errorf("sync folder: %w", err)
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("sync folder: %w", err)
	}
	return nil
}
