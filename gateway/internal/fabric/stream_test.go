package fabric

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
)

// fakeSource is a peer that sends what the test puts on blocks.
type fakeSource struct {
	mu     sync.Mutex
	blocks chan *peer.FilteredBlock
	high   uint64
	from   []uint64
	refuse error
}

func (s *fakeSource) height(context.Context) (uint64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.high, s.refuse
}

// asked returns the blocks from which streams were asked for.
func (s *fakeSource) asked() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return fmt.Sprint(s.from)
}

func (s *fakeSource) filtered(ctx context.Context, from uint64) (<-chan *peer.FilteredBlock, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.from = append(s.from, from)
	sent, all := make(chan *peer.FilteredBlock), s.blocks
	go func() {
		defer close(sent)
		for {
			select {
			case b := <-all:
				if b == nil {
					return
				}
				sent <- b // like fabric-gateway it waits for a reader, whatever ctx says
			case <-ctx.Done():
				return
			}
		}
	}()
	return sent, nil
}

// following runs a stream from block 4 on, in a bubble of its own time, until the test is done.
func following(t *testing.T, test func(t *testing.T, s *stream, from *fakeSource)) {
	t.Helper()
	followingOnce(t, nil, test)
}

// followingOnce has the peer refuse at first, if refuse is not nil.
func followingOnce(t *testing.T, refuse error, test func(t *testing.T, s *stream, from *fakeSource)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		from := &fakeSource{blocks: make(chan *peer.FilteredBlock, 100), high: 5, refuse: refuse}
		s := newStream(from)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			s.run(ctx)
		}()
		test(t, s, from)
		cancel()
		<-done
	})
}

func blockOf(number uint64, ids ...string) *peer.FilteredBlock {
	b := &peer.FilteredBlock{Number: number}
	for _, id := range ids {
		b.FilteredTransactions = append(b.FilteredTransactions, &peer.FilteredTransaction{Txid: id})
	}
	return b
}

func TestStreamTellsWhoWaits(t *testing.T) {
	following(t, func(t *testing.T, s *stream, from *fakeSource) {
		first, second, other := s.join("a"), s.join("a"), s.join("c")
		from.blocks <- blockOf(4)
		from.blocks <- blockOf(5, "x", "a")
		for _, w := range []*waiter{first, second} {
			if f, ok := w.wait(t.Context(), time.Second); !ok || f != (fate{block: 5, position: 1}) {
				t.Errorf("told %+v, %t", f, ok)
			}
			w.leave()
		}
		if _, ok := other.wait(t.Context(), time.Second); ok {
			t.Error("the other one was told")
		}
		if got := s.now(); !got.Connected || got.Block != 5 || got.Pending != 1 {
			t.Errorf("the state is %+v", got)
		}
		other.leave()
		if got := s.now().Pending; got != 0 {
			t.Errorf("%d are pending", got)
		}
	})
}

// What somebody else puts into a block under the id of a transaction, and is invalid for that, does not hide it.
func TestTheValidOneOfABlock(t *testing.T) {
	following(t, func(t *testing.T, s *stream, from *fakeSource) {
		w := s.join("a")
		defer w.leave()
		block := blockOf(5, "a", "a", "a")
		block.FilteredTransactions[0].TxValidationCode = peer.TxValidationCode_BAD_PROPOSAL_TXID
		block.FilteredTransactions[2].TxValidationCode = peer.TxValidationCode_DUPLICATE_TXID
		from.blocks <- blockOf(4)
		from.blocks <- block
		if f, ok := w.wait(t.Context(), time.Second); !ok || f != (fate{block: 5, position: 1}) {
			t.Errorf("told %+v, %t", f, ok)
		}
	})
}

// A break loses no block: the stream goes on with the last one that it read.
func TestStreamGoesOnWhereItBroke(t *testing.T) {
	following(t, func(t *testing.T, s *stream, from *fakeSource) {
		w := s.join("a")
		defer w.leave()
		from.blocks <- blockOf(4)
		from.blocks <- blockOf(5)
		from.blocks <- nil
		synctest.Wait()
		if got := s.now(); got.Connected || !errors.Is(got.Err, errStreamEnded) || got.Since.IsZero() {
			t.Errorf("the state is %+v", got)
		}
		from.blocks <- blockOf(5)
		from.blocks <- blockOf(6, "a")
		if f, ok := w.wait(t.Context(), 5*time.Second); !ok || f.block != 6 {
			t.Errorf("told %+v, %t", f, ok)
		}
		if got := from.asked(); got != "[4 5]" || !s.now().Connected {
			t.Errorf("asked for %s", got)
		}
	})
}

func TestStreamRefusesAGap(t *testing.T) {
	following(t, func(t *testing.T, s *stream, from *fakeSource) {
		w := s.join("a")
		defer w.leave()
		from.blocks <- blockOf(4)
		from.blocks <- blockOf(6, "a")
		synctest.Wait()
		if got := s.now(); got.Connected || got.Err == nil || got.Block != 4 || len(w.fates) != 0 {
			t.Errorf("the state is %+v", got)
		}
	})
}

// A peer that is not there yet is asked until it is, and nothing is promised before.
func TestStreamBeginsLate(t *testing.T) {
	followingOnce(t, errors.New("away"), func(t *testing.T, s *stream, from *fakeSource) {
		time.Sleep(10 * time.Second)
		if got := s.now(); got.Connected || s.hasBegun() || from.asked() != "[]" {
			t.Errorf("the state is %+v", got)
		}
		from.mu.Lock()
		from.refuse = nil
		from.mu.Unlock()
		from.blocks <- blockOf(4)
		time.Sleep(2 * maxPause)
		if got := s.now(); !got.Connected || !s.hasBegun() || got.Err != nil {
			t.Errorf("the state is %+v", got)
		}
	})
}

// A stream that brings nothing while the peer has more is opened anew.
func TestStreamThatIsStuck(t *testing.T) {
	following(t, func(t *testing.T, s *stream, from *fakeSource) {
		from.blocks <- blockOf(4)
		synctest.Wait()
		from.mu.Lock()
		from.high = 9
		from.mu.Unlock()
		time.Sleep(checkEvery + time.Second)
		if got := s.now(); got.Behind != 4 || !got.Connected {
			t.Errorf("the state is %+v", got)
		}
		time.Sleep(checkEvery)
		from.blocks <- blockOf(4)
		time.Sleep(2 * maxPause)
		if got := from.asked(); got != "[4 4]" {
			t.Errorf("asked for %s", got)
		}
		for number := uint64(5); number < 9; number++ {
			from.blocks <- blockOf(number)
		}
		time.Sleep(checkEvery)
		if got := s.now(); got.Behind != 0 || got.Block != 8 {
			t.Errorf("the state is %+v", got)
		}
	})
}

// A stream that falls behind and still brings blocks is not opened anew, which would help nobody.
func TestStreamThatIsSlow(t *testing.T) {
	following(t, func(t *testing.T, s *stream, from *fakeSource) {
		from.blocks <- blockOf(4)
		synctest.Wait()
		time.Sleep(checkEvery / 2) // so that blocks come between the checks
		for number := uint64(5); number < 10; number++ {
			from.blocks <- blockOf(number)
			from.mu.Lock()
			from.high += 10
			from.mu.Unlock()
			time.Sleep(checkEvery)
		}
		if got := s.now(); !got.Connected || got.Block != 9 || got.Behind < 40 || from.asked() != "[4]" {
			t.Errorf("the state is %+v, asked for %s", got, from.asked())
		}
	})
}

// Thousands wait at the price of one stream, and all of them are told.
func TestThousandsInFlight(t *testing.T) {
	const many = 2000
	p := &fakePeer{}
	c := newClient(t, p)
	long := &c.cfg.Timeouts // but for Evaluate, which the stream's own questions take
	long.Endorse, long.Submit, long.Commit, long.Lookup, long.Total = time.Minute, time.Minute, time.Minute, time.Minute, 2*time.Minute
	var all sync.WaitGroup
	for range many {
		all.Go(func() {
			if _, err := c.Submit(t.Context(), suspend()); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if p.crowd > maxEndorsements {
		t.Errorf("%d endorsements at once", p.crowd)
	}
	if p.asked != 0 || p.submitted != many || c.Stream().Pending != 0 {
		t.Errorf("asked %d, submitted %d, left %d; the peer was left %v times", p.asked, p.submitted, c.Stream().Pending,
			testutil.ToFloat64(c.links.silent.WithLabelValues(c.cfg.Peers[0].Address)))
	}
}

// A break of the stream while transactions are on their way is nothing that a caller sees.
func TestSubmitThroughABreak(t *testing.T) {
	p := &fakePeer{fate: []fateAnswer{{held: true}}}
	c := newClient(t, p)
	c.cfg.Timeouts.Commit = 10 * time.Second
	done := make(chan error, 1)
	go func() {
		got, err := c.Submit(context.Background(), suspend())
		if err == nil && got.Commit.Status != ledger.Valid {
			err = waymark.Errorf(waymark.Internal, "status %s", got.Commit.Status)
		}
		done <- err
	}()
	await(t, func() bool { return c.Stream().Pending == 1 && p.chain.holds() == 1 })
	p.chain.breakStreams()
	p.chain.release()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if p.submitted != 1 {
		t.Errorf("submitted %d times", p.submitted)
	}
}
