// Package source reads what loggers publish to the local broker and makes readings of it: SenML, plain
// JSON, Sparkplug B. What it cannot read for certain it counts, and does not guess.
package source
