// Package bodies keeps the bodies of anchored telemetry (docs/adr/0032): what a window names
// by its hash. A body is durable before the ledger names it, and is never written over.
package bodies
