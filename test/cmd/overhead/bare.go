package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"

	"github.com/hyperledger/fabric-gateway/pkg/client"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/network/endpoints"
	"github.com/waymark-ledger/waymark/test/internal/audit"
)

// maxCalls is how many calls the peer is given at once: it refuses more than 500.
const maxCalls = 400

// bare is a client made of Fabric's own library and nothing else: it endorses, submits, and
// learns from one stream of blocks what became of its transactions.
type bare struct {
	peer     *audit.Peer
	contract *client.Contract
	places   chan struct{} // has a place for each of maxCalls
	stop     func()        // ends the stream of blocks

	mu      sync.Mutex
	waiting map[string]chan peer.TxValidationCode // by transaction id; each holds one
}

func newBare(ctx context.Context, n *endpoints.Network) (*bare, error) {
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
	b := &bare{peer: p, contract: p.Contract(n.Chaincode), places: make(chan struct{}, maxCalls), waiting: map[string]chan peer.TxValidationCode{}}
	var following sync.WaitGroup
	following.Go(func() { b.follow(blocks) })
	b.stop = func() {
		cancel()
		following.Wait()
	}
	return b, nil
}

func (b *bare) close() error {
	b.stop()
	return b.peer.Close()
}

// follow tells whoever waits what became of each transaction, until the stream ends.
func (b *bare) follow(blocks <-chan *peer.FilteredBlock) {
	for block := range blocks {
		for _, tx := range block.GetFilteredTransactions() {
			b.mu.Lock()
			waiting := b.waiting[tx.GetTxid()]
			b.mu.Unlock()
			if waiting != nil {
				waiting <- tx.GetTxValidationCode()
			}
		}
	}
}

func (b *bare) register(ctx context.Context, p waymark.RegisterProductRequest) (waymark.Product, error) {
	option, err := argument(p)
	if err != nil {
		return waymark.Product{}, err
	}
	proposal, err := b.contract.NewProposal(string(waymark.GoodsRegisterProduct), option)
	if err != nil {
		return waymark.Product{}, err
	}
	tx, err := within(ctx, b, func() (*client.Transaction, error) { return proposal.EndorseWithContext(ctx) })
	if err != nil {
		return waymark.Product{}, err
	}
	if err := b.submit(ctx, tx); err != nil {
		return waymark.Product{}, err
	}
	return decode(tx.Result())
}

// submit hands a transaction over and waits for its block.
func (b *bare) submit(ctx context.Context, tx *client.Transaction) error {
	told := make(chan peer.TxValidationCode, 1)
	b.mu.Lock()
	b.waiting[tx.TransactionID()] = told
	b.mu.Unlock()
	defer func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		delete(b.waiting, tx.TransactionID())
	}()
	if _, err := within(ctx, b, func() (*client.Commit, error) { return tx.SubmitWithContext(ctx) }); err != nil {
		return err
	}
	select {
	case code := <-told:
		if code != peer.TxValidationCode_VALID {
			return invalid(code)
		}
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// invalid is what became of a transaction that changed nothing.
type invalid peer.TxValidationCode

func (i invalid) Error() string { return peer.TxValidationCode(i).String() }

func (b *bare) read(ctx context.Context, gtin string) (waymark.Product, error) {
	option, err := argument(waymark.ProductQuery{GTIN: gtin})
	if err != nil {
		return waymark.Product{}, err
	}
	answer, err := within(ctx, b, func() ([]byte, error) {
		return b.contract.EvaluateWithContext(ctx, string(waymark.GoodsProduct), option, client.WithEndorsingOrganizations(member))
	})
	if err != nil {
		return waymark.Product{}, err
	}
	return decode(answer)
}

// within makes a call of the peer as soon as there is a place for it.
func within[T any](ctx context.Context, b *bare, call func() (T, error)) (T, error) {
	select {
	case b.places <- struct{}{}:
		defer func() { <-b.places }()
		return call()
	case <-ctx.Done():
		return *new(T), ctx.Err()
	}
}

func argument(request any) (client.ProposalOption, error) {
	encoded, err := json.Marshal(request)
	if err != nil {
		return nil, fmt.Errorf("encode request: %w", err)
	}
	return client.WithBytesArguments(encoded), nil
}

func decode(answer []byte) (p waymark.Product, err error) {
	if err := json.Unmarshal(answer, &p); err != nil {
		return p, fmt.Errorf("decode answer: %w", err)
	}
	return p, nil
}
