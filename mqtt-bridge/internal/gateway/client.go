package gateway

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
	"os"
	"strings"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// Bounds of what the client reads and keeps.
const (
	maxAnswerBytes  = 8 << 20 // 500 results with their details fit many times
	maxIdle         = 32
	connectTimeout  = 5 * time.Second
	idleConnTimeout = 90 * time.Second
)

// Options say where the gateway is and how to speak with it.
type Options struct {
	URL       string        // https://host:port
	CAFile    string        // PEM
	TokenFile string        // bearer token; read for each request
	Timeout   time.Duration // of one request
}

// Observe is told of each request: its route, its status (0 if there was no
// answer) and how long it took.
type Observe func(route string, status int, took time.Duration)

// Client speaks with one gateway. It is safe for concurrent use.
type Client struct {
	http    *http.Client
	base    string
	options Options
	observe Observe
}

// New makes a client. It connects with the first request.
func New(o Options, observe Observe) (*Client, error) {
	pem, err := os.ReadFile(o.CAFile)
	if err != nil {
		return nil, fmt.Errorf("read gateway CA: %w", err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("gateway CA %s holds no PEM certificate", o.CAFile)
	}
	transport := &http.Transport{
		DialContext:           (&net.Dialer{Timeout: connectTimeout}).DialContext,
		TLSClientConfig:       &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:   connectTimeout,
		MaxIdleConns:          maxIdle,
		MaxIdleConnsPerHost:   maxIdle,
		IdleConnTimeout:       idleConnTimeout,
		ResponseHeaderTimeout: o.Timeout,
	}
	return &Client{
		http: &http.Client{Transport: transport, Timeout: o.Timeout, CheckRedirect: refuseRedirect},
		base: strings.TrimSuffix(o.URL, "/"), options: o, observe: observe,
	}, nil
}

// refuseRedirect keeps the token from travelling anywhere else.
func refuseRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// Close lets go of idle connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Submit records a batch. The results are in the order of texts, one for each.
// It returns a *StatusError for an answer that is no success, and any other
// error when the fate of the batch is unknown; the caller submits it again,
// which the ledger recognises.
func (c *Client) Submit(ctx context.Context, texts []string) ([]waymark.MessageResult, error) {
	body, err := json.Marshal(waymark.RecordRequest{Messages: texts})
	if err != nil {
		return nil, fmt.Errorf("encode batch: %w", err)
	}
	var answer struct {
		Result waymark.RecordResult `json:"result"`
	}
	if err := c.call(ctx, http.MethodPost, "messages", "/v1/messages", body, &answer); err != nil {
		return nil, err
	}
	if got := len(answer.Result.Results); got != len(texts) {
		return nil, fmt.Errorf("gateway answered %d results for %d messages", got, len(texts))
	}
	return answer.Result.Results, nil
}

// Device returns the registered device. It returns a *StatusError with status
// 404 when there is none.
func (c *Client) Device(ctx context.Context, id string) (*waymark.Device, error) {
	var device waymark.Device
	if err := c.call(ctx, http.MethodGet, "device", "/v1/devices/"+url.PathEscape(id), nil, &device); err != nil {
		return nil, err
	}
	if device.ID != id {
		return nil, errors.New("gateway answered with another device")
	}
	return &device, nil
}

func (c *Client) call(ctx context.Context, method, route, path string, body []byte, result any) error {
	request, err := c.request(ctx, method, path, body)
	if err != nil {
		return err
	}
	start := time.Now()
	response, err := c.http.Do(request)
	if err != nil {
		c.observe(route, 0, time.Since(start))
		return fmt.Errorf("call gateway: %w", err)
	}
	defer func() { _ = response.Body.Close() }() // only read from
	answer, err := io.ReadAll(io.LimitReader(response.Body, maxAnswerBytes))
	c.observe(route, response.StatusCode, time.Since(start))
	if err != nil {
		return fmt.Errorf("read gateway answer: %w", err)
	}
	if response.StatusCode != http.StatusOK && response.StatusCode != http.StatusCreated {
		return statusError(response, answer, time.Now())
	}
	if err := json.Unmarshal(answer, result); err != nil {
		return fmt.Errorf("decode gateway answer: %w", err)
	}
	return nil
}

func (c *Client) request(ctx context.Context, method, path string, body []byte) (*http.Request, error) {
	token, err := os.ReadFile(c.options.TokenFile)
	if err != nil {
		return nil, fmt.Errorf("read gateway token: %w", err)
	}
	request, err := http.NewRequestWithContext(ctx, method, c.base+path, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("make request: %w", err)
	}
	request.Header.Set("Authorization", "Bearer "+strings.TrimSpace(string(token)))
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	return request, nil
}
