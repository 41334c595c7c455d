// Package config is the bridge's configuration: one struct whose comments are
// the manual, filled from a YAML file and from WAYMARK_BRIDGE_ variables, and
// checked as a whole before anything starts.
package config
