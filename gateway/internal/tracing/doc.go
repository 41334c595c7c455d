// Package tracing makes OpenTelemetry spans of requests and sends them to a collector. Without a
// collector every function of it does next to nothing.
package tracing
