package app

import (
	"context"
	"fmt"
	"net/http"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/client"
	"github.com/waymark-ledger/waymark/network/endpoints"
)

// App acts as one role of one member.
type App struct {
	// Client is of the member's gateway. It makes each request once, so that every answer is seen.
	*client.Client

	Member string
	Role   waymark.Role
}

// Commit says where a write is on the ledger.
type Commit = client.Commit

// Problem is a problem document (RFC 9457) as the gateway answers it.
type Problem = client.Problem

// New returns an app of a member. It fails if the member or role is not in the
// endpoints file or its CA cannot be read. Each wrap, if there are any, wraps what sends the
// requests.
func New(network *endpoints.Network, member string, role waymark.Role, wraps ...func(http.RoundTripper) http.RoundTripper) (*App, error) {
	m, ok := network.Members[member]
	if !ok || m.Tokens[string(role)] == "" {
		return nil, fmt.Errorf("no token of role %s of member %s in the endpoints file", role, member)
	}
	roots, err := client.Roots(m.CAFile)
	if err != nil {
		return nil, err
	}
	wrap := func(next http.RoundTripper) http.RoundTripper {
		for _, w := range wraps {
			next = w(next)
		}
		return next
	}
	c, err := client.New(client.Options{
		URL: m.GatewayURL, Roots: roots, Token: client.Token(m.Tokens[string(role)]), Attempts: 1, Wrap: wrap,
	})
	if err != nil {
		return nil, err
	}
	return &App{Member: member, Role: role, Client: c}, nil
}

// Write sends a request that changes the ledger and returns its record with its
// commit. A refusal is a *Problem.
func Write[T any](ctx context.Context, a *App, method, path string, body any) (T, Commit, error) {
	written, err := client.Write[T](ctx, a.Client, method, path, body)
	return written.Result, written.Transaction, err
}

// Read returns a record. A refusal is a *Problem.
func Read[T any](ctx context.Context, a *App, path string) (T, error) {
	return client.Read[T](ctx, a.Client, path)
}

// Do sends any request and returns the status and body of the answer. A body that
// is a []byte is sent as it is, anything else as JSON.
func (a *App) Do(ctx context.Context, method, path string, body any) (int, []byte, error) {
	answer, err := a.Client.Do(ctx, client.Call{Method: method, Path: path, Body: body})
	return answer.Status, answer.Body, err
}
