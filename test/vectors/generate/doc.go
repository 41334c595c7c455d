// Command generate writes the vectors of the device protocol. It makes messages
// by hand from the standards, without the attest package, so that the vectors
// check that package rather than repeat it. It is deterministic.
package main
