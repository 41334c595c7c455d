package database

import (
	"path/filepath"
	"testing"
	"time"
)

// TestTheClockOfSQLiteIsNotSet: once the database is open it goes on by itself, so that a host
// whose clock is then set two days ahead does not make what ended a moment ago two days old.
func TestTheClockOfSQLiteIsNotSet(t *testing.T) {
	began := newClock()
	began.millis -= (48 * time.Hour).Milliseconds()
	for _, tt := range []struct {
		name  string
		clock *clock
		want  time.Time
	}{
		{"as it was opened", newClock(), time.Now()},
		{"the host's was set ahead since", began, time.Now().Add(-48 * time.Hour)},
	} {
		write, read, err := openSQLite(filepath.Join(t.TempDir(), "x.db"), Requests, tt.clock)
		if err != nil {
			t.Fatal(err)
		}
		var before int64
		for _, db := range []interface {
			Statements
			Close() error
		}{write, read} {
			var got int64
			if err := db.QueryRowContext(t.Context(), `SELECT `+(&DB{}).Now()).Scan(&got); err != nil {
				t.Fatal(err)
			}
			if off := time.UnixMilli(got).Sub(tt.want); got < before || off < -time.Second || off > time.Minute {
				t.Errorf("%s: %d, %v off", tt.name, got, off)
			}
			before = got
			if err := db.Close(); err != nil {
				t.Error(err)
			}
		}
	}
}
