package fabric

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
)

// journal writes down what it is told, transactions by the order in which they came.
type journal struct {
	mu      sync.Mutex
	refuse  error
	kept    []ledger.Endorsed
	entries []string
	// endorsed is called on each Endorsed, with how many envelopes were submitted by then.
	endorsed func()
}

func (j *journal) Endorsed(_ context.Context, tx ledger.Endorsed) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.endorsed != nil {
		j.endorsed()
	}
	j.kept = append(j.kept, tx)
	j.entries = append(j.entries, fmt.Sprint("endorsed ", len(j.kept)))
	return j.refuse
}

func (j *journal) Submitted(txID string) { j.note("submitted", txID) }

func (j *journal) Resolved(f ledger.Fate) {
	j.note(fmt.Sprintf("%s in %d at %d:", f.Status, f.BlockNumber, f.Position), f.TxID)
}

func (j *journal) Refused(txID string) { j.note("refused", txID) }

// open reports whether the fate of a transaction was not told.
func (j *journal) open() bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	return len(j.entries) > 0 && (strings.HasPrefix(j.entries[len(j.entries)-1], "endorsed") || strings.HasPrefix(j.entries[len(j.entries)-1], "submitted"))
}

func (j *journal) note(what, txID string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	n := slices.IndexFunc(j.kept, func(e ledger.Endorsed) bool { return e.TxID == txID }) + 1
	j.entries = append(j.entries, fmt.Sprint(what, " ", n))
}

func journalled(j *journal) ledger.Call {
	call := suspend()
	call.Journal = j
	return call
}

// TestJournal has what a journal is told, in order, and what is submitted in the end.
func TestJournal(t *testing.T) {
	full := waymark.Errorf(waymark.Unavailable, "the database is away")
	unavailable := rpcError(codes.Unavailable, "connection refused")
	tests := []struct {
		name      string
		peer      fakePeer
		refuse    error
		code      waymark.Code
		submitted int
		want      []string
	}{
		{name: "committed", submitted: 1, want: []string{"endorsed 1", "submitted 1", "VALID in 7 at 1: 1"}},
		{name: "not kept", refuse: full, code: waymark.Unavailable, want: []string{"endorsed 1"}},
		{name: "refused by the chaincode", peer: fakePeer{endorse: []error{rpcError(codes.Aborted, textFirstRefused, wire(waymark.Forbidden))}},
			code: waymark.Forbidden, want: nil},
		{name: "replaced", peer: fakePeer{fate: []fateAnswer{{code: mvcc}}}, submitted: 2,
			want: []string{"endorsed 1", "submitted 1", "MVCC_READ_CONFLICT in 7 at 1: 1", "endorsed 2", "submitted 2", "VALID in 8 at 1: 2"}},
		{name: "refused by the orderer", peer: fakePeer{submit: []submitAnswer{{err: rpcError(codes.Aborted, textOrderer+"FORBIDDEN, info=x"), lost: true}}},
			code: waymark.Internal, submitted: 1, want: []string{"endorsed 1", "refused 1"}},
		{name: "submit failed and lost", peer: fakePeer{submit: []submitAnswer{{err: unavailable, lost: true}}}, submitted: 2,
			want: []string{"endorsed 1", "submitted 1", "VALID in 7 at 1: 1"}},
	}
	for i := range tests {
		tt := &tests[i]
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			j := &journal{refuse: tt.refuse}
			_, err := newClient(t, &tt.peer).Submit(t.Context(), journalled(j))
			if waymark.CodeOf(err) != tt.code || tt.refuse != nil && !errors.Is(err, tt.refuse) {
				t.Errorf("got %v", err)
			}
			if tt.peer.submitted != tt.submitted || !slices.Equal(j.entries, tt.want) {
				t.Errorf("submitted %d, told %q; want %d, %q", tt.peer.submitted, j.entries, tt.submitted, tt.want)
			}
		})
	}
}

// The journal holds the very envelope that is ordered, before it is submitted.
func TestJournalHasTheEnvelopeFirst(t *testing.T) {
	p := &fakePeer{}
	j := &journal{endorsed: func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.submitted != 0 {
			t.Error("it was submitted before it was kept")
		}
	}}
	if _, err := newClient(t, p).Submit(t.Context(), journalled(j)); err != nil {
		t.Fatal(err)
	}
	var kept common.Envelope
	if err := proto.Unmarshal(j.kept[0].Envelope, &kept); err != nil || len(kept.GetSignature()) == 0 || !proto.Equal(&kept, p.last) {
		t.Errorf("the journal holds another envelope than was submitted: %v", err)
	}
	if string(j.kept[0].Result) != `{"ok":true}` {
		t.Errorf("the journal holds the result %s", j.kept[0].Result)
	}
}

// A caller that leaves is not followed: whoever journals decides how long that takes.
func TestSubmitEndsWithItsContext(t *testing.T) {
	p := &fakePeer{fate: []fateAnswer{{held: true}}}
	c := newClient(t, p)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	failed := make(chan error, 1)
	go func() {
		_, err := c.Submit(ctx, journalled(&journal{}))
		failed <- err
	}()
	await(t, func() bool { return p.chain.holds() > 0 })
	cancel()
	err := <-failed
	var concerned *ledger.Failure
	if waymark.CodeOf(err) != waymark.Unavailable || !errors.As(err, &concerned) || p.endorsed != 1 {
		t.Errorf("got %v after %d endorsements", err, p.endorsed)
	}
}

// What is journalled is followed past the time for proposals.
func TestJournalledIsFollowedPastTheTotal(t *testing.T) {
	t.Parallel() // it waits
	p := &fakePeer{submit: slices.Repeat([]submitAnswer{{lost: true}}, 3)}
	c := newClient(t, p)
	c.cfg.Timeouts.Total = 5 * time.Second
	got, err := c.Submit(t.Context(), journalled(&journal{endorsed: func() { time.Sleep(c.cfg.Timeouts.Total) }}))
	if err != nil || got.Commit.Status != ledger.Valid || p.endorsed != 1 || p.submitted != 4 {
		t.Errorf("got %+v, %v; endorsed %d, submitted %d", got, err, p.endorsed, p.submitted)
	}
}

func TestResolve(t *testing.T) {
	tests := []struct {
		name      string
		peer      fakePeer
		taken     bool // before
		submitted int
		want      string
	}{
		{name: "in a block", taken: true, want: "VALID"},
		{name: "in a block, invalid", taken: true, peer: fakePeer{fate: []fateAnswer{{code: mvcc}}}, want: "MVCC_READ_CONFLICT"},
		{name: "never submitted", submitted: 1, want: "VALID"},
		{name: "lost, and the peer away", submitted: 2, want: "VALID",
			peer: fakePeer{ask: []error{rpcError(codes.Unavailable, "down")}, submit: []submitAnswer{{lost: true}}}},
	}
	for i := range tests {
		tt := &tests[i]
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := newClient(t, &tt.peer)
			e := ledger.Endorsed{TxID: someTx, Envelope: marshal(&common.Envelope{Payload: []byte("p"), Signature: []byte("s")})}
			if tt.taken {
				tt.peer.take(someTx, &common.Envelope{Payload: []byte("p")})
			}
			got, err := c.Resolve(t.Context(), e)
			if err != nil || got != (ledger.Fate{TxID: someTx, BlockNumber: 7, Position: 1, Status: tt.want}) || tt.peer.submitted != tt.submitted {
				t.Errorf("got %+v, %v after %d submits", got, err, tt.peer.submitted)
			}
			if tt.submitted > 0 && !bytes.Equal(marshal(tt.peer.last), e.Envelope) {
				t.Error("another envelope was submitted")
			}
		})
	}
}

// A later copy that the orderers refuse is no end, as an earlier one may be in a block yet; and
// it is not sent for ever.
func TestALaterCopyIsRefused(t *testing.T) {
	t.Parallel() // it waits
	refusal := submitAnswer{err: rpcError(codes.Aborted, textOrderer+"FORBIDDEN, info=x"), lost: true}
	p := &fakePeer{submit: []submitAnswer{{lost: true}, refusal}}
	j := &journal{}
	_, err := newClient(t, p).Submit(t.Context(), journalled(j))
	var concerned *ledger.Failure
	if !errors.Is(err, ledger.ErrBarred) || waymark.CodeOf(err) != waymark.Unavailable || !errors.As(err, &concerned) || !j.open() || p.submitted != 2 {
		t.Errorf("submitted %d times: %v, %q", p.submitted, err, j.entries)
	}
	again := &fakePeer{submit: []submitAnswer{refusal}}
	c := newClient(t, again)
	if _, err := c.Resolve(t.Context(), ledger.Endorsed{TxID: someTx}); !errors.Is(err, ledger.ErrBarred) || again.submitted != 1 {
		t.Errorf("resolved after %d submits: %v", again.submitted, err)
	}
	again.mu.Lock()
	again.take(someTx, nil)
	again.mu.Unlock()
	if got, err := c.Resolve(t.Context(), ledger.Endorsed{TxID: someTx}); err != nil || got.Status != ledger.Valid || again.submitted != 1 {
		t.Errorf("an earlier copy is in a block: %+v, %v", got, err)
	}
}

// While orderers are away those that are there cannot be enough to be certain. What they refuse is no
// end at first, and none has it for all that is known, so that it is not followed for ever.
func TestRefusedWhileOrderersAreAway(t *testing.T) {
	const refusal = textOrderer + "FORBIDDEN, info=x"
	for name, tt := range map[string]struct {
		details []string
		barred  bool
	}{
		"one is away":                 {[]string{textAway, refusal}, true},
		"one is away, and heard last": {[]string{refusal, textAway}, true},
		"of one it is not known":      {[]string{refusal, "EOF"}, false},
		"of one it is busy":           {[]string{refusal, textOrderer + "SERVICE_UNAVAILABLE, info=x"}, false},
		"nobody is there":             {[]string{textAway, textAway}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // they wait
			answer := submitAnswer{err: rpcError(codes.Unavailable, "insufficient number of orderers", tt.details...), lost: true}
			p := &fakePeer{submit: slices.Repeat([]submitAnswer{answer}, 100)}
			c, j := newClient(t, p), &journal{}
			ctx, cancel := context.WithTimeout(t.Context(), 15*time.Second) // in which what is not barred is sent several times
			defer cancel()
			_, err := c.Submit(ctx, journalled(j))
			if waymark.CodeOf(err) != waymark.Unavailable || errors.Is(err, ledger.ErrBarred) != tt.barred || !j.open() || (p.submitted == 1) != tt.barred {
				t.Errorf("submitted %d times: %v, %q", p.submitted, err, j.entries)
			}
			if !tt.barred {
				return
			}
			if _, err := c.Resolve(ctx, j.kept[0]); !errors.Is(err, ledger.ErrBarred) || p.submitted != 2 {
				t.Errorf("resolved after %d submits: %v", p.submitted, err)
			}
		})
	}
}

func TestResolveEndsWithItsContext(t *testing.T) {
	p := &fakePeer{submit: slices.Repeat([]submitAnswer{{lost: true}}, 100)}
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	_, err := newClient(t, p).Resolve(ctx, ledger.Endorsed{TxID: someTx})
	if waymark.CodeOf(err) != waymark.Unavailable {
		t.Errorf("got %v", err)
	}
	if _, err := newClient(t, p).Resolve(t.Context(), ledger.Endorsed{TxID: someTx, Envelope: []byte("x")}); waymark.CodeOf(err) != waymark.Invalid {
		t.Errorf("no envelope: %v", err)
	}
}

// Many at once make no more than their share of calls at a time.
func TestManyAreResolvedByFewCalls(t *testing.T) {
	const many = 1000
	p := &fakePeer{}
	c := newClient(t, p)
	var wait sync.WaitGroup
	for i := range many {
		id := fmt.Sprint(i)
		p.mu.Lock()
		p.take(id, nil)
		p.mu.Unlock()
		wait.Go(func() {
			if _, err := c.Resolve(t.Context(), ledger.Endorsed{TxID: id}); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	if p.busiest > maxInquiries {
		t.Errorf("%d calls at once", p.busiest)
	}
}
