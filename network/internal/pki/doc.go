// Package pki makes the keys and certificates of a local consortium: each
// member's authorities, peer and administrator by Fabric's cryptogen, and the
// rest by those same authorities in the form Fabric CA would issue them.
package pki
