package gateway

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/client"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/tracing"
)

// maxAnswerBytes bounds an answer: 500 results with their details fit many times.
const maxAnswerBytes = 8 << 20

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
	client  *client.Client
	timeout time.Duration
	observe Observe
	streams *streams
}

// New makes a client. It connects with the first request. It makes each request once: the
// relay decides what is made again, and in which order.
func New(o Options, observe Observe) (*Client, error) {
	roots, err := client.Roots(o.CAFile)
	if err != nil {
		return nil, err
	}
	s := &streams{observe: observe}
	c, err := client.New(client.Options{URL: o.URL, Roots: roots, Token: client.TokenFile(o.TokenFile),
		Timeout: o.Timeout, Attempts: 1, MaxAnswer: maxAnswerBytes, Wrap: func(next http.RoundTripper) http.RoundTripper {
			return s.watch(tracing.Propagate(next))
		}})
	if err != nil {
		return nil, err
	}
	return &Client{client: c, timeout: o.Timeout, observe: observe, streams: s}, nil
}

// Close lets go of idle connections.
func (c *Client) Close() { c.client.Close() }

// Submit records a batch. The results are in the order of texts, one for each.
// It returns an *UnderWay for a batch whose transaction has no end yet: Follow that. Any other
// error is a *client.Problem for an answer that is no success, or says that there was none; the
// caller submits the batch again, which the ledger recognises. So it needs no key, and the gateway
// need not keep what the spool keeps.
func (c *Client) Submit(ctx context.Context, texts []string) ([]waymark.MessageResult, error) {
	answer, err := observed(c, "messages", func() (client.Written[waymark.RecordResult], error) {
		return c.client.RecordMessages(ctx, waymark.Disclosures{Messages: texts}, client.WithoutKey())
	})
	if err != nil {
		return nil, underWay(err)
	}
	return resultsOf(answer.Result, texts)
}

// resultsOf are the results of a batch, one for each of its texts.
func resultsOf(r waymark.RecordResult, texts []string) ([]waymark.MessageResult, error) {
	if got := len(r.Results); got != len(texts) {
		return nil, fmt.Errorf("gateway answered %d results for %d messages", got, len(texts))
	}
	return r.Results, nil
}

// Device returns the registered device. It returns a *client.Problem with status
// 404 when there is none.
func (c *Client) Device(ctx context.Context, id string) (*waymark.Device, error) {
	device, err := observed(c, "device", func() (waymark.Device, error) {
		return c.client.Device(ctx, waymark.DeviceQuery{Device: id})
	})
	if err != nil {
		return nil, err
	}
	if device.ID != id {
		return nil, errors.New("gateway answered with another device")
	}
	return &device, nil
}

// Authority returns a device CA of a member.
func (c *Client) Authority(ctx context.Context, owner, id string) (*waymark.Authority, error) {
	authority, err := observed(c, "authority", func() (waymark.Authority, error) {
		return c.client.DeviceAuthority(ctx, waymark.AuthorityQuery{Owner: owner, Authority: id})
	})
	return &authority, err
}

// Revoked reports whether a certificate under a device CA of a member is revoked.
func (c *Client) Revoked(ctx context.Context, owner, authority, serial string) (bool, error) {
	status, err := observed(c, "certificate", func() (waymark.CertificateStatus, error) {
		return c.client.DeviceCertificate(ctx, waymark.CertificateQuery{Owner: owner, Authority: authority, Serial: serial})
	})
	return status.Revoked, err
}

// observed tells of one request.
func observed[T any](c *Client, route string, call func() (T, error)) (T, error) {
	start := time.Now()
	answer, err := call()
	status := http.StatusOK
	if problem, ok := client.AsProblem(err); ok {
		status = problem.Status
	} else if err != nil {
		status = 0
	}
	c.observe(route, status, time.Since(start))
	return answer, err
}
