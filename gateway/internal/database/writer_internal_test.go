package database

import (
	"context"
	"errors"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"
)

// counted opens a writer whose notes wait so long, and counts its commits.
func counted(t *testing.T, delay time.Duration) (w *writer, commits *atomic.Int64) {
	write, read, err := openSQLite(filepath.Join(t.TempDir(), "x.db"), Requests, newClock())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := write.ExecContext(t.Context(), "CREATE TABLE seen (n INTEGER PRIMARY KEY)"); err != nil {
		t.Fatal(err)
	}
	commits = new(atomic.Int64)
	w = startWriter(write, func(context.Context) error { commits.Add(1); return nil }, delay)
	t.Cleanup(func() {
		if err := errors.Join(read.Close(), write.Close()); err != nil {
			t.Error(err)
		}
	})
	return w, commits
}

func seen(n int) func(context.Context, Statements) error {
	return func(ctx context.Context, s Statements) error {
		_, err := s.ExecContext(ctx, "INSERT INTO seen (n) VALUES ($1)", n)
		return err
	}
}

// given hands a note over to the writer, and returns where its end is told.
func given(w *writer, n int) chan error {
	note := &update{do: seen(n), note: true, result: make(chan error, 1)}
	w.updates <- note
	return note.result
}

func TestNotesWaitForAnUpdate(t *testing.T) {
	w, commits := counted(t, time.Hour)
	first, second := given(w, 1), given(w, 2)
	if err := w.update(t.Context(), &update{do: seen(3)}); err != nil {
		t.Error(err)
	}
	if err := errors.Join(<-first, <-second); err != nil || commits.Load() != 1 {
		t.Errorf("%v, %d commits", err, commits.Load())
	}
	again, last := given(w, 3), given(w, 4)
	if err := w.close(); err != nil { // commits what it holds
		t.Error(err)
	}
	if err := <-again; err == nil {
		t.Error("the same row twice")
	}
	if err := <-last; err != nil || commits.Load() != 2 {
		t.Errorf("%v, %d commits", err, commits.Load())
	}
}

func TestNotesDoNotWaitForEver(t *testing.T) {
	w, _ := counted(t, time.Millisecond)
	if err := w.update(t.Context(), &update{do: seen(1), note: true}); err != nil {
		t.Error(err)
	}
	if err := w.close(); err != nil {
		t.Error(err)
	}
}

func TestManyNotesAreCommittedAtOnce(t *testing.T) {
	w, commits := counted(t, time.Hour)
	var all []chan error
	for n := range maxGroup {
		all = append(all, given(w, n))
	}
	for _, end := range all {
		if err := <-end; err != nil {
			t.Fatal(err)
		}
	}
	if commits.Load() != 1 {
		t.Errorf("%d commits", commits.Load())
	}
	if err := w.close(); err != nil {
		t.Error(err)
	}
}

// After whatever has broken its connection the writer makes another.
func TestTheWriterConnectsAnew(t *testing.T) {
	w, _ := counted(t, time.Hour)
	broken := errors.New("broken")
	err := w.update(t.Context(), &update{do: func(ctx context.Context, s Statements) error {
		if _, err := s.ExecContext(ctx, "ROLLBACK"); err != nil { // as SQLite does by itself on a full disk
			t.Error(err)
		}
		return broken
	}})
	if !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
	for n := range 2 {
		if err := w.update(t.Context(), &update{do: seen(n)}); err != nil {
			t.Error(err)
		}
	}
	if err := w.close(); err != nil {
		t.Error(err)
	}
}

// What keeps the log from being brought into the database, as a full disk does or here a reader of
// what is older, keeps nobody from starting: the log is read all the same.
func TestPrepareDoesWithoutACheckpoint(t *testing.T) {
	t.Parallel() // it waits as long as SQLite waits for readers
	path := filepath.Join(t.TempDir(), "x.db")
	prepared := func() *DB {
		d, err := Open(Config{Kind: Requests, SQLite: path})
		if err == nil {
			err = d.Prepare(t.Context())
		}
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = d.Close() })
		return d
	}
	first := prepared()
	reader, err := first.read.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = reader.Close() }()
	if _, err := reader.ExecContext(t.Context(), "BEGIN"); err != nil {
		t.Fatal(err)
	}
	if err := reader.QueryRowContext(t.Context(), ownerQuery).Scan(new(string), new(string), new(string)); err != nil {
		t.Fatal(err)
	}
	err = first.Update(t.Context(), func(ctx context.Context, s Statements) error {
		_, err := s.ExecContext(ctx, "INSERT INTO gateways (id, beat) VALUES ('x', 1)")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	second := prepared()
	err = second.View(t.Context(), func(ctx context.Context, s Statements) error {
		return s.QueryRowContext(ctx, "SELECT beat FROM gateways WHERE id = 'x'").Scan(new(int))
	})
	if err != nil {
		t.Error(err)
	}
	short, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := checkpoint(short, second.holder); err == nil {
		t.Error("nothing was in the way of a checkpoint")
	}
}

// When SQLite itself undoes a transaction, as on a full disk, nothing of its group is written.
func TestNothingOfAnUndoneGroupIsWritten(t *testing.T) {
	w, _ := counted(t, time.Hour)
	undone := &update{note: true, result: make(chan error, 1), do: func(ctx context.Context, s Statements) error {
		if _, err := s.ExecContext(ctx, "ROLLBACK"); err != nil {
			t.Error(err)
		}
		return errors.New("the disk is full")
	}}
	before := given(w, 1)
	w.updates <- undone
	after := given(w, 2)
	if err := w.update(t.Context(), &update{do: seen(3)}); err == nil {
		t.Error("the last was written")
	}
	for _, end := range []chan error{before, undone.result, after} {
		if err := <-end; err == nil {
			t.Error("it is said to be written")
		}
	}
	var n int
	if err := w.db.QueryRowContext(t.Context(), "SELECT count(*) FROM seen").Scan(&n); err != nil || n != 0 {
		t.Errorf("%d were written, %v", n, err)
	}
	if err := w.update(t.Context(), &update{do: seen(4)}); err != nil {
		t.Error(err)
	}
	if err := w.close(); err != nil {
		t.Error(err)
	}
}
