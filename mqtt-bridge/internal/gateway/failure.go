package gateway

import (
	"crypto/tls"
	"errors"
	"io/fs"
	"net"
	"net/http"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/client"
)

// Refused reports whether err says that the request itself can never succeed:
// it is malformed or too large. A batch is then to be split.
func Refused(err error) bool {
	p, ok := client.AsProblem(err)
	if !ok {
		return false
	}
	// A 400 without our code comes from something in between, not from the gateway.
	return p.Status == http.StatusRequestEntityTooLarge ||
		(p.Status == http.StatusBadRequest || p.Status == http.StatusUnprocessableEntity) && p.Code == waymark.Invalid
}

// TooLarge reports whether err says that the request is larger than the gateway takes.
func TooLarge(err error) bool {
	p, ok := client.AsProblem(err)
	return ok && p.Status == http.StatusRequestEntityTooLarge
}

// CredentialRefused reports whether err says that our own token is not accepted.
func CredentialRefused(err error) bool {
	p, ok := client.AsProblem(err)
	return ok && (p.Status == http.StatusUnauthorized || p.Status == http.StatusForbidden)
}

// Away reports whether err says nothing about the request, since it did not reach
// the gateway, or was turned away at its door: no connection, our own token, or
// too many requests.
func Away(err error) bool {
	if p, ok := client.AsProblem(err); ok {
		return CredentialRefused(err) || p.Status == http.StatusTooManyRequests
	}
	var network *net.OpError
	var file *fs.PathError // of the token
	var certificate *tls.CertificateVerificationError
	return errors.As(err, &network) && network.Op == "dial" || errors.As(err, &file) || errors.As(err, &certificate)
}

// NotFound reports whether err says that there is no such record.
func NotFound(err error) bool {
	p, ok := client.AsProblem(err)
	return ok && p.Status == http.StatusNotFound && p.Code == waymark.NotFound
}

// RetryAfter returns how long the gateway asks to wait, 0 if it does not say.
func RetryAfter(err error) time.Duration {
	if p, ok := client.AsProblem(err); ok {
		return p.RetryAfter
	}
	return 0
}
