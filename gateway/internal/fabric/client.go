package fabric

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/hyperledger/fabric-gateway/pkg/client"
	gatewaypb "github.com/hyperledger/fabric-protos-go-apiv2/gateway"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/internal/keys"
	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
	"github.com/waymark-ledger/waymark/gateway/internal/pause"
	"github.com/waymark-ledger/waymark/gateway/internal/share"
	"google.golang.org/grpc"
	"google.golang.org/grpc/health/grpc_health_v1"
)

// Client speaks to the ledger through the member's own peers. It is safe for
// concurrent use. Close it when done.
type Client struct {
	cfg      Config
	conn     *grpc.ClientConn
	links    *links                  // that conn has open
	peer     gatewaypb.GatewayClient // over conn
	sessions map[ledger.Identity]*signing
	tokens   tokens
	metrics  *metrics
	stream   *stream
	turns    turns
	config   atomic.Pointer[channelConfig] // of the last receipt
	seen     atomic.Pointer[seenConfig]    // in force a short while ago
	stop     func()                        // ends the stream and the pulse, and returns when they have ended
}

// New reads the identities, prepares the connection and begins to follow the peer's blocks;
// it does not wait for the peer. The files of identities are followed by set. Its counters are
// registered with registry. It fails when a file cannot
// be read or holds no usable certificate or key.
func New(cfg Config, set *keys.Set, registry prometheus.Registerer) (*Client, error) {
	if _, ok := cfg.Identities[cfg.Own]; !ok {
		return nil, fmt.Errorf("fabric: there is no identity %q", cfg.Own)
	}
	trust := new(atomic.Pointer[tls.Config])
	if err := set.Follow(authorities(cfg.Peers, trust)); err != nil {
		return nil, err
	}
	open := newLinks(cfg.Peers, registry)
	conn, err := dial(cfg.Peers, cfg.BlockBytes, newConnected(trust, open))
	if err != nil {
		return nil, err
	}
	c := &Client{
		cfg:      cfg,
		conn:     conn,
		links:    open,
		peer:     gatewaypb.NewGatewayClient(conn),
		sessions: make(map[ledger.Identity]*signing, len(cfg.Identities)),
		turns:    newTurns(cfg.CallerPercent),
		stop:     func() {},
	}
	for name, id := range cfg.Identities {
		c.sessions[name] = new(signing)
		if err := c.follow(set, name, id); err != nil {
			return nil, errors.Join(err, c.Close())
		}
	}
	c.stream = newStream(c)
	c.metrics = newMetrics(registry, c.stream)
	c.start()
	return c, nil
}

// start begins to follow the blocks, and the peer's pulse.
func (c *Client) start() {
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { c.stream.run(ctx) })
	running.Go(func() { pulse(ctx, grpc_health_v1.NewHealthClient(c.conn), c.links, pulseEvery) })
	c.stop = func() {
		cancel()
		running.Wait()
	}
}

// Stream returns how far the client follows the peer's blocks.
func (c *Client) Stream() StreamState { return c.stream.now() }

// Close ends the connection. Calls in flight fail.
func (c *Client) Close() error {
	c.stop()
	for _, s := range c.sessions {
		if current := s.current.Load(); current != nil {
			_ = current.gateway.Close() // never fails
		}
	}
	if err := errors.Join(c.conn.Close(), c.tokens.close()); err != nil {
		return fmt.Errorf("close connections: %w", err)
	}
	return nil
}

// signing is an identity with the session that signs for it now.
type signing struct{ current atomic.Pointer[session] }

// session returns the session of an identity, or Forbidden when none of that name is
// configured.
func (c *Client) session(as ledger.Identity) (*session, error) {
	if s, ok := c.sessions[as]; ok {
		return s.current.Load(), nil
	}
	return nil, waymark.Errorf(waymark.Forbidden, "this gateway has no Fabric identity %q", string(as))
}

// self is the session by which the client asks for itself.
func (c *Client) self() *session { return c.sessions[c.cfg.Own].current.Load() }

// Evaluate asks the peers of one member, and no other's, to run a transaction that
// reads: the client's own member, or the one that the call names. It returns the record
// as JSON. What another member's peer says must be checked. A peer that cannot run the
// chaincode for a moment, as while its definition is replaced, is asked again.
//
// Codes: what the chaincode answers; Unavailable when the peer or its chaincode
// does not answer in time (retry); ResourceExhausted when the peer is busy (retry later);
// Internal for anything else.
func (c *Client) Evaluate(ctx context.Context, call ledger.Call) (json.RawMessage, error) {
	s, err := c.session(call.As)
	if err != nil {
		return nil, err
	}
	// Left to itself the peer passes the query to another member's peer when its
	// own chaincode fails; a member believes its own peer only.
	if len(call.At) == 0 {
		call.At = []string{c.cfg.Member}
	}
	options, err := proposed(call)
	if err != nil {
		return nil, err
	}
	for attempt := 1; ; attempt++ {
		result, failed := c.evaluate(ctx, c.turns.evaluate, s, c.cfg.Chaincode, string(call.Transaction), options)
		if failed == nil {
			return result, nil
		}
		if failed.kind != unreachable || attempt == maxReads || !pause.For(ctx, pauseBefore(attempt)) {
			return nil, failed.err()
		}
		c.metrics.retried(failed.kind)
	}
}

// maxReads bounds how often one call asks the peer: with the pauses between, a peer that
// is down is found out within a third of a second.
const maxReads = 3

func (c *Client) evaluate(ctx context.Context, turns *share.Turns, s *session, chaincode, function string,
	options []client.ProposalOption, how ...grpc.CallOption,
) ([]byte, *failure) {
	ctx, cancel := context.WithTimeout(ctx, c.cfg.Timeouts.Evaluate)
	defer cancel()
	turn, err := turns.Take(ctx)
	if err != nil {
		return nil, noTurn(err)
	}
	defer turn.Leave()
	return c.query(ctx, s, chaincode, function, options, how...)
}

// query is evaluate for who has a turn.
func (c *Client) query(ctx context.Context, s *session, chaincode, function string, options []client.ProposalOption, how ...grpc.CallOption) ([]byte, *failure) {
	ctx, cancel := context.WithTimeout(ctx, c.cfg.Timeouts.Evaluate)
	defer cancel()
	proposal, err := s.network.GetContract(chaincode).NewProposal(function, options...)
	if err != nil {
		return nil, &failure{kind: defective, cause: err}
	}
	result, err := proposal.EvaluateWithContext(ctx, how...)
	if err != nil {
		return nil, failureOf(err, []string{c.cfg.Member})
	}
	return result, nil
}

// Ready reports whether the peer runs the chaincode for this gateway. A refusal
// by policy is an answer and so counts as ready. It waits behind no caller's query.
func (c *Client) Ready(ctx context.Context) error {
	_, failed := c.evaluate(ctx, c.turns.probe, c.self(), c.cfg.Chaincode, string(waymark.PoliciesBaseline), c.own())
	if failed == nil || waymark.CodeOf(failed.err()) == waymark.Forbidden {
		return nil
	}
	return failed.err()
}

// own keeps a proposal with the client's own member.
func (c *Client) own(options ...client.ProposalOption) []client.ProposalOption {
	return append(options, client.WithEndorsingOrganizations(c.cfg.Member))
}
