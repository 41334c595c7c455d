// Package spool is the bridge's durable store: what was acknowledged over MQTT
// and is not yet on the ledger, in order for each device, and the quarantine of
// what can never be recorded. It survives the death of the process at any point, a power
// loss at any write and a disk that fails or is full, and checks every record that it reads.
//
// It is a file of bbolt's. What bbolt does not look at itself is looked at here: each record has a checksum, a
// state record with a checksum says what there is, and before the file is opened every page is read and held against
// it. A commit that failed is followed by a sync of what must be certain, before the next.
package spool
