package fabric

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/hyperledger/fabric-gateway/pkg/client"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"google.golang.org/grpc"
)

// Client speaks to the ledger through the member's own peer. It is safe for
// concurrent use. Close it when done.
type Client struct {
	cfg      Config
	conn     *grpc.ClientConn
	sessions map[waymark.Role]*session
	commits  commits
	metrics  *metrics
}

// New reads the identities and prepares the connection; it does not wait for the
// peer. Its counters are registered with registry. It fails when a file cannot
// be read or holds no usable certificate or key.
func New(cfg Config, registry prometheus.Registerer) (*Client, error) {
	if len(cfg.Identities) == 0 {
		return nil, errors.New("fabric: no identity is configured")
	}
	conn, err := dial(cfg.Peer, cfg.BlockBytes)
	if err != nil {
		return nil, err
	}
	c := &Client{
		cfg:      cfg,
		conn:     conn,
		sessions: make(map[waymark.Role]*session, len(cfg.Identities)),
		commits:  commits{channel: cfg.Channel},
		metrics:  newMetrics(registry),
	}
	for role, id := range cfg.Identities {
		s, err := newSession(cfg, id, conn)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("identity of role %s: %w", role, err), c.Close())
		}
		c.sessions[role] = s
	}
	return c, nil
}

// Close ends the connection. Calls in flight fail.
func (c *Client) Close() error {
	for _, s := range c.sessions {
		if err := s.gateway.Close(); err != nil {
			return fmt.Errorf("close gateway: %w", err)
		}
	}
	if err := c.conn.Close(); err != nil {
		return fmt.Errorf("close connection to the peer: %w", err)
	}
	return nil
}

// session returns the session of a role, or Forbidden when the member has no
// Fabric identity for it.
func (c *Client) session(role waymark.Role) (*session, error) {
	if s, ok := c.sessions[role]; ok {
		return s, nil
	}
	return nil, waymark.Errorf(waymark.Forbidden, "this gateway has no Fabric identity for the role %q", string(role))
}

// anySession returns the session of the least powerful role there is.
func (c *Client) anySession() *session {
	for _, role := range slices.Backward(waymark.Roles()) {
		if s, ok := c.sessions[role]; ok {
			return s
		}
	}
	return nil
}

// Evaluate asks the member's own peer, and no other, to run a transaction that
// reads. A nil request passes no argument. It returns the record as JSON.
//
// Codes: what the chaincode answers; Unavailable when the peer or its chaincode
// does not answer in time (retry); Internal for anything else.
func (c *Client) Evaluate(ctx context.Context, role waymark.Role, tx waymark.Transaction, request waymark.Validator) (json.RawMessage, error) {
	s, err := c.session(role)
	if err != nil {
		return nil, err
	}
	options, err := arguments(request)
	if err != nil {
		return nil, err
	}
	return c.evaluate(ctx, s, c.cfg.Chaincode, string(tx), options)
}

func (c *Client) evaluate(ctx context.Context, s *session, chaincode, function string, options []client.ProposalOption) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, c.cfg.Timeouts.Evaluate)
	defer cancel()
	// Left to itself the peer passes the query to another member's peer when its
	// own chaincode fails; a member believes its own peer only.
	options = append(options, client.WithEndorsingOrganizations(c.cfg.Member))
	result, err := s.network.GetContract(chaincode).EvaluateWithContext(ctx, function, options...)
	if err != nil {
		return nil, failureOf(err).err()
	}
	return result, nil
}

// Ready reports whether the peer runs the chaincode for this gateway. A refusal
// by policy is an answer and so counts as ready.
func (c *Client) Ready(ctx context.Context) error {
	_, err := c.evaluate(ctx, c.anySession(), c.cfg.Chaincode, string(waymark.PoliciesBaseline), nil)
	if waymark.CodeOf(err) == waymark.Forbidden {
		return nil
	}
	return err
}

// arguments renders the request as the one argument of a contract function.
// Absent lists become empty ones, which the contract's schema requires.
func arguments(request waymark.Validator) ([]client.ProposalOption, error) {
	if request == nil {
		return nil, nil
	}
	argument, err := jsonv2.Marshal(request)
	if err != nil {
		return nil, fmt.Errorf("encode request: %w", err)
	}
	return []client.ProposalOption{client.WithBytesArguments(argument)}, nil
}
