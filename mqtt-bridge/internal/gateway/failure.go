package gateway

import (
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// maxRetryAfter bounds what a gateway may ask us to wait.
const maxRetryAfter = time.Minute

// StatusError is an answer of the gateway that is no success.
type StatusError struct {
	Status     int
	Code       waymark.Code  // of the problem document (RFC 9457); empty if there was none
	Detail     string        // of the problem document, for a person
	Reasons    []string      // ids of the rules that decided
	RetryAfter time.Duration // what the gateway asks to wait, 0 if it does not say
}

// Error says the status and the code.
func (e *StatusError) Error() string {
	return fmt.Sprintf("gateway answered %d %s: %s", e.Status, e.Code, e.Detail)
}

// Refused reports whether err says that the request itself can never succeed:
// it is malformed or too large. A batch is then to be split.
func Refused(err error) bool {
	var e *StatusError
	if !errors.As(err, &e) {
		return false
	}
	// A 400 without our code comes from something in between, not from the gateway.
	return e.Status == http.StatusRequestEntityTooLarge ||
		(e.Status == http.StatusBadRequest || e.Status == http.StatusUnprocessableEntity) && e.Code == waymark.Invalid
}

// CredentialRefused reports whether err says that our own token is not accepted.
func CredentialRefused(err error) bool {
	var e *StatusError
	return errors.As(err, &e) && (e.Status == http.StatusUnauthorized || e.Status == http.StatusForbidden)
}

// Away reports whether err says nothing about the request, since it did not reach
// the gateway, or was turned away at its door: no connection, our own token, or
// too many requests.
func Away(err error) bool {
	var status *StatusError
	if errors.As(err, &status) {
		return CredentialRefused(err) || status.Status == http.StatusTooManyRequests
	}
	var network *net.OpError
	var file *fs.PathError // of the token
	var certificate *tls.CertificateVerificationError
	return errors.As(err, &network) && network.Op == "dial" || errors.As(err, &file) || errors.As(err, &certificate)
}

// NotFound reports whether err says that there is no such record.
func NotFound(err error) bool {
	var e *StatusError
	return errors.As(err, &e) && e.Status == http.StatusNotFound && e.Code == waymark.NotFound
}

// RetryAfter returns how long the gateway asks to wait, 0 if it does not say.
func RetryAfter(err error) time.Duration {
	var e *StatusError
	if errors.As(err, &e) {
		return e.RetryAfter
	}
	return 0
}

func statusError(response *http.Response, answer []byte, now time.Time) *StatusError {
	var problem struct {
		Code    waymark.Code `json:"code"`
		Detail  string       `json:"detail"`
		Reasons []string     `json:"reasons"`
	}
	e := &StatusError{Status: response.StatusCode, RetryAfter: retryAfter(response.Header.Get("Retry-After"), now)}
	if err := json.Unmarshal(answer, &problem); err != nil {
		e.Detail = http.StatusText(response.StatusCode)
		return e
	}
	e.Code, e.Detail, e.Reasons = problem.Code, problem.Detail, problem.Reasons
	return e
}

// retryAfter reads delay seconds or a date (RFC 9110, clause 10.2.3).
func retryAfter(text string, now time.Time) time.Duration {
	wait := time.Duration(0)
	if seconds, err := strconv.Atoi(text); err == nil {
		wait = time.Duration(min(max(seconds, 0), 3600)) * time.Second
	} else if date, err := http.ParseTime(text); err == nil {
		wait = max(0, date.Sub(now))
	}
	return min(wait, maxRetryAfter)
}
