// Package faults lets each part of a real network fail in each way that is known while devices publish, and compares
// what they were acknowledged with the ledger of every peer. `make faults` runs it and writes the table of
// docs/reliability.md. Its tests need the build tag e2e, Linux, root (a full disk is a small one that is
// mounted) and mosquitto.
package faults
