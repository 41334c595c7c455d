package rest_test

import (
	"errors"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/client"
	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
)

const allowed = `{"allowed":true,"reasons":["members-read-transactions"]}`

// question is what the policies are asked before a transaction is told.
func question(as ledger.Identity) call {
	return call{As: as, Tx: waymark.PoliciesCheck, Request: waymark.CheckRequest{Action: waymark.ActReadTransaction}}
}

func TestTransaction(t *testing.T) {
	tests := []struct {
		path     string
		status   int
		envelope bool
	}{
		{path: someTx, status: 200},
		{path: someTx + "?envelope=true", status: 200, envelope: true},
		{path: someTx + "?envelope=false", status: 200},
		{path: someTx + "?envelope=1", status: 400},
		{path: otherTx, status: 404},
		{path: "A" + someTx[1:], status: 400},
		{path: someTx[1:], status: 400},
	}
	for _, tt := range tests {
		a := newAPI(t)
		a.ledger.result = allowed
		w := a.do("GET", "/v1/transactions/"+tt.path, "")
		if w.Code != tt.status {
			t.Errorf("%s: status %d: %s", tt.path, w.Code, w.Body)
		}
		var want []call
		if tt.status != 400 { // what is malformed reaches nobody
			want = []call{question("operator"), {As: "operator", Request: tt.envelope}}
		}
		if got := a.ledger.seen(); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: calls %+v, want %+v", tt.path, got, want)
		}
	}
}

// A transaction is told only to those whom the policies let read it, with its
// envelope or without.
func TestTransactionNeedsAPermit(t *testing.T) {
	tests := []struct {
		name    string
		answer  string
		err     error
		status  int
		code    waymark.Code
		reasons []string
	}{
		{name: "denied by default", answer: `{"allowed":false,"reasons":["default-deny"]}`,
			status: 403, code: waymark.Forbidden, reasons: []string{waymark.DefaultDeny}},
		{name: "forbidden by rules", answer: `{"allowed":false,"reasons":["b","a"]}`,
			status: 403, code: waymark.Forbidden, reasons: []string{"a", "b"}},
		{name: "no decision", answer: `{}`, status: 403, code: waymark.Forbidden},
		{name: "not an answer", answer: `[]`, status: 500, code: waymark.Internal},
		{name: "may not even ask", err: waymark.Errorf(waymark.Forbidden, "no").Because("x"),
			status: 403, code: waymark.Forbidden, reasons: []string{"x"}},
		{name: "peer down", err: waymark.Errorf(waymark.Unavailable, "down"), status: 503, code: waymark.Unavailable},
		{name: "odd", err: errors.New("odd"), status: 500, code: waymark.Internal},
	}
	for _, tt := range tests {
		for _, query := range []string{"", "?envelope=true"} {
			t.Run(tt.name+query, func(t *testing.T) {
				a := newAPI(t)
				a.ledger.result, a.ledger.err = tt.answer, tt.err
				w := a.do("GET", "/v1/transactions/"+someTx+query, "", "Authorization", "Bearer "+relay)
				p := problem(t, w)
				if w.Code != tt.status || p.Code != tt.code || !slices.Equal(p.Reasons, tt.reasons) {
					t.Errorf("got %d %s", w.Code, w.Body)
				}
				if got := a.ledger.seen(); !reflect.DeepEqual(got, []call{question("relay")}) {
					t.Errorf("calls %+v", got)
				}
			})
		}
	}
}

// A question that the ledger answers from a large block takes the place of the largest, whatever
// length of body its header claims, and leaves room for what is small.
func TestBlocksInMemoryAreBounded(t *testing.T) {
	a := newAPI(t)
	a.ledger.result, a.ledger.large = allowed, true
	a.ledger.blocks = make(chan struct{})
	done := make(chan int)
	go func() { done <- a.do("GET", "/v1/transactions/"+someTx, "").Code }()
	a.ledger.await(t, 2)
	claimed := request("GET", "/v1/transactions/"+someTx, "")
	claimed.ContentLength = -1
	for _, r := range []*http.Request{
		request("GET", "/v1/transactions/"+someTx, ""), claimed, request("GET", "/v1/transactions/"+someTx+"/receipt", ""),
	} {
		w := a.send(r)
		if p := problem(t, w); p.Code != waymark.ResourceExhausted || w.Header().Get("Retry-After") == "" {
			t.Errorf("second block: %d %s", w.Code, w.Body)
		}
	}
	if w := a.do("GET", "/v1/members/producer", ""); w.Code != http.StatusOK {
		t.Errorf("what is small: %d %s", w.Code, w.Body)
	}
	close(a.ledger.blocks)
	if status := <-done; status != http.StatusOK {
		t.Errorf("held request: %d", status)
	}
	if w := a.send(claimed); w.Code != http.StatusOK {
		t.Errorf("afterwards: %d", w.Code)
	}
}

// A receipt takes the room of more than one block, or all that there is if that is less.
func TestReceiptsInMemoryAreBounded(t *testing.T) {
	const receipt, transaction = "/v1/transactions/" + someTx + "/receipt", "/v1/transactions/" + someTx
	tests := []struct {
		name, beside string
		bytes        int64 // that there are, with blocks of 4000
		want         int   // to what is asked beside a receipt
	}{
		{"two of them", receipt, 19_999, http.StatusTooManyRequests},
		{"two of them, and room", receipt, 20_000, http.StatusOK},
		{"a block", transaction, 13_999, http.StatusTooManyRequests},
		{"a block, and room", transaction, 14_000, http.StatusOK},
		{"no room for a whole one", "/v1/members/producer", 4000, http.StatusOK},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := newAPI(t, func(l *limits) { l.BytesInFlight = tt.bytes })
			a.ledger.result, a.ledger.blocks, a.ledger.large = allowed, make(chan struct{}), true
			done := make(chan int, 2)
			ask := func(path string) { done <- a.do("GET", path, "").Code }
			go ask(receipt)
			a.ledger.await(t, 2) // the question whether it may, and the receipt
			go ask(tt.beside)
			if tt.want == http.StatusOK {
				a.ledger.await(t, map[bool]int{true: 4, false: 3}[strings.HasPrefix(tt.beside, transaction)])
			} else if got := <-done; got != tt.want {
				t.Errorf("got %d", got)
			}
			close(a.ledger.blocks)
			if got := <-done; got != http.StatusOK {
				t.Errorf("the receipt: %d", got)
			}
		})
	}
}

// However many ask for transactions in small blocks, none is refused for want of room; with the
// envelope, which is held until the slowest client has it, each takes the place of a block.
func TestSmallBlocksNeedNoRoom(t *testing.T) {
	a := newAPI(t)
	a.ledger.result = allowed
	a.ledger.blocks = make(chan struct{})
	done := make(chan int)
	go func() { done <- a.do("GET", "/v1/transactions/"+someTx+"?envelope=true", "").Code }()
	a.ledger.await(t, 2)
	go func() { done <- a.do("GET", "/v1/transactions/"+someTx, "").Code }()
	a.ledger.await(t, 4)
	close(a.ledger.blocks)
	for range 2 {
		if status := <-done; status != http.StatusOK {
			t.Errorf("status %d", status)
		}
	}
}

// Who asks how its write stands is answered from what is kept: it takes no block's room, before
// and after the write is in one, and asks the ledger nothing.
func TestOwnWritesAreToldWithoutABlock(t *testing.T) {
	a := newKeepingAPI(t, time.Minute)
	a.ledger.result, a.ledger.order, a.ledger.blocks = allowed, make(chan struct{}), make(chan struct{})
	if w := a.do("PUT", createPath, someBody, "Prefer", "respond-async"); w.Code != http.StatusAccepted {
		t.Fatalf("got %d %s", w.Code, w.Body)
	}
	done := make(chan int)
	go func() { done <- a.do("GET", "/v1/transactions/"+otherTx, "").Code }()
	a.ledger.await(t, 3) // the write, and the question and the block of the other
	state := func() any {
		w := a.do("GET", "/v1/transactions/"+someTx, "")
		if w.Code != http.StatusOK {
			t.Fatalf("got %d %s", w.Code, w.Body)
		}
		return transactionIn(t, w.Body.Bytes()).State
	}
	if got := state(); got == client.Committed {
		t.Errorf("under way it is %v", got)
	}
	close(a.ledger.order)
	for deadline := time.Now().Add(30 * time.Second); state() != client.Committed; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("it is not committed")
		}
	}
	if n := len(a.ledger.seen()); n != 3 {
		t.Errorf("%d calls reached the ledger", n)
	}
	close(a.ledger.blocks)
	<-done
	if w := a.do("GET", "/v1/transactions/"+someTx+"?envelope=true", ""); w.Code != http.StatusOK || len(a.ledger.seen()) != 5 {
		t.Errorf("with the envelope: %d after %d calls", w.Code, len(a.ledger.seen()))
	}
}
