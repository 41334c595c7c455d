// Package fleet shares the devices of a fleet among bridges (docs/adr/0031). Devices are divided into shards. Each shard has a
// persistent session of its own at the broker, and whichever bridge has the lease of the shard keeps that session. Which bridge that
// should be follows from which are alive, by rendezvous hashing, so bridges need to agree on nothing else.
package fleet
