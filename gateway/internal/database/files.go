package database

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// files are those that SQLite writes to: the database, and the log of what is not in that yet. As
// long as they are open they can be written to, also when nobody will find them any more.
type files struct {
	paths [2]string
	as    [2]os.FileInfo // when they were opened
}

const logSuffix = "-wal"

func filesOf(path string) (*files, error) {
	f := &files{paths: [2]string{path, path + logSuffix}}
	for i, path := range f.paths {
		var err error
		if f.as[i], err = os.Stat(path); err != nil {
			return nil, fmt.Errorf("database file: %w", err)
		}
	}
	return f, nil
}

// check fails if what is written now is not found after a restart.
func (f *files) check() error {
	for i, path := range f.paths {
		info, err := os.Stat(path)
		if err == nil && !os.SameFile(info, f.as[i]) {
			err = fmt.Errorf("%s is another file", path)
		}
		if err != nil {
			return faultOf("the files of the database were removed or replaced: nothing can be kept until they are back, or the gateway is started again", err)
		}
	}
	return nil
}

// onlyLogGone reports whether the log has no name any more, and the database has.
func (f *files) onlyLogGone() bool {
	info, err := os.Stat(f.paths[0])
	_, gone := os.Stat(f.paths[1])
	return err == nil && os.SameFile(info, f.as[0]) && errors.Is(gone, fs.ErrNotExist)
}

// intact fails if what was committed a moment ago may be lost. What was acknowledged before, and
// is in a log that has no name any more, is brought into the database, if it still can be.
func (d *DB) intact(ctx context.Context) error {
	f := d.files.Load()
	if f == nil {
		return nil
	}
	err := f.check()
	if err == nil {
		return nil
	}
	if f.onlyLogGone() {
		err = errors.Join(err, checkpoint(ctx, d.holder)) // which has the log open that is gone
	}
	return err
}

// checkpoint brings all that is in the log of a connection into the database.
func checkpoint(ctx context.Context, by Statements) error {
	var busy, frames, done int
	if err := by.QueryRowContext(ctx, "PRAGMA wal_checkpoint(FULL)").Scan(&busy, &frames, &done); err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	if busy != 0 || done != frames {
		return fmt.Errorf("checkpoint: %d of %d pages", done, frames)
	}
	return nil
}
