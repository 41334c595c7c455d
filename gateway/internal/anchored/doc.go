// Package anchored is what a gateway does with anchored telemetry that is recorded: it opens the bodies of
// windows, looks all of them over, sends checks, compares those that others send, and says at an acceptance what the own peer's blocks say of them (docs/adr/0032-anchored-telemetry-and-where-the-time-goes.md).
package anchored
