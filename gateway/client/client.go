package client

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"
)

// Bounds of a client.
const (
	connectTimeout  = 5 * time.Second
	idleTimeout     = 90 * time.Second
	maxIdle         = 64
	defaultTimeout  = time.Minute
	defaultAttempts = 5
	defaultAnswer   = 64 << 20
)

// Options say where a gateway is and how to speak with it. A proxy is taken from the environment
// (HTTPS_PROXY, NO_PROXY); it sees nothing of what is said.
type Options struct {
	URL string // https://host:port
	// Roots are the authorities that the gateway's certificate is checked by; nil: the system's.
	Roots *x509.CertPool
	// Token returns the bearer token; it is asked before each request. nil: no token.
	Token func(context.Context) (string, error)
	// Certificate returns the client certificate; it is asked for each connection. nil: none.
	Certificate func() (*tls.Certificate, error)
	// Timeout bounds one attempt, its answer included. Default one minute: a gateway may wait
	// for a block for as long as its own timeouts say. The context of a call bounds all attempts.
	Timeout time.Duration
	// Attempts is how often one request is made at most. Default 5; 1 repeats nothing.
	Attempts int
	// MaxAnswer bounds an answer, in bytes. Default 64 MiB.
	MaxAnswer int64
	// Wrap, if it is set, wraps what sends the requests, for traces and tests.
	Wrap func(http.RoundTripper) http.RoundTripper
}

// Client speaks with one gateway. It is safe for concurrent use.
type Client struct {
	options Options
	base    string
	http    *http.Client
}

// New makes a client. It connects with the first request.
func New(o Options) (*Client, error) {
	base, err := url.Parse(o.URL)
	if err != nil || base.Scheme != "https" || base.Host == "" || base.RawQuery != "" {
		return nil, fmt.Errorf("client: the URL of a gateway has the form https://host:port")
	}
	if o.Timeout <= 0 {
		o.Timeout = defaultTimeout
	}
	if o.Attempts <= 0 {
		o.Attempts = defaultAttempts
	}
	if o.MaxAnswer <= 0 {
		o.MaxAnswer = defaultAnswer
	}
	var transport http.RoundTripper = newTransport(o)
	if o.Wrap != nil {
		transport = o.Wrap(transport)
	}
	return &Client{options: o, base: strings.TrimSuffix(o.URL, "/"),
		http: &http.Client{Transport: transport, Timeout: o.Timeout, CheckRedirect: refuseRedirect}}, nil
}

func newTransport(o Options) *http.Transport {
	conf := &tls.Config{RootCAs: o.Roots, MinVersion: tls.VersionTLS12}
	if o.Certificate != nil {
		conf.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return o.Certificate() }
	}
	return &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         (&net.Dialer{Timeout: connectTimeout}).DialContext,
		TLSClientConfig:     conf,
		TLSHandshakeTimeout: connectTimeout,
		MaxIdleConns:        maxIdle,
		MaxIdleConnsPerHost: maxIdle,
		IdleConnTimeout:     idleTimeout,
	}
}

// refuseRedirect keeps credentials from travelling anywhere else.
func refuseRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// Close lets go of idle connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Token is the source of a token that does not change.
func Token(token string) func(context.Context) (string, error) {
	return func(context.Context) (string, error) { return token, nil }
}

// TokenFile is the source of a token in a file, which is read for each request.
func TokenFile(file string) func(context.Context) (string, error) {
	return func(context.Context) (string, error) {
		token, err := os.ReadFile(file) //nolint:gosec // the caller names the file
		if err != nil {
			return "", fmt.Errorf("read gateway token: %w", err)
		}
		return strings.TrimSpace(string(token)), nil
	}
}

// Roots reads authorities from a PEM file.
func Roots(file string) (*x509.CertPool, error) {
	pem, err := os.ReadFile(file) //nolint:gosec // the caller names the file
	if err != nil {
		return nil, fmt.Errorf("read authorities: %w", err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("authorities: %s holds no PEM certificate", file)
	}
	return roots, nil
}
