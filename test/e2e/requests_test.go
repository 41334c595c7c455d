//go:build e2e

package e2e

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"reflect"
	"regexp"
	"sync"
	"testing"
	"time"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	gateway "github.com/waymark-ledger/waymark/gateway/client"
	"github.com/waymark-ledger/waymark/test/internal/app"
	"github.com/waymark-ledger/waymark/test/internal/audit"
)

// making is a write whose effect can be counted: the item of a serial number is made.
func making(serial string) waymark.CommissionRequest {
	return waymark.CommissionRequest{Items: []string{waymark.Item(app.GTIN, serial).String()}}
}

// commissionUnder makes an item under a key, once, whatever comes.
func commissionUnder(ctx context.Context, a *app.App, key, serial string, how ...gateway.WriteOption) (gateway.Written[waymark.Commissioned], error) {
	return gateway.Write[waymark.Commissioned](ctx, a.Client, http.MethodPost, "/v1/goods:commission", making(serial), append(how, gateway.WithKey(key))...)
}

// insist repeats a write under its key until it has an answer.
func insist(ctx context.Context, a *app.App, key, serial string, how ...gateway.WriteOption) (gateway.Written[waymark.Commissioned], error) {
	for {
		written, err := commissionUnder(ctx, a, key, serial, how...)
		if err == nil || ctx.Err() != nil {
			return written, err
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// madeItem is the request of making in a transaction, whose arguments come first.
var madeItem = regexp.MustCompile(`\{"items":\["([^"]*)"\]`)

// effects counts the valid transactions on the producer's peer that are about each serial.
func effects(ctx context.Context, t *testing.T, serials []string) map[string]int {
	t.Helper()
	p, err := audit.Connect(local.at, "producer")
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	height, err := p.Height(ctx)
	if err != nil {
		t.Fatal(err)
	}
	counts, wanted := make(map[string]int), make(map[string]string, len(serials))
	for _, serial := range serials {
		wanted[waymark.Item(app.GTIN, serial).String()] = serial
	}
	err = p.Blocks(ctx, height, func(b *common.Block) error {
		codes := b.GetMetadata().GetMetadata()[common.BlockMetadataIndex_TRANSACTIONS_FILTER]
		for i, envelope := range b.GetData().GetData() {
			made := madeItem.FindSubmatch(envelope)
			if codes[i] != 0 || made == nil {
				continue
			}
			if serial, ok := wanted[string(made[1])]; ok {
				counts[serial]++
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return counts
}

// same checks that a write is answered again as it was.
func same(t *testing.T, got, want gateway.Written[waymark.Commissioned], err error) {
	t.Helper()
	if err != nil || !got.Replayed || got.Transaction != want.Transaction || !reflect.DeepEqual(got.Result, want.Result) {
		t.Errorf("got %+v %v, want %+v", got, err, want)
	}
}

// The same key gives the same answer: at once, after a restart, after a kill; another body is 422.
func TestSameKeySameAnswer(t *testing.T) {
	ctx := limit(t, time.Minute)
	commission(ctx, t, name("item")) // registers the product
	a, serial, key := operator(t, "producer"), name("item"), name("key")
	first, err := commissionUnder(ctx, a, key, serial)
	if err != nil || first.Replayed {
		t.Fatalf("got %+v %v", first, err)
	}
	again, err := commissionUnder(ctx, a, key, serial)
	same(t, again, first, err)
	for _, end := range []func(context.Context, string) error{local.Stop, local.Kill} {
		if err := errors.Join(end(ctx, "gateway.producer"), local.Start(ctx, "gateway.producer")); err != nil {
			t.Fatal(err)
		}
		again, err = insist(ctx, a, key, serial) // it takes a moment to serve
		same(t, again, first, err)
	}
	_, err = commissionUnder(ctx, a, key, name("item"))
	if p, ok := gateway.AsProblem(err); !ok || p.Status != http.StatusUnprocessableEntity || !reflect.DeepEqual(p.Reasons, []string{"idempotency-key-reused"}) {
		t.Errorf("another body: %v", err)
	}
}

func TestFortyRequestsWithOneKey(t *testing.T) {
	ctx := limit(t, 30*time.Second)
	commission(ctx, t, name("item")) // registers the product
	a, serial, key := operator(t, "producer"), name("item"), name("key")
	answers := make([]gateway.Written[waymark.Commissioned], 40)
	var group sync.WaitGroup
	for i := range answers {
		group.Go(func() {
			var err error
			if answers[i], err = commissionUnder(ctx, a, key, serial); err != nil {
				t.Errorf("%d: %v", i, err)
			}
		})
	}
	group.Wait()
	for i := range answers {
		if answers[i].Transaction != answers[0].Transaction {
			t.Errorf("%d: %+v, want %+v", i, answers[i].Transaction, answers[0].Transaction)
		}
	}
	if n := effects(ctx, t, []string{serial})[serial]; n != 1 {
		t.Errorf("%d transactions", n)
	}
}

func TestAsync(t *testing.T) {
	ctx := limit(t, 30*time.Second)
	commission(ctx, t, name("item")) // registers the product
	a := operator(t, "producer")
	written, err := gateway.Write[waymark.Commissioned](ctx, a.Client, http.MethodPost, "/v1/goods:commission", making(name("item")), gateway.Async())
	if err != nil || !written.Pending || written.Transaction.TxID == "" {
		t.Fatalf("got %+v %v", written, err)
	}
	if got, err := committed(ctx, a, written.Transaction.TxID); err != nil || got != written.Transaction.TxID {
		t.Errorf("got %q %v", got, err)
	}
}

// committed asks for a write that was answered 202 until it is in a block and valid, and returns
// the id under which it is.
func committed(ctx context.Context, a *app.App, txID string) (string, error) {
	for {
		got, err := app.Read[struct {
			State      string
			Status     string
			ReplacedBy string `json:"replaced_by"`
			Result     *waymark.Commissioned
		}](ctx, a, "/v1/transactions/"+txID)
		switch {
		case ctx.Err() != nil:
			return "", ctx.Err()
		case err != nil: // the gateway takes a moment to serve
			if p, ok := gateway.AsProblem(err); ok && p.Status != http.StatusServiceUnavailable && p.Status != http.StatusTooManyRequests {
				return "", err
			}
		case got.State == "committed" && got.Status == "VALID" && got.Result != nil:
			return txID, nil
		case got.State == "invalid" && got.ReplacedBy != "":
			txID = got.ReplacedBy
			continue
		case got.State != "accepted" && got.State != "submitted":
			return "", fmt.Errorf("%s: %+v", txID, got)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// What the gateway's deaths are counted by, and the load that it dies under.
const (
	kills       = 20
	killWorkers = 8
)

// load makes items, one after another, until it is told to end. Each second one is acknowledged
// as soon as the gateway keeps it.
type load struct {
	mu           sync.Mutex
	acknowledged []keyed
}

// keyed is a write that was acknowledged.
type keyed struct {
	key, serial string
	answer      gateway.Written[waymark.Commissioned]
}

func (l *load) run(ctx context.Context, t *testing.T, a *app.App, end <-chan struct{}) {
	t.Helper()
	for n := 0; ; n++ {
		select {
		case <-end:
			return
		default:
		}
		var how []gateway.WriteOption
		if n%2 == 1 {
			how = append(how, gateway.Async())
		}
		w := keyed{key: name("key"), serial: name("item")}
		var err error
		if w.answer, err = insist(ctx, a, w.key, w.serial, how...); err != nil {
			t.Errorf("%s: %v", w.key, err)
			return
		}
		l.mu.Lock()
		l.acknowledged = append(l.acknowledged, w)
		l.mu.Unlock()
	}
}

// P1, P2: kill -9 of the gateway at random points under load. What was acknowledged is on the
// ledger, also if that was by 202, nothing is there twice, and the same key gives the same answer.
func TestKillTheGatewayUnderLoad(t *testing.T) {
	ctx := limit(t, 3*time.Minute)
	commission(ctx, t, name("item")) // registers the product
	a := operator(t, "producer")
	var l load
	end := make(chan struct{})
	var group sync.WaitGroup
	for range killWorkers {
		group.Go(func() { l.run(ctx, t, a, end) })
	}
	for range kills {
		time.Sleep(rand.N(700 * time.Millisecond))
		if err := errors.Join(local.Kill(ctx, "gateway.producer"), local.Start(ctx, "gateway.producer")); err != nil {
			t.Fatal(err)
		}
	}
	close(end)
	group.Wait()
	serials := make([]string, len(l.acknowledged))
	pending := 0
	for i, w := range l.acknowledged {
		serials[i] = w.serial
		if !w.answer.Pending {
			again, err := insist(ctx, a, w.key, w.serial)
			same(t, again, w.answer, err)
			continue
		}
		pending++
		id, err := committed(ctx, a, w.answer.Transaction.TxID)
		again, failed := insist(ctx, a, w.key, w.serial)
		if errors.Join(err, failed) != nil || !again.Replayed || again.Transaction.TxID != id {
			t.Errorf("%s, answered 202 as %s: %q %v, and under its key %+v %v", w.key, w.answer.Transaction.TxID, id, err, again, failed)
		}
	}
	counts := effects(ctx, t, serials)
	for serial, n := range counts {
		if n != 1 {
			t.Errorf("%s: %d transactions", serial, n)
		}
	}
	if len(counts) != len(serials) || pending == 0 {
		t.Errorf("%d of %d are on the ledger; %d were answered 202", len(counts), len(serials), pending)
	}
	fmt.Printf("%d writes, %d of them answered 202, through %d kills\n", len(serials), pending, kills)
}
