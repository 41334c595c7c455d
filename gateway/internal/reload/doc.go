// Package reload follows the configuration file of a running gateway: on SIGHUP, and when the
// file changes, what can be changed is, what waits for a restart is named, and a configuration
// that is wrong changes nothing.
package reload
