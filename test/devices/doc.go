// Package devices holds small devices to test/vectors: c for a constrained board, go, and node beside it.
package devices
