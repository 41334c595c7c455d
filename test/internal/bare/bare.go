package bare

import (
	"context"
	"errors"
	"strings"
	"sync"

	"github.com/hyperledger/fabric-gateway/pkg/client"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/network/endpoints"
	"github.com/waymark-ledger/waymark/test/internal/audit"
)

// MaxCalls is how many calls the peer is given at once: it refuses more than 500. Others wait for a turn.
const MaxCalls = 400

// Client endorses, submits, and learns from one stream of blocks what became of its transactions, as a good
// client does.
type Client struct {
	peer     *audit.Peer
	contract *client.Contract
	places   chan struct{} // has a place for each of MaxCalls
	stop     func()        // ends the stream of blocks

	mu      sync.Mutex
	waiting map[string]chan peer.TxValidationCode // by transaction id; each holds one
	seen    Seen
}

// Seen is what the peer has committed since the client is connected, whoever submitted it.
type Seen struct {
	Blocks       int
	Transactions int // valid ones
}

// New connects to a member's peer in one of its roles, to call a chaincode of the channel.
func New(ctx context.Context, n *endpoints.Network, member string, role waymark.Role, chaincode string) (*Client, error) {
	p, err := audit.ConnectAs(n, member, role)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	blocks, err := p.Commits(ctx)
	if err != nil {
		cancel()
		return nil, errors.Join(err, p.Close())
	}
	c := &Client{peer: p, contract: p.Contract(chaincode), places: make(chan struct{}, MaxCalls), waiting: map[string]chan peer.TxValidationCode{}}
	var following sync.WaitGroup
	following.Go(func() { c.follow(blocks) })
	c.stop = func() {
		cancel()
		following.Wait()
	}
	return c, nil
}

// Close ends the connection.
func (c *Client) Close() error {
	c.stop()
	return c.peer.Close()
}

// follow tells whoever waits what became of each transaction, until the stream ends.
func (c *Client) follow(blocks <-chan *peer.FilteredBlock) {
	for block := range blocks {
		c.mu.Lock()
		c.seen.Blocks++
		for _, tx := range block.GetFilteredTransactions() {
			if tx.GetTxValidationCode() == peer.TxValidationCode_VALID {
				c.seen.Transactions++
			}
			if waiting := c.waiting[tx.GetTxid()]; waiting != nil {
				waiting <- tx.GetTxValidationCode()
				delete(c.waiting, tx.GetTxid())
			}
		}
		c.mu.Unlock()
	}
}

// Seen tells what there was so far.
func (c *Client) Seen() Seen {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.seen
}

// Submit has a transaction endorsed and committed, and returns its result. It returns an Invalid if the
// transaction is in a block and changed nothing.
func (c *Client) Submit(ctx context.Context, function string, args ...[]byte) ([]byte, error) {
	proposal, err := c.contract.NewProposal(function, client.WithBytesArguments(args...))
	if err != nil {
		return nil, err
	}
	tx, err := within(ctx, c, func() (*client.Transaction, error) { return proposal.EndorseWithContext(ctx) })
	if err != nil {
		return nil, err
	}
	return tx.Result(), c.commit(ctx, tx)
}

// commit hands a transaction over and waits for its block.
func (c *Client) commit(ctx context.Context, tx *client.Transaction) error {
	told := make(chan peer.TxValidationCode, 1)
	c.mu.Lock()
	c.waiting[tx.TransactionID()] = told
	c.mu.Unlock()
	defer func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.waiting, tx.TransactionID())
	}()
	if _, err := within(ctx, c, func() (*client.Commit, error) { return tx.SubmitWithContext(ctx) }); err != nil {
		return err
	}
	select {
	case code := <-told:
		if code != peer.TxValidationCode_VALID {
			return Invalid(code)
		}
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Invalid is what became of a transaction that changed nothing.
type Invalid peer.TxValidationCode

// Error is Fabric's name of it, in lower case.
func (i Invalid) Error() string { return strings.ToLower(peer.TxValidationCode(i).String()) }

// Evaluate asks the member's own peer, and no other.
func (c *Client) Evaluate(ctx context.Context, function string, args ...[]byte) ([]byte, error) {
	return within(ctx, c, func() ([]byte, error) {
		return c.contract.EvaluateWithContext(ctx, function, client.WithBytesArguments(args...), client.WithEndorsingOrganizations(c.peer.Member))
	})
}

// within makes a call of the peer as soon as there is a place for it.
func within[T any](ctx context.Context, c *Client, call func() (T, error)) (T, error) {
	select {
	case c.places <- struct{}{}:
		defer func() { <-c.places }()
		return call()
	case <-ctx.Done():
		return *new(T), ctx.Err()
	}
}
