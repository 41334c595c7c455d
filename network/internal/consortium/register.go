package consortium

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/waymark-ledger/waymark/network/internal/topology"
)

const (
	// registerTimeout bounds all attempts of one member; a network that has just
	// begun refuses submissions for a while.
	registerTimeout = 60 * time.Second
	// attemptTimeout bounds one attempt.
	attemptTimeout = 15 * time.Second
	registerPoll   = 100 * time.Millisecond
)

// register submits one transaction through every gateway: it registers the
// gateway's own member. The network is ready when all have been committed.
func (c *Consortium) register(ctx context.Context) error {
	members := topology.Members()
	failures := make(chan error, len(members))
	for _, m := range members {
		go func() { failures <- c.registerMember(ctx, m) }()
	}
	var errs []error
	for range members {
		errs = append(errs, <-failures)
	}
	return errors.Join(errs...)
}

// registerMember registers member m through its own gateway.
func (c *Consortium) registerMember(ctx context.Context, m topology.Member) error {
	client, err := trusting(c.network.Credentials(m).TLSCA().Cert)
	if err != nil {
		return err
	}
	defer client.CloseIdleConnections()
	return c.registerUntilCommitted(ctx, client, gatewayURL(c.network, m), m)
}

// registerUntilCommitted repeats the registration until it is committed, or
// refused for good.
func (c *Consortium) registerUntilCommitted(ctx context.Context, client *http.Client, url string, m topology.Member) error {
	ctx, cancel := context.WithTimeout(ctx, registerTimeout)
	defer cancel()
	for {
		final, err := c.putMember(ctx, client, url, m)
		if err == nil {
			return nil
		}
		failure := fmt.Errorf("gateway.%s: %w: see %s", m.ID, err, c.network.LogFile("gateway."+m.ID))
		if final {
			return failure
		}
		select {
		case <-ctx.Done():
			return failure
		case <-time.After(registerPoll):
		}
	}
}

// record is what a member says of itself.
type record struct {
	Name       string `json:"name"`
	GLN        string `json:"gln,omitempty"`
	GatewayURL string `json:"gateway_url,omitempty"`
}

// putMember registers the member once; one that is registered is submitted again as
// it stands, which proves that the gateway commits and changes nothing. It reports
// whether a failure is final: the gateway understood and refused, and would again.
func (c *Consortium) putMember(ctx context.Context, client *http.Client, url string, m topology.Member) (final bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, attemptTimeout)
	defer cancel()
	member := record{Name: m.Name, GLN: m.GLN, GatewayURL: url}
	status, text, err := c.call(ctx, client, m, http.MethodGet, url, nil)
	if err != nil {
		return false, err
	}
	if status == http.StatusOK {
		member = record{}
		if err := json.Unmarshal(text, &member); err != nil {
			return true, fmt.Errorf("decode member: %w", err)
		}
	}
	body, err := json.Marshal(member)
	if err != nil {
		return true, fmt.Errorf("encode member: %w", err)
	}
	status, text, err = c.call(ctx, client, m, http.MethodPut, url, body)
	if err != nil {
		return false, err
	}
	if status == http.StatusOK || status == http.StatusCreated {
		return false, nil
	}
	return refused(status), fmt.Errorf("register member: status %d: %s", status, strings.TrimSpace(string(text)))
}

// maxAnswerBytes bounds what is read of an answer about a member.
const maxAnswerBytes = 16 << 10

// call sends one request about the member to its own gateway, as its admin.
func (c *Consortium) call(ctx context.Context, client *http.Client, m topology.Member, method, url string, body []byte) (int, []byte, error) {
	token, err := os.ReadFile(c.network.Credentials(m).Token(topology.RoleAdmin))
	if err != nil {
		return 0, nil, fmt.Errorf("read token: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, method, url+"/v1/members/"+m.ID, bytes.NewReader(body))
	if err != nil {
		return 0, nil, fmt.Errorf("make request: %w", err)
	}
	req.Header.Set("Authorization", "Bearer "+string(token))
	req.Header.Set("Content-Type", "application/json")
	resp, err := client.Do(req)
	if err != nil {
		return 0, nil, fmt.Errorf("register member: %w", err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswerBytes))
	if err != nil {
		return 0, nil, fmt.Errorf("register member: %w", err)
	}
	return resp.StatusCode, text, nil
}

// refused tells a refusal that would be repeated from one that may pass.
func refused(status int) bool {
	switch status {
	case http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound,
		http.StatusMethodNotAllowed, http.StatusUnprocessableEntity:
		return true
	default:
		return false
	}
}

// gatewayURL is the base URL of member m's gateway.
func gatewayURL(n topology.Network, m topology.Member) string {
	return "https://" + topology.Address(n.Ports(m).Gateway)
}
