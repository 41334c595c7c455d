package fabric

import (
	"context"
	"sync"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	gatewaypb "github.com/hyperledger/fabric-protos-go-apiv2/gateway"
	"github.com/hyperledger/fabric-protos-go-apiv2/orderer"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
)

// firstBlock is the number of the first block that a chain gets in a test.
const firstBlock = 7

// chain is what a fakePeer has committed: a block for each envelope that it took, behind
// another transaction. Like Fabric it gives a second copy of an envelope a code of its own.
type chain struct {
	mu     sync.Mutex
	blocks []block
	grown  chan struct{} // closed with the next block
	broken chan struct{} // closed to break the streams that are open
	found  map[string]*gatewaypb.CommitStatusResponse
	firsts map[string]*common.Envelope // that have an id
	held   []func()                    // blocks that come with the next envelope
}

type block struct {
	txs    []*peer.FilteredTransaction
	unseen bool // by who follows
}

func newChain() *chain {
	return &chain{blocks: make([]block, firstBlock), grown: make(chan struct{}),
		broken: make(chan struct{}), found: make(map[string]*gatewaypb.CommitStatusResponse), firsts: make(map[string]*common.Envelope)}
}

// add orders an envelope.
func (c *chain) add(txID string, envelope *common.Envelope, f fateAnswer) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.releaseHeld()
	commit := func() { c.commit(txID, envelope, f) }
	if f.held {
		c.held = append(c.held, commit)
		return
	}
	commit()
}

func (c *chain) releaseHeld() {
	for _, commit := range c.held {
		commit()
	}
	c.held = nil
}

// release commits what is held.
func (c *chain) release() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.releaseHeld()
}

// holds returns how many blocks are held.
func (c *chain) holds() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.held)
}

// first is the transaction that has an id, as a query tells it, or nil.
func (c *chain) first(txID string) *peer.ProcessedTransaction {
	c.mu.Lock()
	defer c.mu.Unlock()
	found := c.found[txID]
	if found == nil {
		return nil
	}
	return &peer.ProcessedTransaction{TransactionEnvelope: c.firsts[txID], ValidationCode: int32(found.GetResult())}
}

func (c *chain) commit(txID string, envelope *common.Envelope, f fateAnswer) {
	if c.found[txID] != nil {
		f.code = peer.TxValidationCode_DUPLICATE_TXID
	} else {
		c.firsts[txID] = envelope
		c.found[txID] = &gatewaypb.CommitStatusResponse{Result: f.code, BlockNumber: uint64(len(c.blocks))}
		if f.code == peer.TxValidationCode_DUPLICATE_TXID { // the first copy is told by the id
			c.found[txID].Result = peer.TxValidationCode_VALID
		}
	}
	c.blocks = append(c.blocks, block{unseen: f.unseen,
		txs: []*peer.FilteredTransaction{{Txid: "other"}, {Txid: txID, TxValidationCode: f.code}}})
	close(c.grown)
	c.grown = make(chan struct{})
}

// breakStreams ends the streams that are open.
func (c *chain) breakStreams() {
	c.mu.Lock()
	defer c.mu.Unlock()
	close(c.broken)
	c.broken = make(chan struct{})
}

func (c *chain) height() uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return uint64(len(c.blocks))
}

// await returns the fate of a transaction once it is committed.
func (c *chain) await(ctx context.Context, txID string) (*gatewaypb.CommitStatusResponse, error) {
	for {
		c.mu.Lock()
		found, grown := c.found[txID], c.grown
		c.mu.Unlock()
		if found != nil {
			return found, nil
		}
		select {
		case <-grown:
		case <-ctx.Done():
			return nil, status.FromContextError(ctx.Err()).Err()
		}
	}
}

// fakeDeliver is a fakePeer's service of blocks.
type fakeDeliver struct {
	peer.UnimplementedDeliverServer
	peer *fakePeer
}

// DeliverFiltered sends the blocks from the wanted one on, for as long as the client wants.
func (d fakeDeliver) DeliverFiltered(stream grpc.BidiStreamingServer[common.Envelope, peer.DeliverResponse]) error {
	request, err := stream.Recv()
	if err != nil {
		return err
	}
	from, err := soughtBy(request)
	if err != nil {
		return status.Error(codes.InvalidArgument, err.Error())
	}
	d.peer.mu.Lock()
	d.peer.sought = append(d.peer.sought, from)
	follower := from < firstBlock // and not a look at one block
	refused := follower && d.peer.noStream
	d.peer.mu.Unlock()
	if refused {
		return status.Error(codes.Unavailable, "no stream")
	}
	c := d.peer.chain
	c.mu.Lock()
	broken := c.broken
	c.mu.Unlock()
	for {
		c.mu.Lock()
		fresh, grown := c.blocks[min(from, uint64(len(c.blocks))):], c.grown
		c.mu.Unlock()
		for _, b := range fresh {
			block := &peer.FilteredBlock{Number: from}
			if !follower || !b.unseen {
				block.FilteredTransactions = b.txs
			}
			if err := stream.Send(&peer.DeliverResponse{Type: &peer.DeliverResponse_FilteredBlock{FilteredBlock: block}}); err != nil {
				return err
			}
			from++
		}
		select {
		case <-grown:
		case <-broken:
			return status.Error(codes.Unavailable, "broken")
		case <-stream.Context().Done():
			return nil
		}
	}
}

// soughtBy returns the number of the block that a request starts with.
func soughtBy(request *common.Envelope) (uint64, error) {
	var payload common.Payload
	var seek orderer.SeekInfo
	if err := proto.Unmarshal(request.GetPayload(), &payload); err != nil {
		return 0, err
	}
	err := proto.Unmarshal(payload.GetData(), &seek)
	return seek.GetStart().GetSpecified().GetNumber(), err
}
