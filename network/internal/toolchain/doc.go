// Package toolchain builds the programs of a local consortium: Fabric's own, as
// Go tools of the network module, and this project's three.
package toolchain
