// Package spool is the bridge's durable store: what was acknowledged over MQTT
// and is not yet on the ledger, in order for each device, and the quarantine of
// what can never be recorded. It survives the death of the process at any point
// and checks every record it reads.
package spool
