// Package verify checks receipts of transactions offline. It believes the certificate
// authorities of the members that it is given, and nothing else: not the gateway that the
// receipt came from, nor any single orderer or peer.
package verify
