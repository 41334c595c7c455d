package fabric

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	gatewaypb "github.com/hyperledger/fabric-protos-go-apiv2/gateway"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

const secret = "salted-price-of-4141"

// disclose is a write that one member endorses alone.
func disclose() ledger.Call {
	return ledger.Call{As: "operator", Transaction: waymark.TelemetryDisclose, Request: waymark.DiscloseRequest{To: "carrier"},
		At: []string{"carrier"}, Transient: map[string][]byte{waymark.TransientDisclosures: []byte(secret)}}
}

// TestSubmitAtOneMember has the rows of the retry table that are others when one member
// endorses alone, and one of each step that stays as it is.
func TestSubmitAtOneMember(t *testing.T) {
	tests := []struct {
		name                string
		peer                fakePeer
		code                waymark.Code
		endorsed, submitted int
	}{
		{name: "committed", endorsed: 1, submitted: 1},
		{name: "refused by its chaincode", peer: fakePeer{endorse: []error{rpcError(codes.Aborted, textNotEnough, wire(waymark.Forbidden))}},
			code: waymark.Forbidden, endorsed: 1},
		{name: "its chaincode errs without a code", peer: fakePeer{endorse: []error{rpcError(codes.Aborted, textNotEnough, "chaincode response 500, odd")}},
			code: waymark.Internal, endorsed: 1},
		{name: "its peer is away", peer: fakePeer{endorse: slices.Repeat([]error{rpcError(codes.Unavailable, "failed to find any endorsing peers for org(s): carrier")}, maxAttempts)},
			code: waymark.Unavailable, endorsed: maxAttempts},
		{name: "its peer comes back", peer: fakePeer{endorse: []error{rpcError(codes.Aborted, textNotEnough, "rpc error: code = Unavailable desc = connection refused")}},
			endorsed: 2, submitted: 1},
		{name: "conflict cured", peer: fakePeer{fate: []fateAnswer{{code: mvcc}}}, endorsed: 2, submitted: 2},
	}
	for i := range tests {
		tt := &tests[i]
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := &tt.peer
			got, err := newClient(t, p).Submit(t.Context(), disclose())
			if waymark.CodeOf(err) != tt.code || p.endorsed != tt.endorsed || p.submitted != tt.submitted {
				t.Fatalf("%v; endorsed %d, submitted %d; want %q, %d, %d", err, p.endorsed, p.submitted, tt.code, tt.endorsed, tt.submitted)
			}
			if !slices.Equal(p.members, []string{"carrier"}) || string(p.transient[waymark.TransientDisclosures]) != secret {
				t.Errorf("the proposal is for %q, with %q", p.members, p.transient)
			}
			if text := fmt.Sprintf("%v %+v %s", err, got, got.Result); strings.Contains(text, secret) {
				t.Errorf("the transient data is in %s", text)
			}
		})
	}
}

// What changes nothing is answered as it was endorsed, and not submitted.
func TestMootIsNotSubmitted(t *testing.T) {
	for _, moot := range []bool{false, true} {
		p := &fakePeer{}
		call := disclose()
		call.Moot = func(result json.RawMessage) bool { return moot && string(result) == `{"ok":true}` }
		got, err := newClient(t, p).Submit(t.Context(), call)
		if err != nil || string(got.Result) != `{"ok":true}` || (p.submitted == 0) != moot || (got.Commit.TxID == "") != moot {
			t.Errorf("moot %t: got %+v, %v; submitted %d", moot, got, err, p.submitted)
		}
	}
}

// Transient data goes to no peer that was not named.
func TestTransientDataIsAddressed(t *testing.T) {
	p := &fakePeer{evaluate: func() ([]byte, error) { return nil, nil }}
	c := newClient(t, p)
	call := disclose()
	call.At = nil
	if _, err := c.Submit(t.Context(), call); waymark.CodeOf(err) != waymark.Internal || p.endorsed != 0 {
		t.Errorf("submit: %v; endorsed %d", err, p.endorsed)
	}
	if _, err := c.Submit(t.Context(), suspend()); err != nil || len(p.members) != 0 || len(p.transient) != 0 {
		t.Errorf("any other write: %v, for %q, with %q", err, p.members, p.transient)
	}
}

// TestSubmitAtTwoMembers: what both say is the answer, and what only one says is not.
func TestSubmitAtTwoMembers(t *testing.T) {
	say := func(texts map[string]string) error {
		st := status.New(codes.Aborted, textNotEnough)
		for _, member := range slices.Sorted(maps.Keys(texts)) {
			with, err := st.WithDetails(&gatewaypb.ErrorDetail{MspId: member, Message: texts[member]})
			if err != nil {
				t.Fatal(err)
			}
			st = with
		}
		return st.Err()
	}
	no, other := wire(waymark.Forbidden), wire(waymark.FailedPrecondition)
	for name, test := range map[string]struct {
		said     error
		code     waymark.Code
		endorsed int
	}{
		"both refuse":             {say(map[string]string{"carrier": no, "producer": no}), waymark.Forbidden, 1},
		"they refuse differently": {say(map[string]string{"carrier": no, "producer": other}), waymark.Conflict, maxAttempts},
		"one refuses":             {say(map[string]string{"carrier": no}), waymark.Conflict, maxAttempts},
		"one refuses, one is out": {say(map[string]string{"carrier": no, "producer": "connection refused"}), waymark.Conflict, maxAttempts},
		"both are out":            {say(map[string]string{"carrier": "connection refused", "producer": "connection refused"}), waymark.Unavailable, maxAttempts},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := &fakePeer{endorse: slices.Repeat([]error{test.said}, maxAttempts)}
			call := disclose()
			call.At = []string{"producer", "carrier"}
			_, err := newClient(t, p).Submit(t.Context(), call)
			if waymark.CodeOf(err) != test.code || p.endorsed != test.endorsed || p.submitted != 0 {
				t.Errorf("%v; endorsed %d, submitted %d", err, p.endorsed, p.submitted)
			}
		})
	}
}
