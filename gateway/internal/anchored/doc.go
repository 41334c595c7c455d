// Package anchored is what a gateway does with anchored telemetry that is recorded: it opens the bodies of
// windows, and looks all of them over (docs/adr/0032-anchored-telemetry-and-where-the-time-goes.md).
package anchored
