// Package senml reads and writes packs of sensor readings in SenML (RFC 8428),
// JSON and CBOR, with exact numbers: a value becomes an integer in the fixed
// scale of its unit once, and is never a floating point number.
package senml
