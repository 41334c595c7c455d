// Package outbox is the memory of an edge: where each device stands in its chain, and every
// message that was signed and not acknowledged. A message is on the disk before anybody can
// publish it, so whatever kills the edge, no number is ever used for two messages, and after a
// restart the very same bytes are published again.
package outbox
