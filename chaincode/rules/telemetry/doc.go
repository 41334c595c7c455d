// Package telemetry holds the rules for signed messages of devices: who may
// speak, what counts once, where gaps are, and which readings break a condition.
package telemetry
