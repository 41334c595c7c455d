// Package progress tells a person what a long command is doing: one line a
// stage with the time it took, plain when the output is not a terminal.
package progress
