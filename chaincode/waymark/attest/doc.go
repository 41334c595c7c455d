// Package attest is the codec of signed messages: it signs, parses and verifies
// what devices send, as COSE_Sign1 (RFC 9052) or as JWS compact (RFC 7515). The
// chaincode, the bridge and devices written in Go use the same code.
package attest
