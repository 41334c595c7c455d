// Package metrics counts what the bridge does, for Prometheus.
package metrics
