package app

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/network/endpoints"
)

// requestTimeout bounds one call, a committed write included.
const requestTimeout = 60 * time.Second

// maxAnswer bounds what is read of one answer, in bytes.
const maxAnswer = 16 << 20

// App acts as one role of one member.
type App struct {
	Member string
	Role   waymark.Role

	base  string
	token string
	http  *http.Client
}

// New returns an app of a member. It fails if the member or role is not in the
// endpoints file or its CA cannot be read.
func New(network *endpoints.Network, member string, role waymark.Role) (*App, error) {
	m, ok := network.Members[member]
	if !ok || m.Tokens[string(role)] == "" {
		return nil, fmt.Errorf("no token of role %s of member %s in the endpoints file", role, member)
	}
	roots, err := pool(m.CAFile)
	if err != nil {
		return nil, err
	}
	transport := &http.Transport{
		TLSClientConfig:     &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
		MaxIdleConnsPerHost: 64,
	}
	return &App{Member: member, Role: role, base: m.GatewayURL, token: m.Tokens[string(role)],
		http: &http.Client{Transport: transport, Timeout: requestTimeout}}, nil
}

func pool(file string) (*x509.CertPool, error) {
	pem, err := os.ReadFile(file) //nolint:gosec // named by the endpoints file
	if err != nil {
		return nil, fmt.Errorf("read CA: %w", err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("read CA: no certificate in %s", file)
	}
	return roots, nil
}

// Receipt says where a write is on the ledger.
type Receipt struct {
	TxID        string `json:"tx_id"`
	BlockNumber uint64 `json:"block_number"`
	Status      string `json:"status"`
}

// Problem is a problem document (RFC 9457) as the gateway answers it.
type Problem struct {
	Type      string       `json:"type"`
	Title     string       `json:"title"`
	Status    int          `json:"status"`
	Detail    string       `json:"detail"`
	Code      waymark.Code `json:"code"`
	Field     string       `json:"field"`
	Reasons   []string     `json:"reasons"`
	TxID      string       `json:"tx_id"`
	RequestID string       `json:"request_id"`
}

// Error returns the status, code, detail and reasons.
func (p *Problem) Error() string {
	return fmt.Sprintf("%d %s: %s %v", p.Status, p.Code, p.Detail, p.Reasons)
}

// Write sends a request that changes the ledger and returns its record with its
// receipt. A refusal is a *Problem.
func Write[T any](ctx context.Context, a *App, method, path string, body any) (T, Receipt, error) {
	var answer struct {
		Transaction Receipt `json:"transaction"`
		Result      T       `json:"result"`
	}
	err := a.call(ctx, method, path, body, &answer)
	return answer.Result, answer.Transaction, err
}

// Read returns a record. A refusal is a *Problem.
func Read[T any](ctx context.Context, a *App, path string) (T, error) {
	var record T
	err := a.call(ctx, http.MethodGet, path, nil, &record)
	return record, err
}

func (a *App) call(ctx context.Context, method, path string, body, answer any) error {
	status, content, err := a.Do(ctx, method, path, body)
	if err != nil {
		return err
	}
	if status >= http.StatusBadRequest {
		p := &Problem{Status: status}
		if err := json.Unmarshal(content, p); err != nil {
			return fmt.Errorf("%s %s: status %d with a body that is no problem document", method, path, status)
		}
		return p
	}
	if err := json.Unmarshal(content, answer); err != nil {
		return fmt.Errorf("%s %s: decode answer: %w", method, path, err)
	}
	return nil
}

// Do sends any request and returns the status and body of the answer. A body that
// is a []byte is sent as it is, anything else as JSON.
func (a *App) Do(ctx context.Context, method, path string, body any) (int, []byte, error) {
	request, err := a.request(ctx, method, path, body)
	if err != nil {
		return 0, nil, err
	}
	response, err := a.http.Do(request)
	if err != nil {
		return 0, nil, fmt.Errorf("%s %s: %w", method, path, err)
	}
	defer response.Body.Close()
	content, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return 0, nil, fmt.Errorf("%s %s: read answer: %w", method, path, err)
	}
	return response.StatusCode, content, nil
}

func (a *App) request(ctx context.Context, method, path string, body any) (*http.Request, error) {
	var content []byte
	switch b := body.(type) {
	case nil:
	case []byte:
		content = b
	default:
		encoded, err := json.Marshal(b)
		if err != nil {
			return nil, fmt.Errorf("%s %s: encode request: %w", method, path, err)
		}
		content = encoded
	}
	request, err := http.NewRequestWithContext(ctx, method, a.base+path, bytes.NewReader(content))
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", method, path, err)
	}
	request.Header.Set("Authorization", "Bearer "+a.token)
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	return request, nil
}
