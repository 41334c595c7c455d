// Package sizing tells from measured costs what a consortium needs: how many of each process, how many cores and how
// much disk. docs/scale.md says what it leaves out.
package sizing
