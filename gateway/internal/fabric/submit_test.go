package fabric

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/internal/database/databasetest"
	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
	"github.com/waymark-ledger/waymark/gateway/internal/requests"
	"go.uber.org/zap"
	"google.golang.org/grpc/codes"
)

func submit(c *Client) (ledger.Committed, error) {
	return c.Submit(context.Background(), suspend())
}

// suspend is some write.
func suspend() ledger.Call {
	return ledger.Call{As: "operator", Transaction: waymark.DevicesSuspend,
		Request: waymark.DeviceStateRequest{Device: "d", Reason: "r"}}
}

// wire is a chaincode's refusal as the peer's gateway service passes it on.
func wire(code waymark.Code) string {
	return "chaincode response 500, " + waymark.Errorf(code, "no").MarshalWire()
}

const (
	textFirstRefused = "failed to endorse transaction, see attached details for more info"
	mvcc             = peer.TxValidationCode_MVCC_READ_CONFLICT
)

// submission is one write to a scripted peer.
type submission struct {
	name                      string
	kind                      kind // of failure that it meets, or empty
	peer                      fakePeer
	code                      waymark.Code
	endorsed, submitted, asks int
	unknown                   bool   // the answer names a transaction
	says                      string // part of the message
}

// textAway is what the peer says of an orderer that is down.
const textAway = `rpc error: code = Unavailable desc = connection error: desc = "transport: Error while dialing: dial tcp 127.0.0.1:1: connect: connection refused"`

// submissions has a row for each row of the retry table but those of tests of their own.
func submissions() []submission {
	unavailable := rpcError(codes.Unavailable, "connection refused")
	lost := rpcError(codes.Aborted, textFirstRefused, wire(waymark.FailedPrecondition))
	other := rpcError(codes.Aborted, textNotEnough, wire(waymark.NotFound))
	mismatch := rpcError(codes.Aborted, textNotEnough, textMismatch)
	conflict := fateAnswer{code: mvcc}
	short := fateAnswer{code: peer.TxValidationCode_ENDORSEMENT_POLICY_FAILURE}
	return []submission{
		{name: "committed", endorsed: 1, submitted: 1},
		{name: "refused by the chaincode", kind: refused, peer: fakePeer{endorse: []error{lost}},
			code: waymark.FailedPrecondition, endorsed: 1},
		{name: "peer down", kind: unreachable, peer: fakePeer{endorse: slices.Repeat([]error{unavailable}, maxAttempts)},
			code: waymark.Unavailable, endorsed: maxAttempts},
		{name: "peer comes back", kind: unreachable, peer: fakePeer{endorse: []error{unavailable}}, endorsed: 2, submitted: 1},
		{name: "too few peers at first", kind: unreachable, peer: fakePeer{endorse: []error{rpcError(codes.FailedPrecondition, "failed to select a set of endorsers")}},
			endorsed: 2, submitted: 1},
		{name: "peer busy", kind: overloaded, peer: fakePeer{endorse: []error{rpcError(codes.Unknown, "too many requests for /gateway.Gateway, exceeding concurrency limit (500)")}},
			code: waymark.ResourceExhausted, endorsed: 1},
		{name: "the endorsements are late", kind: expired, peer: fakePeer{endorse: []error{rpcError(codes.DeadlineExceeded, "endorsement timeout expired")}},
			code: waymark.Unavailable, endorsed: 1},
		{name: "the caller is gone", kind: abandoned, peer: fakePeer{endorse: []error{rpcError(codes.Canceled, "context canceled")}},
			code: waymark.Unavailable, endorsed: 1},
		{name: "access denied", kind: defective, peer: fakePeer{endorse: []error{rpcError(codes.Aborted, textFirstRefused, "error validating proposal: access denied")}},
			code: waymark.Internal, endorsed: 1},
		{name: "chaincode error without a code", kind: defective, peer: fakePeer{endorse: []error{rpcError(codes.Aborted, textFirstRefused, "chaincode response 500, schema")}},
			code: waymark.Internal, endorsed: 1},
		{name: "a lagging peer catches up", kind: disagreed, peer: fakePeer{endorse: []error{other, mismatch}}, endorsed: 3, submitted: 1},
		{name: "peers never agree", kind: disagreed, peer: fakePeer{endorse: slices.Repeat([]error{mismatch}, maxAttempts)},
			code: waymark.Conflict, endorsed: maxAttempts},
		{name: "conflict cured", kind: conflicted, peer: fakePeer{fate: []fateAnswer{conflict, conflict}}, endorsed: 3, submitted: 3},
		{name: "conflict not cured", kind: conflicted, peer: fakePeer{fate: slices.Repeat([]fateAnswer{conflict}, maxAttempts)},
			code: waymark.Conflict, endorsed: maxAttempts, submitted: maxAttempts, unknown: true, says: "a concurrent transaction won"},
		{name: "key policy changed", kind: unendorsed, peer: fakePeer{fate: []fateAnswer{short}},
			endorsed: 2, submitted: 2},
		{name: "endorsements never suffice", kind: unendorsed, peer: fakePeer{fate: slices.Repeat([]fateAnswer{short}, maxAttempts)},
			code: waymark.Unavailable, endorsed: maxAttempts, submitted: maxAttempts, unknown: true, says: "did not satisfy the policy"},
		{name: "conflict, then a key policy changed", kind: unendorsed, peer: fakePeer{fate: []fateAnswer{conflict, short}}, endorsed: 3, submitted: 3},
		{name: "invalid for good", kind: invalidated, peer: fakePeer{fate: []fateAnswer{{code: peer.TxValidationCode_BAD_CREATOR_SIGNATURE}}},
			code: waymark.Internal, endorsed: 1, submitted: 1, unknown: true},
		{name: "submit failed but taken", kind: submitFailed, peer: fakePeer{submit: []submitAnswer{{err: unavailable}}}, endorsed: 1, submitted: 1},
		{name: "refused by the orderer", kind: rejected, peer: fakePeer{submit: []submitAnswer{{err: rpcError(codes.Aborted, textOrderer+"FORBIDDEN, info=x"), lost: true}}},
			code: waymark.Internal, endorsed: 1, submitted: 1, says: "the ordering service refuses"},
		{name: "refused by enough orderers", kind: rejected, peer: fakePeer{submit: []submitAnswer{{err: rpcError(codes.Unavailable, "insufficient number of orderers",
			textOrderer+"BAD_REQUEST, info=x", textOrderer+"REQUEST_ENTITY_TOO_LARGE, info=x"), lost: true}}},
			code: waymark.Internal, endorsed: 1, submitted: 1},
		{name: "refused by enough orderers, another may have it", kind: rejected, peer: fakePeer{submit: []submitAnswer{{err: rpcError(codes.Unavailable, "insufficient number of orderers",
			"EOF", textOrderer+"FORBIDDEN, info=x", textOrderer+"FORBIDDEN, info=x"), lost: true}}},
			code: waymark.Internal, endorsed: 1, submitted: 1},
		{name: "refused by one orderer, another may have it", kind: submitFailed, peer: fakePeer{submit: []submitAnswer{{err: rpcError(codes.Unavailable, "insufficient number of orderers",
			textOrderer+"BAD_REQUEST, info=x", "EOF"), lost: true}}}, endorsed: 1, submitted: 2},
		{name: "no orderer is reached", kind: submitFailed, peer: fakePeer{submit: []submitAnswer{{err: rpcError(codes.Unavailable, "insufficient number of orderers",
			textAway, textAway), lost: true}}}, endorsed: 1, submitted: 2},
		{name: "refused when sent again", kind: absent, peer: fakePeer{fate: []fateAnswer{{held: true}}, submit: []submitAnswer{{}, {err: rpcError(codes.Aborted, textOrderer+"BAD_REQUEST, info=x")}}},
			endorsed: 1, submitted: 2},
		{name: "an orderer without the channel", kind: submitFailed, peer: fakePeer{submit: []submitAnswer{{err: rpcError(codes.Aborted, textOrderer+"NOT_FOUND, info=x"), lost: true}}},
			endorsed: 1, submitted: 2},
		{name: "already processed", kind: submitFailed, peer: fakePeer{submit: []submitAnswer{{err: rpcError(codes.Unavailable, "insufficient number of orderers", "request already processed")}}},
			endorsed: 1, submitted: 1},
		{name: "submit failed and lost", kind: submitFailed, peer: fakePeer{submit: []submitAnswer{{err: unavailable, lost: true}}}, endorsed: 1, submitted: 2},
		{name: "accepted and lost", kind: absent, peer: fakePeer{submit: []submitAnswer{{lost: true}}}, endorsed: 1, submitted: 2},
		{name: "slow block", kind: absent, peer: fakePeer{fate: []fateAnswer{{held: true}}}, endorsed: 1, submitted: 2},
		{name: "its block went by unseen", kind: duplicated, peer: fakePeer{fate: []fateAnswer{{unseen: true}}}, endorsed: 1, submitted: 2, asks: 1},
		{name: "second copy", kind: duplicated, peer: fakePeer{fate: []fateAnswer{{code: peer.TxValidationCode_DUPLICATE_TXID}}}, endorsed: 1, submitted: 1, asks: 1},
		{name: "no stream", peer: fakePeer{noStream: true}, endorsed: 1, submitted: 1, asks: 1},
		{name: "no stream, and the peer dies while we wait", kind: statusFailed, peer: fakePeer{noStream: true, ask: []error{unavailable, unavailable}},
			endorsed: 1, submitted: 1, asks: 3},
		{name: "no stream, and lost", kind: absent, peer: fakePeer{noStream: true, submit: []submitAnswer{{lost: true}}}, endorsed: 1, submitted: 2, asks: 2},
	}
}

// ways are how a write comes to be submitted: kept by nobody, journalled, and as the API does it.
func ways() map[string]func(*testing.T, *Client) (ledger.Committed, error) {
	return map[string]func(*testing.T, *Client) (ledger.Committed, error){
		"unkept": func(_ *testing.T, c *Client) (ledger.Committed, error) { return submit(c) },
		"journalled": func(t *testing.T, c *Client) (ledger.Committed, error) {
			j := &journal{}
			done, err := c.Submit(t.Context(), journalled(j))
			if j.open() {
				t.Errorf("the journal is left open: %q", j.entries)
			}
			return done, err
		},
		"kept": submitKept,
	}
}

// submitKept makes the write a request with a key, whose row must have an end.
func submitKept(t *testing.T, c *Client) (ledger.Committed, error) {
	r := requests.NewRunner(requests.Options{Store: requests.NewSQL(databasetest.SQLite(t)()), Resolver: c, Ended: func(requests.Ended) {},
		Limits: requests.Limits{Pending: 1, Bytes: 1, CallerPercent: 100, Answer: 20 * time.Second, Keep: time.Hour, KeptBytes: 1 << 30}, Logger: zap.NewNop(), Registry: prometheus.NewRegistry()})
	var last string
	out, err := r.Do(t.Context(), requests.Request{Caller: "erp", Key: "k", Run: func(ctx context.Context, j ledger.Journal) (ledger.Committed, error) {
		call := suspend()
		call.Journal = lastOf{j, &last}
		return c.Submit(ctx, call)
	}}, requests.Wish{})
	if out.Pending != nil {
		t.Errorf("it is under way: %+v", out.Pending)
	}
	ended, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	r.Close(ended) // what took effect is told before it is noted
	if last != "" {
		if v, _, kept := r.Transaction(t.Context(), last); kept != nil || v.Fate == nil || (v.Fate.Status == ledger.Valid) != (err == nil) {
			t.Errorf("kept is %+v, %v", v, kept)
		}
	}
	return ledger.Committed{Commit: out.Answer.Commit, Result: out.Answer.Result}, err
}

// lastOf is a journal that remembers the last transaction.
type lastOf struct {
	ledger.Journal
	txID *string
}

func (l lastOf) Endorsed(ctx context.Context, tx ledger.Endorsed) error {
	*l.txID = tx.TxID
	return l.Journal.Endorsed(ctx, tx)
}

// TestSubmit counts calls, since what must never happen is a second endorsement while a fate
// is unknown.
func TestSubmit(t *testing.T) {
	for way, submit := range ways() {
		tests := submissions()
		for i := range tests {
			tt := &tests[i]
			t.Run(way+"/"+tt.name, func(t *testing.T) {
				t.Parallel()
				c := newClient(t, &tt.peer)
				got, err := submit(t, c)
				tt.check(t, got, err)
				if tt.kind != "" && met(c, tt.kind) == 0 {
					t.Errorf("it is no case of %s", tt.kind)
				}
			})
		}
	}
}

// met is how often a client met a kind of failure.
func met(c *Client, k kind) float64 {
	return testutil.ToFloat64(c.metrics.retries.WithLabelValues(string(k))) +
		testutil.ToFloat64(c.metrics.submissions.WithLabelValues(string(suspend().Transaction), string(k)))
}

// TestEveryKindHasATest: a row of submissions, or a test of its own.
func TestEveryKindHasATest(t *testing.T) {
	own := map[kind]func(*testing.T){
		unkept: TestJournal, barred: TestRefusedWhileOrderersAreAway, displaced: TestTwoTransactionsOfOneID, undetermined: TestFateUnknownWhenTheTimeIsUp,
	}
	rows, met := submissions(), make(map[kind]bool)
	for i := range rows {
		met[rows[i].kind] = true
	}
	for k := range rules() {
		if _, apart := own[k]; met[k] == apart {
			t.Errorf("%s: a row %t, a test of its own %t", k, met[k], apart)
		}
	}
}

func (s *submission) check(t *testing.T, got ledger.Committed, err error) {
	t.Helper()
	p := &s.peer
	if waymark.CodeOf(err) != s.code {
		t.Fatalf("got %v, want code %q", err, s.code)
	}
	if told := waymark.AsError(err); told != nil && !strings.Contains(told.Message, s.says) {
		t.Errorf("says %q, want %q", told.Message, s.says)
	}
	if p.endorsed != s.endorsed || p.submitted != s.submitted || p.asked != s.asks {
		t.Errorf("endorsed %d, submitted %d, asked %d; want %d, %d, %d",
			p.endorsed, p.submitted, p.asked, s.endorsed, s.submitted, s.asks)
	}
	var concerned *ledger.Failure
	if errors.As(err, &concerned) != s.unknown {
		t.Errorf("names a transaction: %v", !s.unknown)
	}
	if err == nil && (got.Commit.BlockNumber < firstBlock || got.Commit.Status != ledger.Valid ||
		p.envelopes[got.Commit.TxID] == 0 || string(got.Result) != `{"ok":true}`) {
		t.Errorf("got %+v", got)
	}
}

// What waited for a turn in vain was not sent: the orderer's refusal is of the first copy.
func TestATurnThatNeverCameSendsNothing(t *testing.T) {
	t.Parallel() // it waits
	refusal := submitAnswer{err: rpcError(codes.Aborted, textOrderer+"FORBIDDEN, info=x"), lost: true}
	p := &fakePeer{submit: []submitAnswer{refusal, refusal}}
	c := newClient(t, p)
	c.cfg.Timeouts.Submit = 5 * time.Second
	others := fill(t, c.turns.submit)
	j := &journal{}
	failed := make(chan error, 1)
	go func() {
		_, err := c.Submit(t.Context(), journalled(j))
		failed <- err
	}()
	await(t, func() bool { return testutil.ToFloat64(c.metrics.retries.WithLabelValues(string(submitFailed))) > 0 })
	others[0].Leave()
	if err := <-failed; waymark.CodeOf(err) != waymark.Internal || p.submitted != 1 || j.open() {
		t.Errorf("submitted %d times: %v, %q", p.submitted, err, j.entries)
	}
}

func TestFateUnknownWhenTheTimeIsUp(t *testing.T) {
	t.Parallel() // it waits
	p := &fakePeer{}
	for range 100 {
		p.submit = append(p.submit, submitAnswer{lost: true})
	}
	c := newClient(t, p)
	c.cfg.Timeouts.Total = 5 * time.Second
	_, err := submit(c)
	var concerned *ledger.Failure
	if waymark.CodeOf(err) != waymark.Unavailable || !errors.As(err, &concerned) || len(concerned.TxID) != 64 {
		t.Fatalf("got %v", err)
	}
	if p.endorsed != 1 {
		t.Errorf("endorsed %d times", p.endorsed)
	}
}

func TestIdentityThatIsNotConfigured(t *testing.T) {
	c := newClient(t, &fakePeer{})
	_, err := c.Submit(t.Context(), ledger.Call{As: "admin", Transaction: waymark.DevicesSuspend, Request: waymark.DeviceStateRequest{}})
	if waymark.CodeOf(err) != waymark.Forbidden {
		t.Errorf("got %v", err)
	}
}

// Every validation code that Fabric has ends a write as the table says.
func TestEveryValidationCode(t *testing.T) {
	for number, text := range peer.TxValidationCode_name {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			code := peer.TxValidationCode(number)
			p := &fakePeer{fate: []fateAnswer{{code: code}}}
			_, err := submit(newClient(t, p))
			k := kindOfValidation(code)
			endorsed, told := 1, waymark.Code("")
			switch {
			case k == "" || ruleFor(k).next == lookup:
			case ruleFor(k).next == again:
				endorsed = 2
			default:
				told = ruleFor(k).code
			}
			if waymark.CodeOf(err) != told || p.endorsed != endorsed || p.submitted != endorsed {
				t.Errorf("%v; endorsed %d, submitted %d", err, p.endorsed, p.submitted)
			}
		})
	}
}

// TestTableIsSafe checks the one property that no row may break: only a
// transaction that certainly changed nothing is made anew.
func TestTableIsSafe(t *testing.T) {
	harmless := map[kind]bool{unreachable: true, disagreed: true, conflicted: true, unendorsed: true}
	for k, r := range rules() {
		if (r.next == again) != harmless[k] || r.code == "" || r.message == "" {
			t.Errorf("%s: %+v", k, r)
		}
	}
}

func TestPausesGrowToTheirBound(t *testing.T) {
	for n := 1; n < 70; n++ {
		longest := maxPause
		if n < 5 {
			longest = min(maxPause, firstPause<<(n-1))
		}
		if got := pauseBefore(n); got < longest/2 || got > longest {
			t.Errorf("pause %d: %v, want %v to %v", n, got, longest/2, longest)
		}
	}
}
