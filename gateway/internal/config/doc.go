// Package config is the gateway's configuration: one struct whose comments are
// the manual, read from a YAML file with overrides from the environment. A key
// that is not in the struct is an error that names it.
package config
