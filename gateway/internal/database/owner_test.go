package database_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/internal/database"
	"github.com/waymark-ledger/waymark/gateway/internal/database/databasetest"
)

// owned is the configuration of one whose ledger is known.
func owned(c database.Config, member, channel, ledger string) database.Config {
	c.Owner = database.Owner{Member: member, Channel: channel, Ledger: func(context.Context) (string, error) { return ledger, nil }}
	return c
}

func opened(t *testing.T, c database.Config) *database.DB {
	t.Helper()
	db, err := database.Open(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

func prepared(t *testing.T, c database.Config) *database.DB {
	t.Helper()
	db := opened(t, c)
	if err := db.Prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	return db
}

// belongs holds a database to be of one member, channel and ledger.
func belongs(t *testing.T, config func(*testing.T) database.Config) {
	t.Run("to one", func(t *testing.T) { toOne(t, config(t)) })
	t.Run("to nobody before its ledger is known", func(t *testing.T) { ofUnknownLedger(t, config(t)) })
	t.Run("to another under a gateway that runs", func(t *testing.T) { toAnotherMeanwhile(t, config(t)) })
	t.Run("to a ledger that is replaced", func(t *testing.T) { ofAReplacedLedger(t, config(t)) })
}

// useless fails the test if anything is written to, or read from, what is another's.
func useless(t *testing.T, db *database.DB) {
	t.Helper()
	if err := beat(db, t.Context(), "mine", 1, false); err == nil {
		t.Error("written")
	}
	if err := db.View(t.Context(), func(context.Context, database.Statements) error { return nil }); err == nil {
		t.Error("read")
	}
}

func toOne(t *testing.T, c database.Config) {
	first := prepared(t, owned(c, "producer", "waymark", "aa"))
	for _, other := range []database.Config{
		owned(c, "carrier", "waymark", "aa"), owned(c, "producer", "other", "aa"), owned(c, "producer", "waymark", "bb"), c,
	} {
		db := opened(t, other)
		err := db.Prepare(t.Context())
		if waymark.CodeOf(err) != waymark.Unavailable || !strings.Contains(err.Error(), `it is of member "producer", channel "waymark", ledger aa, and this gateway of`) {
			t.Errorf("%+v: %v", other.Owner, err)
		}
		if told := waymark.AsError(err).Message; strings.Contains(told, "producer") {
			t.Errorf("told %s", told)
		}
		useless(t, db)
	}
	for _, same := range []database.Config{owned(c, "producer", "waymark", "aa"), owned(c, "producer", "waymark", "")} { // the second has a peer that began with a snapshot
		if err := beat(prepared(t, same), t.Context(), fmt.Sprintf("%p", same.Owner.Ledger), 1, false); err != nil {
			t.Error(err)
		}
	}
	if err := first.Prepare(t.Context()); err != nil {
		t.Error(err)
	}
}

func ofUnknownLedger(t *testing.T, c database.Config) {
	away := errors.New("no peer")
	ledger, err := "", away
	c.Owner = database.Owner{Member: "producer", Channel: "waymark", Ledger: func(context.Context) (string, error) { return ledger, err }}
	db := opened(t, c)
	if got := db.Prepare(t.Context()); !errors.Is(got, database.ErrLedgerUnknown) || !errors.Is(got, away) || waymark.CodeOf(got) != waymark.Unavailable {
		t.Errorf("got %v", got)
	}
	useless(t, db)
	if got := opened(t, owned(c, "carrier", "waymark", "aa")).Prepare(t.Context()); waymark.CodeOf(got) != waymark.Unavailable || errors.Is(got, database.ErrLedgerUnknown) {
		t.Errorf("another member: %v", got)
	}
	ledger, err = "aa", nil
	if got := db.Prepare(t.Context()); got != nil {
		t.Fatal(got)
	}
	if got := opened(t, owned(c, "producer", "waymark", "bb")).Prepare(t.Context()); waymark.CodeOf(got) != waymark.Unavailable {
		t.Errorf("another ledger: %v", got)
	}
}

func toAnotherMeanwhile(t *testing.T, c database.Config) {
	db := prepared(t, owned(c, "producer", "waymark", "aa"))
	other := prepared(t, owned(c, "producer", "waymark", "aa"))
	give := func(member string) {
		err := other.Update(t.Context(), func(ctx context.Context, tx database.Statements) error {
			_, err := tx.ExecContext(ctx, "UPDATE owner SET member = $1", member)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	give("carrier")
	if err := db.Prepare(t.Context()); waymark.CodeOf(err) != waymark.Unavailable {
		t.Errorf("got %v", err)
	}
	useless(t, db)
	give("producer")
	if err := db.Prepare(t.Context()); err != nil {
		t.Error(err)
	}
	if err := beat(db, t.Context(), "mine", 1, false); err != nil {
		t.Error(err)
	}
}

// ofAReplacedLedger: what is kept of a ledger says nothing of another that has come in its place. A peer
// that does not answer, or does not know, changes nothing.
func ofAReplacedLedger(t *testing.T, c database.Config) {
	ledger, away := "aa", error(nil)
	c.Owner = database.Owner{Member: "producer", Channel: "waymark", Ledger: func(context.Context) (string, error) { return ledger, away }}
	db := prepared(t, c)
	for _, tt := range []struct {
		ledger string
		away   error
		want   bool
	}{
		{"aa", nil, true}, {"", nil, true}, {"bb", errOdd, true}, {"bb", nil, false}, {"bb", errOdd, false}, {"aa", nil, true},
	} {
		ledger, away = tt.ledger, tt.away
		db.AskLedger(t.Context())
		err := db.Prepare(t.Context())
		if (err == nil) != tt.want || err != nil && waymark.CodeOf(err) != waymark.Unavailable {
			t.Errorf("%+v: %v", tt, err)
		}
		if err != nil {
			useless(t, db)
		}
	}
	if err := beat(db, t.Context(), "mine", 1, false); err != nil {
		t.Error(err)
	}
}

// TestCheckOwner also while the database is used, and without a change of anything.
func TestCheckOwner(t *testing.T) {
	c := databasetest.SQLiteConfig(t)
	mine, other := database.Owner{Member: "producer", Channel: "waymark"}, database.Owner{Member: "carrier", Channel: "waymark"}
	check := func(when string, path string, by database.Owner, want bool) {
		t.Helper()
		before := listing(t, filepath.Dir(path))
		if err := database.CheckOwner(t.Context(), path, by); (err == nil) != want {
			t.Errorf("%s: %v", when, err)
		}
		if after := listing(t, filepath.Dir(path)); after != before {
			t.Errorf("%s: there is\n%s, before\n%s", when, after, before)
		}
	}
	check("none", c.SQLite, other, true)
	text := filepath.Join(t.TempDir(), "text")
	if err := os.WriteFile(text, []byte("no database"), 0o600); err != nil {
		t.Fatal(err)
	}
	check("no database", text, other, true)
	db, err := database.Open(owned(c, "producer", "waymark", "aa"))
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, when := range []string{"in use", "not in use"} {
		check(when, c.SQLite, mine, true)
		check(when, c.SQLite, other, false)
		if when == "in use" {
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func listing(t *testing.T, dir string) string {
	t.Helper()
	var b strings.Builder
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		info, err := f.Info()
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintln(&b, f.Name(), info.Size(), info.ModTime().UnixNano())
	}
	return b.String()
}
