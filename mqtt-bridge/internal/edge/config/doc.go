// Package config is the configuration of an edge: YAML, over it the environment, checked as a
// whole.
package config
