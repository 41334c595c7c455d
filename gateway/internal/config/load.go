package config

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"

	"github.com/knadh/koanf/parsers/yaml"
	"github.com/knadh/koanf/providers/confmap"
	"github.com/knadh/koanf/providers/rawbytes"
	"github.com/knadh/koanf/v2"
)

// EnvironmentPrefix starts the name of every environment variable that
// overrides a key.
const EnvironmentPrefix = "WAYMARK_GATEWAY_"

// The marks between the levels of a key: in a path, and in the name of an
// environment variable. Keys have single underscores within a level, so one
// would not tell the levels apart.
const (
	delimiter            = "."
	environmentDelimiter = "__"
)

// Load reads the file at path and the overrides in environment (as from
// os.Environ), fills in the defaults, makes paths absolute and validates.
func Load(path string, environment []string) (Config, error) {
	data, err := os.ReadFile(path) //nolint:gosec // the operator names the file
	if err != nil {
		return Config{}, fmt.Errorf("read configuration: %w", err)
	}
	absolute, err := filepath.Abs(path)
	if err != nil {
		return Config{}, fmt.Errorf("configuration %s: %w", path, err)
	}
	c, err := parse(data, environment)
	if err == nil {
		c.anchor(filepath.Dir(absolute))
		err = c.Validate()
	}
	if err != nil {
		return Config{}, fmt.Errorf("configuration %s: %w", path, err)
	}
	return c, nil
}

func parse(data []byte, environment []string) (Config, error) {
	known := keysOf(reflect.TypeFor[Config](), "")
	k := koanf.New(delimiter)
	if err := k.Load(rawbytes.Provider(data), yaml.Parser()); err != nil {
		return Config{}, fmt.Errorf("parse: %w", err)
	}
	overrides, err := fromEnvironment(known, environment)
	if err != nil {
		return Config{}, err
	}
	if err := k.Load(confmap.Provider(overrides, delimiter), nil); err != nil {
		return Config{}, fmt.Errorf("environment: %w", err)
	}
	for _, key := range k.Keys() {
		if !known[key] {
			return Config{}, fmt.Errorf("%s: there is no such key, or it has the wrong shape", key)
		}
	}
	c := Default()
	if err := k.Unmarshal("", &c); err != nil {
		return Config{}, fmt.Errorf("decode: %w", err)
	}
	return c, nil
}

// fromEnvironment maps WAYMARK_GATEWAY_PEER__ADDRESS to peer.address.
func fromEnvironment(known map[string]bool, environment []string) (map[string]any, error) {
	names := make(map[string]string, len(known))
	for key := range known {
		names[EnvironmentPrefix+strings.ToUpper(strings.ReplaceAll(key, delimiter, environmentDelimiter))] = key
	}
	overrides := make(map[string]any)
	for _, variable := range environment {
		name, value, _ := strings.Cut(variable, "=")
		if !strings.HasPrefix(name, EnvironmentPrefix) {
			continue
		}
		key, ok := names[name]
		if !ok {
			return nil, fmt.Errorf("environment variable %s: there is no such key (two underscores stand between levels)", name)
		}
		overrides[key] = value
	}
	return overrides, nil
}

// keysOf returns the paths of all leaves of a configuration struct.
func keysOf(t reflect.Type, prefix string) map[string]bool {
	keys := make(map[string]bool)
	for field := range t.Fields() {
		key := prefix + field.Tag.Get("koanf")
		if field.Type.Kind() != reflect.Struct {
			keys[key] = true
			continue
		}
		for inner := range keysOf(field.Type, key+delimiter) {
			keys[inner] = true
		}
	}
	return keys
}

// anchor makes every path absolute, starting at dir.
func (c *Config) anchor(dir string) {
	paths := []*string{&c.TLS.CertFile, &c.TLS.KeyFile, &c.Peer.CAFile, &c.TokensFile}
	for _, pair := range []*KeyPair{&c.Identities.Admin, &c.Identities.Operator, &c.Identities.Quality, &c.Identities.Viewer, &c.Identities.Relay} {
		paths = append(paths, &pair.CertFile, &pair.KeyFile)
	}
	for _, path := range paths {
		if *path != "" && !filepath.IsAbs(*path) {
			*path = filepath.Join(dir, *path)
		}
	}
}
