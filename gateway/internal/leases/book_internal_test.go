package leases

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/client"
	"github.com/waymark-ledger/waymark/gateway/internal/database"
	"github.com/waymark-ledger/waymark/gateway/internal/database/databasetest"
	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
)

func TestSQLite(t *testing.T) { conform(t, databasetest.SQLite) }

// conform is what a book does, whatever its database.
func conform(t *testing.T, open databasetest.Opener) {
	for name, test := range map[string]func(*testing.T, *Book){
		"a holder has it until it ends":     aHolderHasItUntilItEnds,
		"a term is one holder's":            aTermIsOneHolders,
		"a clock that was ahead":            aClockThatWasAhead,
		"one of many takes it":              oneOfManyTakesIt,
		"a lease is an identity's":          aLeaseIsAnIdentitys,
		"those that are held are listed":    thoseThatAreHeldAreListed,
		"there are as many as there may be": asManyAsThereMayBe,
	} {
		t.Run(name, func(t *testing.T) { test(t, NewBook(open(t)())) })
	}
}

// lasts is for how many seconds leases are taken: much longer than a test takes.
const lasts = waymark.MaxLeaseSeconds

// take takes a lease, and wants a code; empty for success.
func take(t *testing.T, b *Book, name, holder string, want waymark.Code) client.Lease {
	t.Helper()
	l, _, err := b.Take(t.Context(), "relay", waymark.LeaseRequest{Name: name, Holder: holder, Seconds: lasts})
	code(t, err, want)
	return l
}

func release(t *testing.T, b *Book, name, holder string, want waymark.Code) {
	t.Helper()
	_, err := b.Release(t.Context(), "relay", waymark.ReleaseRequest{Name: name, Holder: holder})
	code(t, err, want)
}

func code(t *testing.T, err error, want waymark.Code) {
	t.Helper()
	if err != nil && waymark.CodeOf(err) != want || err == nil && want != "" {
		t.Errorf("got %v, want %q", err, want)
	}
}

// pass lets so much time pass for all leases.
func pass(t *testing.T, b *Book, d time.Duration) {
	t.Helper()
	if err := b.db.Update(t.Context(), func(ctx context.Context, tx database.Statements) error {
		_, err := database.Exec(ctx, tx, `UPDATE caller_leases SET ends_at = ends_at - $1, term = term - $1`, d.Milliseconds())
		return err
	}); err != nil {
		t.Fatal(err)
	}
}

func names(t *testing.T, b *Book, as ledger.Identity, prefix string) (all []string) {
	t.Helper()
	list, err := b.List(t.Context(), as, waymark.LeasesQuery{Prefix: prefix})
	code(t, err, "")
	for _, l := range list.Leases {
		all = append(all, l.Name+"="+l.Holder)
	}
	return all
}

func aHolderHasItUntilItEnds(t *testing.T, b *Book) {
	before := time.Now()
	l := take(t, b, "n", "a", "")
	if l.Until.Sub(before) < (lasts-5)*time.Second || time.Until(l.Until) > (lasts+5)*time.Second {
		t.Errorf("it lasts from %s until %s", before, l.Until)
	}
	take(t, b, "n", "b", waymark.AlreadyExists)
	release(t, b, "n", "b", waymark.NotFound)
	pass(t, b, (lasts-10)*time.Second)
	take(t, b, "n", "b", waymark.AlreadyExists)
	take(t, b, "n", "a", "")
	pass(t, b, (lasts-10)*time.Second)
	take(t, b, "n", "b", waymark.AlreadyExists)
	pass(t, b, 11*time.Second)
	if got := names(t, b, "relay", ""); len(got) != 0 {
		t.Errorf("ended, and listed: %v", got)
	}
	release(t, b, "n", "a", waymark.NotFound)
	take(t, b, "n", "b", "")
	take(t, b, "n", "a", waymark.AlreadyExists)
	release(t, b, "n", "b", "")
	release(t, b, "n", "b", waymark.NotFound)
	take(t, b, "n", "a", "")
	release(t, b, "absent", "a", waymark.NotFound)
}

// aTermIsOneHolders: it is another and a greater number whenever anybody might have had the lease in between, also after it was forgotten.
func aTermIsOneHolders(t *testing.T, b *Book) {
	last := take(t, b, "n", "a", "").Term
	if again := take(t, b, "n", "a", "").Term; again != last {
		t.Errorf("renewed: %d after %d", again, last)
	}
	for name, next := range map[string]func(){
		"released": func() { release(t, b, "n", "a", "") },
		"ended":    func() { pass(t, b, (lasts+1)*time.Second); last -= (lasts + 1) * 1000 },
		"forgotten": func() {
			pass(t, b, 2*time.Minute)
			last -= 120_000
			take(t, b, "another", "a", "")
		},
	} {
		next()
		now := take(t, b, "n", "a", "").Term
		if now <= last {
			t.Errorf("%s: %d after %d", name, now, last)
		}
		last = now
	}
}

// aClockThatWasAhead gave leases that end long after it is put right. Those who died meanwhile have theirs no longer than any lease lasts; who
// lives goes on.
func aClockThatWasAhead(t *testing.T, b *Book) {
	term := take(t, b, "shard", "dead", "").Term
	take(t, b, "dead", "dead", "")
	take(t, b, "alive", "alive", "")
	pass(t, b, -20*time.Minute)
	take(t, b, "alive", "alive", "") // as it does all the time
	pass(t, b, longest-time.Second)
	take(t, b, "alive", "alive", "")
	take(t, b, "shard", "alive", waymark.AlreadyExists)
	pass(t, b, 2*time.Second)
	if got := names(t, b, "relay", ""); !slices.Equal(got, []string{"alive=alive"}) {
		t.Errorf("held are %v", got)
	}
	if now := take(t, b, "shard", "alive", "").Term; now == term {
		t.Errorf("term %d is the dead one's", now)
	}
}

func oneOfManyTakesIt(t *testing.T, b *Book) {
	for round := range 3 {
		var taken atomic.Int32
		var all sync.WaitGroup
		for n := range 8 {
			all.Go(func() {
				_, _, err := b.Take(t.Context(), "relay", waymark.LeaseRequest{Name: "n", Holder: fmt.Sprint("h", round, n), Seconds: lasts})
				if err == nil {
					taken.Add(1)
				} else {
					code(t, err, waymark.AlreadyExists)
				}
			})
		}
		all.Wait()
		if taken.Load() != 1 {
			t.Errorf("%d have it", taken.Load())
		}
		pass(t, b, (lasts+1)*time.Second)
	}
}

func aLeaseIsAnIdentitys(t *testing.T, b *Book) {
	take(t, b, "n", "a", "")
	if got := names(t, b, "operator", ""); len(got) != 0 {
		t.Errorf("another identity has %v", got)
	}
	_, err := b.Release(t.Context(), "operator", waymark.ReleaseRequest{Name: "n", Holder: "a"})
	code(t, err, waymark.NotFound)
	_, renewed, err := b.Take(t.Context(), "operator", waymark.LeaseRequest{Name: "n", Holder: "b", Seconds: lasts})
	if code(t, err, ""); renewed {
		t.Error("it renewed another's")
	}
	take(t, b, "n", "a", "")
}

func thoseThatAreHeldAreListed(t *testing.T, b *Book) {
	for _, name := range []string{"f:b", "f_b", "f:B", "f:a", "g"} {
		take(t, b, name, "h", "")
	}
	for prefix, want := range map[string][]string{
		"": {"f:B=h", "f:a=h", "f:b=h", "f_b=h", "g=h"}, "f:": {"f:B=h", "f:a=h", "f:b=h"}, "f_": {"f_b=h"}, "F": nil, "g": {"g=h"}, "gg": nil,
	} {
		if got := names(t, b, "relay", prefix); !slices.Equal(got, want) {
			t.Errorf("%q: %v, want %v", prefix, got, want)
		}
	}
}

// asManyAsThereMayBe, of which those count that ended a moment ago.
func asManyAsThereMayBe(t *testing.T, b *Book) {
	if err := b.db.Update(t.Context(), func(ctx context.Context, tx database.Statements) error {
		for n := range MostPerIdentity - 1 {
			if _, err := database.Exec(ctx, tx, `INSERT INTO caller_leases (identity, name, holder, note, term, ends_at) VALUES ('relay', $1, 'h', '', 1, `+b.db.Now()+`)`,
				fmt.Sprint("n", n)); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	take(t, b, "last", "a", "")
	take(t, b, "more", "a", waymark.ResourceExhausted)
	take(t, b, "last", "a", "")
	take(t, b, "n1", "a", "")
	_, _, err := b.Take(t.Context(), "operator", waymark.LeaseRequest{Name: "more", Holder: "a", Seconds: lasts})
	code(t, err, "")
	pass(t, b, 2*time.Minute)
	take(t, b, "more", "a", "")
	take(t, b, "yet:more", "a", "")
}
