// Package figures keeps what was measured: on what machine, and as flat JSON with the unit
// of each figure in its name.
package figures
