// Package anchor has the bytes of anchored telemetry (docs/adr/0032): what one message
// comes to, runs, bundles, the paths to a window's root, and which messages of a window
// have to be shown. Chaincode, gateway and verifiers use the same code.
package anchor
