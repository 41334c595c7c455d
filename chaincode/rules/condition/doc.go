// Package condition judges readings by the conditions of a shipment. It is pure:
// integers in, verdicts with reasons out.
package condition
