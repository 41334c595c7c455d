// Package local is the edge's client at the broker of the loggers: one persistent session, subscriptions at QoS 1,
// acknowledgements that are sent only when somebody says so, and a few commands back.
package local
