package spool

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/boltfile"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/disk"
	bolt "go.etcd.io/bbolt"
)

// ErrReplaced says that the open file is not the one that has its name any more. Nothing new is stored; what was goes on.
var ErrReplaced = boltfile.ErrReplaced

// ErrGone says that there was a spool, and is none. To begin with an empty one its mark has to be removed too.
var ErrGone = errors.New("the spool's file is gone")

// The mark stands beside the file from the first start on, so that a file that is not there is missed.
const (
	markName = "spool.made"
	markText = "There is a spool here. If spool.db is gone, put it back: it has messages that were acknowledged.\n" +
		"To begin with an empty one, remove this file too.\n"
)

// InPlace returns ErrReplaced unless the file that is open has its name.
func (s *Spool) InPlace() error { return s.file.InPlace() }

// updateInPlace is update if the file has its name before and after it, else ErrReplaced.
func (s *Spool) updateInPlace(change func(tx *bolt.Tx, u *state) error) error {
	if err := s.InPlace(); err != nil {
		return err
	}
	if err := s.update(change); err != nil {
		return err
	}
	return s.InPlace()
}

// missed returns ErrGone if there has been a file, and is none.
func (s *Spool) missed() error {
	if _, err := os.Stat(s.path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	mark := s.markPath()
	if _, err := os.Stat(mark); !errors.Is(err, fs.ErrNotExist) {
		return errors.Join(fmt.Errorf("%w: put %s back, or remove %s to begin with an empty one", ErrGone, s.path, mark), err)
	}
	return nil
}

// mark says for later that there is a file.
func (s *Spool) mark() error {
	mark := s.markPath()
	if _, err := os.Stat(mark); err == nil {
		return nil
	}
	if err := os.WriteFile(mark, []byte(markText), 0o600); err != nil {
		return fmt.Errorf("mark that there is a spool: %w", err)
	}
	return disk.SyncFolder(filepath.Dir(mark))
}

func (s *Spool) markPath() string { return filepath.Join(filepath.Dir(s.path), markName) }
