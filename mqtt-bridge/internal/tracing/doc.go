// Package tracing makes OpenTelemetry spans of the messages that are relayed. The trace of a
// message has an id that anybody who holds the message can work out, so nothing has to be kept
// for it.
package tracing
