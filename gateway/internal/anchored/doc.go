// Package anchored is what a gateway does with anchored telemetry that is recorded: it opens the bodies of
// windows, looks all of them over, sends checks, and compares those that others send (docs/adr/0032-anchored-telemetry-and-where-the-time-goes.md).
package anchored
