package webhooks

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/client"
)

// Bounds of one attempt.
const (
	connectTimeout = 5 * time.Second
	maxHead        = 16 << 10 // of the answer, in bytes
	maxAnswer      = 4 << 10  // of its body that is read, so that the connection can be used again
	idleFor        = 30 * time.Second
	// grace is how long an attempt goes on when the gateway stops.
	grace = 3 * time.Second
	// maxRetryAfter bounds what a target can ask for.
	maxRetryAfter = 24 * time.Hour
)

// What is told of an attempt that failed. It tells nothing of where a name leads to.
const (
	problemAddress     = "it has no address that may be called"
	problemCertificate = "its certificate does not hold"
	problemConnection  = "the connection failed"
	problemTime        = "it did not answer in time"
	problemFull        = "it has as many dead letters as it may: resume it and replay them, or delete the webhook"
	problemAnswered    = "it answered " // and the status
)

// sender makes attempts. It is safe for concurrent use.
type sender struct {
	byScheme map[string]*http.Client
	timeout  time.Duration
}

// newSender returns a sender that asks guard for each connection. roots are the authorities of targets; nil: the system's. It takes no
// proxy from the environment, which would resolve names by itself.
func newSender(guard *Guard, roots *x509.CertPool, resolver *net.Resolver, timeout time.Duration) *sender {
	s := &sender{byScheme: make(map[string]*http.Client), timeout: timeout}
	for _, scheme := range []string{schemeHTTPS, schemeHTTP} {
		dialer := &net.Dialer{Timeout: connectTimeout, Resolver: resolver, Control: guard.control(scheme)}
		s.byScheme[scheme] = &http.Client{
			Transport: &http.Transport{
				DialContext:            dialer.DialContext,
				TLSClientConfig:        &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
				TLSHandshakeTimeout:    connectTimeout,
				IdleConnTimeout:        idleFor,
				MaxIdleConnsPerHost:    1,
				MaxResponseHeaderBytes: maxHead,
				DisableCompression:     true,
			},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		}
	}
	return s
}

// close lets go of idle connections.
func (s *sender) close() {
	for _, c := range s.byScheme {
		c.CloseIdleConnections()
	}
}

// result is what came of an attempt.
type result struct {
	delivered bool
	gone      bool          // the target wants nothing any more
	cut       bool          // the gateway stops: nothing is known
	problem   string        // why it was not delivered, in words
	after     time.Duration // how long the target asks to wait
}

// send makes one attempt. When ctx ends it goes on for grace. An error is ours: Internal, and nothing was sent.
func (s *sender) send(ctx context.Context, h hook, e client.Event) (result, error) {
	request, err := newRequest(h, e, time.Now())
	if err != nil {
		return result{}, fmt.Errorf("%w: %w", errRequest, err)
	}
	within, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.timeout)
	defer cancel()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(grace, cancel) })()
	response, err := s.byScheme[request.URL.Scheme].Do(request.WithContext(within))
	if err != nil {
		return result{problem: problemOf(err), cut: ctx.Err() != nil && errors.Is(err, context.Canceled)}, nil
	}
	defer func() { _ = response.Body.Close() }() // only read from
	_, _ = io.CopyN(io.Discard, response.Body, maxAnswer)
	return resultOf(response, time.Now()), nil
}

// errRequest is why nothing can be sent. Its cause is of the log alone.
var errRequest = waymark.Errorf(waymark.Internal, "the gateway cannot make a request of the next event: its log says why")

// newRequest is an event as a webhook's target gets it.
func newRequest(h hook, e client.Event, now time.Time) (*http.Request, error) {
	body, err := json.Marshal(e)
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequest(http.MethodPost, h.url, bytes.NewReader(body)) //nolint:noctx // it gets one where it is sent
	if err != nil {
		return nil, err
	}
	id := h.id + ":" + e.ID
	var signatures []string
	for _, secret := range []string{h.secret, h.oldSecret} {
		if secret == "" {
			continue
		}
		signature, err := client.SignWebhook(secret, id, now, body)
		if err != nil {
			return nil, err
		}
		signatures = append(signatures, signature)
	}
	request.Header = http.Header{
		"Content-Type": {client.WebhookMedia}, "User-Agent": {"waymark-gateway"},
		client.HeaderWebhookID:        {id},
		client.HeaderWebhookTimestamp: {strconv.FormatInt(now.Unix(), 10)},
		client.HeaderWebhookSignature: {strings.Join(signatures, " ")},
	}
	return request, nil
}

// resultOf reads an answer. A redirect is a failure: the URL is to be changed by who has the webhook.
func resultOf(r *http.Response, now time.Time) result {
	switch {
	case r.StatusCode >= http.StatusOK && r.StatusCode < http.StatusMultipleChoices:
		return result{delivered: true}
	case r.StatusCode == http.StatusGone:
		return result{gone: true, problem: problemAnswered + "410: it wants nothing any more"}
	}
	return result{problem: problemAnswered + strconv.Itoa(r.StatusCode), after: retryAfter(r.Header.Get("Retry-After"), now)}
}

// retryAfter is how long an answer asks to wait (RFC 9110, clause 10.2.3), at most maxRetryAfter; 0 if it does not.
func retryAfter(text string, now time.Time) time.Duration {
	if seconds, err := strconv.ParseUint(text, 10, 31); err == nil {
		return min(time.Duration(seconds)*time.Second, maxRetryAfter)
	}
	if at, err := http.ParseTime(text); err == nil {
		return min(max(0, at.Sub(now)), maxRetryAfter)
	}
	return 0
}

// problemOf says why there was no answer.
func problemOf(err error) string {
	var certificate *tls.CertificateVerificationError
	var name *net.DNSError
	var failed *url.Error
	switch {
	case errors.Is(err, errRefused), errors.As(err, &name):
		return problemAddress
	case errors.As(err, &certificate):
		return problemCertificate
	case errors.As(err, &failed) && failed.Timeout():
		return problemTime
	}
	return problemConnection
}
