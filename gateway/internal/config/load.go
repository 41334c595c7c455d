package config

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"

	"github.com/go-viper/mapstructure/v2"
	"github.com/knadh/koanf/parsers/yaml"
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

// tag names a field in the file.
const tag = "koanf"

// maxFileBytes bounds a configuration file.
const maxFileBytes = 1 << 20

// Load reads the file at path and makes the configuration of it as Parse does.
func Load(path string, environment []string) (Config, error) {
	data, err := Read(path)
	if err != nil {
		return Config{}, err
	}
	return Parse(path, data, environment)
}

// Read returns the bytes of the file at path, at most 1 MiB.
func Read(path string) ([]byte, error) {
	file, err := os.Open(path) //nolint:gosec // the operator names the file
	if err != nil {
		return nil, fmt.Errorf("read configuration: %w", err)
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, maxFileBytes+1))
	if err != nil {
		return nil, fmt.Errorf("read configuration: %w", err)
	}
	if len(data) > maxFileBytes {
		return nil, fmt.Errorf("configuration %s: is larger than %d bytes", path, maxFileBytes)
	}
	return data, nil
}

// Parse makes a configuration of data, which are the bytes of the file at path: it lays the
// overrides in environment (as from os.Environ) over them, fills in the defaults, makes paths
// absolute and validates. Its error names the file and every key at fault, one a line.
func Parse(path string, data []byte, environment []string) (Config, error) {
	absolute, err := filepath.Abs(path)
	if err != nil {
		return Config{}, fmt.Errorf("configuration %s: %w", path, err)
	}
	c, faults := parse(data, environment)
	c.complete()
	c.anchor(filepath.Dir(absolute))
	if !errors.Is(faults, errUnread) {
		faults = errors.Join(faults, c.Validate())
	}
	if faults != nil {
		return Config{}, fmt.Errorf("configuration %s:\n%w", path, faults)
	}
	return c, nil
}

// errUnread is for what is no YAML, so that there is nothing to validate.
var errUnread = errors.New("cannot parse")

// parse returns what could be read of data, and all that could not.
func parse(data []byte, environment []string) (Config, error) {
	k := koanf.New(delimiter)
	if err := k.Load(rawbytes.Provider(data), yaml.Parser()); err != nil {
		return Config{}, fmt.Errorf("%w: %w", errUnread, err)
	}
	f := form{variables: make(map[string]string)}
	if err := f.override(k, environment); err != nil {
		return Config{}, fmt.Errorf("%w: %w", errUnread, err)
	}
	f.check("", reflect.TypeFor[Config](), k.Raw())
	for _, key := range f.wrong { // so that no second fault follows from the first
		k.Delete(key)
	}
	c := Default()
	err := k.UnmarshalWithConf("", &c, koanf.UnmarshalConf{Tag: tag, DecoderConfig: decoder(&c)})
	if len(f.faults) > 0 {
		return c, errors.Join(f.faults...) // which say the same better
	}
	return c, err
}

// decoder reads durations such as 20ms and, from the environment, numbers as text.
func decoder(result *Config) *mapstructure.DecoderConfig {
	return &mapstructure.DecoderConfig{
		Result:           result,
		TagName:          tag,
		WeaklyTypedInput: true,
		MatchName:        func(key, field string) bool { return key == field },
		DecodeHook:       mapstructure.StringToTimeDurationHookFunc(),
	}
}

// override sets what the environment has: WAYMARK_GATEWAY_TLS__CERT_FILE is tls.cert_file.
func (f *form) override(k *koanf.Koanf, environment []string) error {
	for _, variable := range environment {
		name, value, _ := strings.Cut(variable, "=")
		rest, ours := strings.CutPrefix(name, EnvironmentPrefix)
		if !ours {
			continue
		}
		key := strings.ReplaceAll(strings.ToLower(rest), environmentDelimiter, delimiter)
		if err := k.Set(key, value); err != nil {
			return fmt.Errorf("environment variable %s: %w", name, err)
		}
		f.variables[key] = name
	}
	return nil
}
