// Package spool is the bridge's durable store: what was acknowledged over MQTT
// and is not yet on the ledger, in order for each device, and the quarantine of
// what can never be recorded. It survives the death of the process at any point, a power
// loss at any write and a disk that fails or is full, and checks every record that it reads.
//
// It is a file of bbolt's, kept as package boltfile keeps one: each record has a checksum, and a state record with a checksum
// says what there is, against which what is found is held before the file is opened.
package spool
