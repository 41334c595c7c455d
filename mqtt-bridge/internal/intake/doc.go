// Package intake takes what arrives over MQTT into the spool: a bounded queue in
// memory, and one writer that commits whatever is queued in one disk sync and
// only then acknowledges it. A full queue blocks the receiver: that is how the
// bridge holds the broker back.
package intake
