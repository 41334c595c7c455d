package figures

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
)

// Save writes conditions and figures to a file, if one is named.
func Save(path string, c Conditions, figures map[string]any) error {
	if path == "" {
		return nil
	}
	all := c.flat()
	maps.Copy(all, figures)
	encoded, err := json.MarshalIndent(all, "", "  ")
	if err != nil {
		return fmt.Errorf("encode figures: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return fmt.Errorf("write figures: %w", err)
	}
	if err := os.WriteFile(path, append(encoded, '\n'), 0o600); err != nil {
		return fmt.Errorf("write figures: %w", err)
	}
	return nil
}
