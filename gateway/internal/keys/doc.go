// Package keys follows the files of a gateway's certificates and private keys while it runs,
// and tells when its certificates end.
package keys
