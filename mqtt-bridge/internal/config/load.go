package config

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/knadh/koanf/parsers/yaml"
	"github.com/knadh/koanf/v2"
)

// envPrefix starts the environment variables that the bridge reads.
const envPrefix = "WAYMARK_BRIDGE_"

// Load reads the file at path over the defaults, then the environment (as
// os.Environ gives it), and validates the whole. An unknown member of the file
// or an unknown WAYMARK_BRIDGE_ variable is an error, since a misspelt bound
// would otherwise be silently absent.
func Load(path string, environ []string) (Config, error) {
	c := Default()
	err := Read(path, envPrefix, environ, &c)
	return c, err
}

// Read reads the file at path over what c has, then the variables of the environment that
// begin with prefix, and validates the whole.
func Read[C interface{ Validate() error }](path, prefix string, environ []string, c *C) error {
	raw, err := os.ReadFile(path) //nolint:gosec // the operator names the file
	if err != nil {
		return fmt.Errorf("read configuration: %w", err)
	}
	k := koanf.New(".")
	if err := k.Load(fileBytes(raw), yaml.Parser()); err != nil {
		return fmt.Errorf("parse configuration %s: %w", path, err)
	}
	if err := overlay(k, prefix, environ); err != nil {
		return err
	}
	settings := koanf.UnmarshalConf{Tag: "koanf", DecoderConfig: decoder(c)}
	err = errors.Join(withdrawn(k), k.UnmarshalWithConf("", c, settings), (*c).Validate()) // so that all that is wrong is told at once
	if err != nil {
		return fmt.Errorf("configuration %s: %w", path, err)
	}
	return nil
}

func overlay(k *koanf.Koanf, prefix string, environ []string) error {
	for _, variable := range environ {
		name, value, _ := strings.Cut(variable, "=")
		rest, ours := strings.CutPrefix(name, prefix)
		if !ours {
			continue
		}
		key := strings.ReplaceAll(strings.ToLower(rest), "__", ".")
		if err := k.Set(key, value); err != nil {
			return fmt.Errorf("set %s from the environment: %w", key, err)
		}
	}
	return nil
}

// fileBytes is a koanf.Provider of bytes that were read already.
type fileBytes []byte

// ReadBytes returns the bytes.
func (b fileBytes) ReadBytes() ([]byte, error) { return b, nil }

// Read is the other half of the interface, which a parsed provider never uses.
func (b fileBytes) Read() (map[string]any, error) {
	return nil, errors.New("configuration bytes need a parser")
}
