package requests_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/internal/database/databasetest"
	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
	"github.com/waymark-ledger/waymark/gateway/internal/requests"
)

// txID makes a transaction id.
func txID(n int) string { return fmt.Sprintf("%064x", n) }

func step(n int) requests.Step {
	return requests.Step{Whole: true, Location: "/v1/things/1",
		Endorsed: ledger.Endorsed{TxID: txID(n), Envelope: []byte{0, 1, 255}, Result: json.RawMessage(`{"id":"1"}`)}}
}

func record(id, gateway, key string) requests.Record {
	return requests.Record{ID: id, Caller: "erp", Operation: "makeThing", Key: key, Digest: requests.Digest{1, 2}, Gateway: gateway, Answer: requests.Answer{Status: 201}}
}

func fate(n int, status string) ledger.Fate {
	return ledger.Fate{TxID: txID(n), BlockNumber: 7, Position: 3, Status: status}
}

func TestStoreInSQLite(t *testing.T) { conform(t, databasetest.SQLite) }

// conform holds a store to what its interfaces promise.
func conform(t *testing.T, open databasetest.Opener) {
	tests := []struct {
		name string
		run  func(*testing.T, requests.SQL)
	}{
		{"a request and its end", storeDone},
		{"one that has nothing to change", storeMoot},
		{"one that fails frees its key", storeFailed},
		{"a transaction in the place of another", storeReplaced},
		{"one key for forty", storeRace},
		{"a transaction of another request", storeKept},
		{"what another process took over is lost", storeLost},
		{"dead processes show", storeBeats},
		{"old ends are forgotten", storePrune},
		{"what is kept is counted", storeKeptBytes},
		{"what is kept at once is counted", storeKeptRace},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { tt.run(t, requests.NewSQL(open(t)())) })
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func storeDone(t *testing.T, s requests.SQL) {
	ctx := t.Context()
	if _, found, err := s.Find(ctx, "erp", "k"); found || err != nil {
		t.Fatalf("found %t, %v", found, err)
	}
	must(t, s.Begin(ctx, record("r1", "g1", "k"), step(1)))
	pending, found, err := s.Find(ctx, "erp", "k")
	want := record("r1", "g1", "k")
	want.State, want.TxID, want.Whole = requests.Pending, txID(1), true
	want.Answer.Location, want.Answer.Result = "/v1/things/1", json.RawMessage(`{"id":"1"}`)
	if err != nil || !found || !reflect.DeepEqual(pending, want) {
		t.Errorf("pending\n%+v, want\n%+v, %v", pending, want, err)
	}
	kept, tx, err := s.Open(ctx, "r1", "g1")
	if err != nil || !reflect.DeepEqual(kept, want) || !reflect.DeepEqual(tx, step(1).Endorsed) {
		t.Errorf("open %+v %+v %v", kept, tx, err)
	}
	f := fate(1, ledger.Valid)
	answer := requests.Answer{Commit: ledger.Commit{TxID: txID(1), BlockNumber: 7, Status: ledger.Valid}, Result: json.RawMessage(`{"id":"1"}`)}
	must(t, s.Finish(ctx, "r1", "g1", requests.End{State: requests.Done, Fate: &f, Answer: answer}))
	want.State, want.Gateway, want.Answer.Commit = requests.Done, "", answer.Commit
	done, _, err := s.Find(ctx, "erp", "k")
	if err != nil || !reflect.DeepEqual(done, want) {
		t.Errorf("done\n%+v, want\n%+v, %v", done, want, err)
	}
	view, found, err := s.Transaction(ctx, txID(1))
	if err != nil || !found || !reflect.DeepEqual(view, requests.Transaction{TxID: txID(1), Fate: &f, Request: want}) {
		t.Errorf("transaction %+v %t %v", view, found, err)
	}
	if _, found, err := s.Transaction(ctx, txID(2)); found || err != nil {
		t.Errorf("a transaction that is not there: %t %v", found, err)
	}
	for _, q := range [][2]string{{"erp", "K"}, {"ERP", "k"}, {"erp", ""}} {
		if _, found, err := s.Find(ctx, q[0], q[1]); found || err != nil {
			t.Errorf("%q: found %t, %v", q, found, err)
		}
	}
}

func storeMoot(t *testing.T, s requests.SQL) {
	ctx := t.Context()
	r := record("r1", "g1", "k")
	r.Answer.Location, r.Answer.Result = "/v1/things/1", json.RawMessage(`{"changed":false}`)
	must(t, s.Keep(ctx, r))
	r.State, r.Gateway = requests.Done, ""
	kept, found, err := s.Find(ctx, "erp", "k")
	if err != nil || !found || !reflect.DeepEqual(kept, r) {
		t.Errorf("kept\n%+v, want\n%+v, %t %v", kept, r, found, err)
	}
	if err := s.Keep(ctx, record("r2", "g1", "k")); !errors.Is(err, requests.ErrTaken) {
		t.Errorf("another one: %v", err)
	}
	if err := s.Begin(ctx, record("r3", "g1", "k"), step(1)); !errors.Is(err, requests.ErrTaken) {
		t.Errorf("one with a transaction: %v", err)
	}
	if beats, err := s.Beats(ctx); err != nil || len(beats) != 0 {
		t.Errorf("it is somebody's to bring to its end: %v %v", beats, err)
	}
	if n, err := s.Prune(ctx, 0, 10); n != 1 || err != nil {
		t.Errorf("forgot %d, %v", n, err)
	}
	if _, found, err := s.Find(ctx, "erp", "k"); found || err != nil {
		t.Errorf("it is kept still: %v", err)
	}
}

func storeFailed(t *testing.T, s requests.SQL) {
	ctx := t.Context()
	must(t, s.Begin(ctx, record("r1", "g1", "k"), step(1)))
	f := fate(1, "MVCC_READ_CONFLICT")
	cause := waymark.Errorf(waymark.Conflict, "won").Because("x")
	must(t, s.Finish(ctx, "r1", "g1", requests.End{State: requests.Failed, Fate: &f, Error: cause}))
	if _, found, err := s.Find(ctx, "erp", "k"); found || err != nil {
		t.Errorf("the key is not free: %t %v", found, err)
	}
	view, _, err := s.Transaction(ctx, txID(1))
	if err != nil || view.Fate == nil || *view.Fate != f || view.Request.State != requests.Failed || !reflect.DeepEqual(view.Request.Error, cause) {
		t.Errorf("got %+v %v", view, err)
	}
	must(t, s.Begin(ctx, record("r2", "g1", "k"), step(2)))
	must(t, s.Begin(ctx, record("r3", "g1", ""), step(3)))
	must(t, s.Begin(ctx, record("r4", "g1", ""), step(4))) // no key is no key of another
}

func storeReplaced(t *testing.T, s requests.SQL) {
	ctx := t.Context()
	must(t, s.Begin(ctx, record("r1", "g1", "k"), step(1)))
	must(t, s.Next(ctx, "r1", "g1", fate(1, "PHANTOM_READ_CONFLICT"), step(2)))
	view, _, err := s.Transaction(ctx, txID(1))
	if err != nil || view.ReplacedBy != txID(2) || view.Fate == nil || view.Fate.Status != "PHANTOM_READ_CONFLICT" || view.Request.TxID != txID(2) {
		t.Errorf("got %+v %v", view, err)
	}
	part := step(3)
	part.Whole = false
	must(t, s.Next(ctx, "r1", "g1", fate(2, ledger.Valid), part)) // more of it
	if view, _, err = s.Transaction(ctx, txID(2)); err != nil || view.ReplacedBy != "" || view.Fate.Status != ledger.Valid {
		t.Errorf("got %+v %v", view, err)
	}
	if kept, tx, err := s.Open(ctx, "r1", "g1"); err != nil || kept.Whole || tx.TxID != txID(3) {
		t.Errorf("got %+v %+v %v", kept, tx, err)
	}
}

func storeRace(t *testing.T, s requests.SQL) {
	const n = 40
	errs := make([]error, n)
	var group sync.WaitGroup
	for i := range n {
		group.Go(func() { errs[i] = s.Begin(t.Context(), record(fmt.Sprint("r", i), "g", "k"), step(i)) })
	}
	group.Wait()
	began := 0
	for i, err := range errs {
		if err == nil {
			began++
		} else if !errors.Is(err, requests.ErrTaken) {
			t.Errorf("%d: %v", i, err)
		}
		if _, found, e := s.Transaction(t.Context(), txID(i)); e != nil || found != (err == nil) {
			t.Errorf("%d: transaction kept %t, %v", i, found, e)
		}
	}
	if began != 1 {
		t.Errorf("%d began", began)
	}
}

func storeKept(t *testing.T, s requests.SQL) {
	ctx := t.Context()
	must(t, s.Begin(ctx, record("r1", "g1", "k"), step(1)))
	if err := s.Begin(ctx, record("r2", "g1", "l"), step(1)); !errors.Is(err, requests.ErrKept) {
		t.Errorf("got %v", err)
	}
	other := step(1)
	other.Signed = [32]byte{1}
	if err := s.Begin(ctx, record("r3", "g1", "l"), other); !errors.Is(err, requests.ErrDisplaced) {
		t.Errorf("another transaction of the id: %v", err)
	}
	if _, found, err := s.Find(ctx, "erp", "l"); found || err != nil {
		t.Errorf("the request is kept: %t %v", found, err)
	}
	if view, _, err := s.Transaction(ctx, txID(1)); err != nil || view.Request.ID != "r1" {
		t.Errorf("got %+v %v", view, err)
	}
}

func storeLost(t *testing.T, s requests.SQL) {
	ctx := t.Context()
	must(t, s.Begin(ctx, record("r1", "g1", "k"), step(1)))
	must(t, s.Adopt(ctx, "g1", "g2"))
	lost := map[string]error{
		"next":   s.Next(ctx, "r1", "g1", fate(1, "MVCC_READ_CONFLICT"), step(2)),
		"finish": s.Finish(ctx, "r1", "g1", requests.End{State: requests.Failed}),
	}
	_, _, lost["open"] = s.Open(ctx, "r1", "g1")
	must(t, s.Finish(ctx, "r1", "g2", requests.End{State: requests.Failed}))
	lost["finish again"] = s.Finish(ctx, "r1", "g2", requests.End{State: requests.Failed})
	for name, err := range lost {
		if !errors.Is(err, requests.ErrLost) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, found, err := s.Transaction(ctx, txID(2)); found || err != nil {
		t.Errorf("a transaction of the one that lost is kept: %t %v", found, err)
	}
}

func storeBeats(t *testing.T, s requests.SQL) {
	ctx := t.Context()
	must(t, s.Beat(ctx, "g1"))
	must(t, s.Beat(ctx, "g1"))
	must(t, s.Beat(ctx, "idle"))
	for i, gateway := range []string{"g1", "g2", "g3"} {
		must(t, s.Begin(ctx, record(fmt.Sprint("r", i), gateway, ""), step(i)))
	}
	must(t, s.Beat(ctx, "g3"))
	must(t, s.Leave(ctx, "g3"))
	beats, err := s.Beats(ctx)
	if want := map[string]int64{"g1": 2, "g2": -1, "": -1, "idle": 1}; err != nil || !reflect.DeepEqual(beats, want) {
		t.Errorf("got %v, want %v, %v", beats, want, err)
	}
	must(t, s.Adopt(ctx, "", "g1"))
	must(t, s.Adopt(ctx, "idle", "g1"))
	if beats, err := s.Beats(ctx); err != nil || beats["idle"] != 0 {
		t.Errorf("one that is gone is still there: %v %v", beats, err)
	}
	ids, err := s.Pending(ctx, "g1", 10)
	if got := strings.Join(ids, " "); err != nil || got != "r0 r2" && got != "r2 r0" {
		t.Errorf("got %q %v", got, err)
	}
	if ids, err := s.Pending(ctx, "g1", 1); err != nil || len(ids) != 1 {
		t.Errorf("got %q %v", ids, err)
	}
}

func storePrune(t *testing.T, s requests.SQL) {
	ctx := t.Context()
	for i := range 3 {
		must(t, s.Begin(ctx, record(fmt.Sprint("r", i), "g1", fmt.Sprint("k", i)), step(i)))
	}
	for i := range 2 {
		f := fate(i, ledger.Valid)
		must(t, s.Finish(ctx, fmt.Sprint("r", i), "g1", requests.End{State: requests.Done, Fate: &f}))
	}
	if n, err := s.Prune(ctx, time.Minute, 10); n != 0 || err != nil {
		t.Errorf("what is young was forgotten: %d %v", n, err)
	}
	for _, want := range []int{1, 1, 0} {
		if n, err := s.Prune(ctx, 0, 1); n != want || err != nil {
			t.Errorf("forgot %d, want %d, %v", n, want, err)
		}
	}
	if _, found, err := s.Transaction(ctx, txID(0)); found || err != nil {
		t.Errorf("the transaction is still there: %t %v", found, err)
	}
	if _, found, err := s.Find(ctx, "erp", "k2"); !found || err != nil {
		t.Errorf("the pending one is gone: %v", err)
	}
}

// storeKeptBytes: what has ended counts, with its answer, until it is forgotten.
func storeKeptBytes(t *testing.T, s requests.SQL) {
	ctx := t.Context()
	kept := func(want map[string]int64) {
		t.Helper()
		if got, err := s.Kept(ctx); err != nil || !maps.Equal(got, want) {
			t.Errorf("kept %v, want %v, %v", got, want, err)
		}
	}
	const row = 1024
	result := json.RawMessage(`{"id":"1"}`)
	size := row + int64(len(result)+len("/v1/things/1"))
	for i := range 3 {
		must(t, s.Begin(ctx, record(fmt.Sprint(i, "r"), "g1", fmt.Sprint("k", i)), step(i)))
	}
	kept(map[string]int64{}) // nothing has ended
	for i := range 3 {
		f := fate(i, ledger.Valid)
		must(t, s.Finish(ctx, fmt.Sprint(i, "r"), "g1", requests.End{State: requests.Done, Fate: &f, Answer: requests.Answer{Result: result}}))
	}
	kept(map[string]int64{"erp": 3 * size})
	if err := s.Finish(ctx, "0r", "g1", requests.End{State: requests.Failed}); !errors.Is(err, requests.ErrLost) {
		t.Errorf("it ended twice: %v", err)
	}
	must(t, s.Begin(ctx, record("3r", "g1", "k3"), step(3)))
	must(t, s.Finish(ctx, "3r", "g1", requests.End{State: requests.Failed}))
	other := record("4r", "", "k")
	other.Caller = "scanner"
	must(t, s.Keep(ctx, other))
	if err := s.Keep(ctx, other); !errors.Is(err, requests.ErrTaken) {
		t.Errorf("it is kept twice: %v", err)
	}
	kept(map[string]int64{"erp": 3*size + row + int64(len("/v1/things/1")), "scanner": row})
	if n, err := s.Prune(ctx, 0, 100); n != 5 || err != nil {
		t.Errorf("forgot %d, %v", n, err)
	}
	kept(map[string]int64{})
}

// storeKeptRace: nothing is counted twice, or never, however many end at once while others are forgotten.
func storeKeptRace(t *testing.T, s requests.SQL) {
	var group sync.WaitGroup
	for i := range 40 {
		group.Go(func() {
			r := record(fmt.Sprintf("%x%d", i%16, i), "", fmt.Sprint("k", i))
			r.Caller = fmt.Sprint("caller", i%3)
			if err := s.Keep(t.Context(), r); err != nil {
				t.Error(err)
			}
		})
	}
	forgotten := 0
	for forgotten < 40 && !t.Failed() {
		n, err := s.Prune(t.Context(), 0, 3)
		must(t, err)
		forgotten += n
	}
	group.Wait()
	if kept, err := s.Kept(t.Context()); err != nil || len(kept) != 0 {
		t.Errorf("kept %v, %v", kept, err)
	}
}
