// Package auth decides who a caller is and which of the member's identities acts for it:
// by a bearer token of ours, whose hash is in a file, by one of an OpenID Connect issuer,
// or by a client certificate.
package auth
