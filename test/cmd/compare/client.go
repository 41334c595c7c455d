package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/hyperledger/fabric-gateway/pkg/client"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/network/endpoints"
	"github.com/waymark-ledger/waymark/test/internal/audit"
	"github.com/waymark-ledger/waymark/test/internal/timing"
)

const (
	// channel is the one that fabric-iot's ac looks for its other chaincodes on: the
	// name is written in its source.
	channel = "iot-channel"
	// firstPort is where ports are left over among those of the network.
	firstPort = 40
)

// who is a role of a member, which calls on its own member's peer.
type who struct {
	member string
	role   waymark.Role
}

// clients are connections to peers, made with Fabric's own client library, past our
// gateways: both sides are called in the same way.
type clients struct {
	network *endpoints.Network
	peers   map[who]*audit.Peer
}

func newClients(n *endpoints.Network) (*clients, error) {
	c := &clients{network: n, peers: map[who]*audit.Peer{}}
	for member := range n.Members {
		for _, role := range []waymark.Role{waymark.Admin, waymark.Operator, waymark.Relay} {
			p, err := audit.ConnectAs(n, member, role)
			if err != nil {
				c.close()
				return nil, err
			}
			c.peers[who{member, role}] = p
		}
	}
	return c, nil
}

func (c *clients) close() {
	for _, p := range c.peers {
		_ = p.Close()
	}
}

// call is one call of a chaincode and what its answer must be.
type call struct {
	as        who
	chaincode string
	function  string
	args      []string
	reads     bool                      // evaluated on one peer instead of submitted
	check     func(answer []byte) error // nil: any answer will do
}

// make is a call ready to be timed: from the proposal to the answer, or to the commit
// status of the caller's own peer.
func (c *clients) make(k call) timing.Call {
	contract := c.peers[k.as].Contract(k.chaincode)
	do := contract.SubmitWithContext
	if k.reads {
		do = contract.EvaluateWithContext
	}
	return func(ctx context.Context) error {
		answer, err := do(ctx, k.function, client.WithArguments(k.args...))
		if err != nil || k.check == nil {
			return err
		}
		return k.check(answer)
	}
}

// must makes a call until it goes through: a chaincode that was just deployed is not
// known to all peers yet.
func (c *clients) must(ctx context.Context, k call) error {
	const patience, pause = 60 * time.Second, 200 * time.Millisecond
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		err := c.make(k)(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s %s: %w", k.chaincode, k.function, describe(err))
		case <-time.After(pause):
		}
	}
}

// describe adds what the endorsers said.
func describe(err error) error {
	var failed *client.EndorseError
	if errors.As(err, &failed) {
		for _, d := range failed.Details() {
			err = fmt.Errorf("%w: %v", err, d)
		}
	}
	return err
}

// ours is a call of Waymark's chaincode.
func ours(as who, tx waymark.Transaction, request any) (call, error) {
	encoded, err := json.Marshal(request)
	if err != nil {
		return call{}, fmt.Errorf("encode request: %w", err)
	}
	return call{as: as, chaincode: "waymark", function: string(tx), args: []string{string(encoded)}}, nil
}

// errWrong is an answer that is not what the work should give.
var errWrong = errors.New("wrong answer")

// failure names what kept a call from doing what it should, for counting.
func failure(err error) string {
	var commit *client.CommitError
	switch {
	case errors.Is(err, errWrong):
		return "wrong answer"
	case errors.As(err, &commit):
		return strings.ToLower(commit.Code.String())
	case errors.Is(err, context.DeadlineExceeded):
		return "timeout"
	}
	text := describe(err).Error()
	for part, name := range map[string]string{
		"ProposalResponsePayloads do not match": differ, "exceeding concurrency limit": "too many requests",
		"insufficient number of orderers": "too few orderers answered",
	} {
		if strings.Contains(text, part) {
			return name
		}
	}
	return text
}

// differ is what became of a transaction whose endorsers came to different results.
const differ = "endorsements differ"
