// Package oldstore reads what the embedded broker of earlier bridges kept: messages that devices had been acknowledged and that were on their
// way to the spool. It was nats-server with a JetStream store, at version 2.15.2; a test has that server write one. A record
// that does not have its checksum is an error, so that nothing is passed over without a word.
package oldstore
