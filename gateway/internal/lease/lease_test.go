package lease_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"

	"github.com/waymark-ledger/waymark/gateway/internal/database"
	"github.com/waymark-ledger/waymark/gateway/internal/database/databasetest"
	"github.com/waymark-ledger/waymark/gateway/internal/lease"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestSQLite(t *testing.T) { conform(t, databasetest.SQLiteConfig) }

// conform holds leases in a database to what they promise.
func conform(t *testing.T, config func(*testing.T) database.Config) {
	for name, test := range map[string]func(*testing.T, database.Config){
		"one holds it, and then the next": oneAfterAnother,
		"the dead do not keep it":         deadDoNotKeepIt,
		"names are apart":                 namesAreApart,
		"it is given up after a failure":  givenUpAfterAFailure,
		"what is fenced is the holder's":  fenced,
		"a database that is away":         away,
		"writers do not take turns":       writersDoNotTakeTurns,
	} {
		t.Run(name, func(t *testing.T) { test(t, config(t)) })
	}
}

// process is one with the database open.
type process struct {
	db      *database.DB
	cancel  context.CancelFunc
	running sync.WaitGroup
	close   func() error
}

func begin(t *testing.T, c database.Config) *process {
	t.Helper()
	db, err := database.Open(c)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	p := &process{db: db, close: sync.OnceValue(db.Close)}
	t.Cleanup(p.leave)
	return p
}

// hold has do done under a lease.
func (p *process) hold(t *testing.T, l *lease.Lease, do func(context.Context, lease.Term) error) (ended chan error) {
	ctx, cancel := context.WithCancel(t.Context())
	p.cancel, ended = cancel, make(chan error, 1)
	p.running.Go(func() { ended <- l.Hold(ctx, do) })
	return ended
}

// again is hold, whenever the lease can be had.
func (p *process) again(t *testing.T, l *lease.Lease, do func(context.Context, lease.Term) error) {
	ctx, cancel := context.WithCancel(t.Context())
	p.cancel = cancel
	p.running.Go(func() {
		for ctx.Err() == nil {
			_ = l.Hold(ctx, do) // or it is lost
		}
	})
}

// leave ends a process in order.
func (p *process) leave() {
	if p.cancel != nil {
		p.cancel()
	}
	p.running.Wait()
	_ = p.close()
}

// die ends a process so that it can say nothing any more.
func (p *process) die() {
	_ = p.close()
	p.cancel()
	p.running.Wait()
}

// stay tells of the term, and holds the lease until that ends.
func stay(begun chan<- lease.Term) func(context.Context, lease.Term) error {
	return func(ctx context.Context, t lease.Term) error {
		begun <- t
		<-ctx.Done()
		return nil
	}
}

func oneAfterAnother(t *testing.T, c database.Config) {
	first, second := begin(t, c), begin(t, c)
	begun, next := make(chan lease.Term), make(chan lease.Term, 1)
	first.hold(t, lease.Patient(lease.New(first.db, "x")), stay(begun))
	<-begun
	second.hold(t, lease.Patient(lease.New(second.db, "x")), stay(next))
	if len(next) > 0 {
		t.Error("two hold it")
	}
	first.leave()
	<-next
}

func deadDoNotKeepIt(t *testing.T, c database.Config) {
	first, second := begin(t, c), begin(t, c)
	begun, next := make(chan lease.Term), make(chan lease.Term)
	first.hold(t, lease.Quick(lease.New(first.db, "x")), stay(begun))
	<-begun
	second.hold(t, lease.Quick(lease.New(second.db, "x")), stay(next))
	first.die()
	<-next
}

func namesAreApart(t *testing.T, c database.Config) {
	p := begin(t, c)
	begun := make(chan lease.Term)
	for _, name := range []string{"x", "y"} {
		p.hold(t, lease.Quick(lease.New(p.db, name)), stay(begun))
		defer p.cancel()
	}
	<-begun
	<-begun
}

func givenUpAfterAFailure(t *testing.T, c database.Config) {
	p, failure := begin(t, c), errors.New("no")
	l := lease.Patient(lease.New(p.db, "x"))
	for range 3 {
		if err := l.Hold(t.Context(), func(context.Context, lease.Term) error { return failure }); !errors.Is(err, failure) || errors.Is(err, lease.ErrLost) {
			t.Errorf("got %v", err)
		}
	}
}

// fenced: who has lost the lease is told, and writes nothing.
func fenced(t *testing.T, c database.Config) {
	p := begin(t, c)
	begun := make(chan lease.Term)
	ended := p.hold(t, lease.Quick(lease.New(p.db, "x")), stay(begun))
	term := <-begun
	write := func(ctx context.Context, s database.Statements) error {
		if _, err := s.ExecContext(ctx, `INSERT INTO leases (name, holder, beat) VALUES ('written', '', 0)`); err != nil {
			return err
		}
		return term.Fence(ctx, s)
	}
	must(t, p.db.Update(t.Context(), write))
	must(t, p.db.Update(t.Context(), func(ctx context.Context, s database.Statements) error {
		if _, err := s.ExecContext(ctx, `DELETE FROM leases WHERE name = 'written'`); err != nil {
			return err
		}
		_, err := s.ExecContext(ctx, `UPDATE leases SET holder = 'another' WHERE name = 'x'`)
		return err
	}))
	if err := p.db.Update(t.Context(), write); !errors.Is(err, lease.ErrLost) {
		t.Errorf("got %v", err)
	}
	var written int
	must(t, p.db.View(t.Context(), func(ctx context.Context, s database.Statements) error {
		return s.QueryRowContext(ctx, `SELECT COUNT(*) FROM leases WHERE name = 'written'`).Scan(&written)
	}))
	if written != 0 {
		t.Error("it was written")
	}
	if p.db.Shared() {
		if err := <-ended; !errors.Is(err, lease.ErrLost) {
			t.Errorf("it ended with %v", err)
		}
	}
}

// away: who cannot count gives up, where others can take the lease.
func away(t *testing.T, c database.Config) {
	p := begin(t, c)
	begun := make(chan lease.Term)
	ended := p.hold(t, lease.Quick(lease.New(p.db, "x")), stay(begun))
	<-begun
	must(t, p.close())
	if p.db.Shared() {
		if err := <-ended; !errors.Is(err, lease.ErrLost) {
			t.Errorf("it ended with %v", err)
		}
	}
	if err := lease.New(p.db, "y").Hold(t.Context(), func(context.Context, lease.Term) error { return nil }); err == nil {
		t.Error("it is held")
	}
}

// writersDoNotTakeTurns: whoever has written in a term is followed by others for good, whatever becomes of processes.
func writersDoNotTakeTurns(t *testing.T, c database.Config) {
	var trail []string
	for _, kill := range []bool{true, false, true, true, false, false} {
		trail = append(trail, succeed(t, c, kill)...)
	}
	if compact := slices.Compact(slices.Clone(trail)); len(slices.Compact(slices.Sorted(slices.Values(trail)))) != len(compact) {
		t.Errorf("they took turns: %v", trail)
	}
}

// succeed lets two processes write in turn until one has ended and the other has written after it, and tells whose term each write was of.
func succeed(t *testing.T, c database.Config, kill bool) (trail []string) {
	var mu sync.Mutex
	wrote := make(chan *process)
	writing := func(p *process) func(context.Context, lease.Term) error {
		return func(ctx context.Context, term lease.Term) error {
			for ctx.Err() == nil {
				err := p.db.Update(ctx, func(ctx context.Context, s database.Statements) error {
					if err := term.Fence(ctx, s); err != nil {
						return err
					}
					mu.Lock() // within the transaction, as the fence keeps others out until it ends
					trail = append(trail, lease.ID(term))
					mu.Unlock()
					return nil
				})
				if err != nil {
					return err
				}
				select {
				case wrote <- p:
				case <-ctx.Done():
				}
			}
			return nil
		}
	}
	all := []*process{begin(t, c), begin(t, c)}
	for _, p := range all {
		p.again(t, lease.Quick(lease.New(p.db, "x")), writing(p))
	}
	first := <-wrote
	end := first.leave
	if kill {
		end = first.die
	}
	end()
	for p := <-wrote; p == first; p = <-wrote {
	}
	for _, p := range all {
		p.leave()
	}
	return trail
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
