// Package follow reads the gateway's streams of events: each from a checkpoint on the bridge's disk, and over
// whatever ends a connection, so that no event is missed and each is taken at least once.
package follow
