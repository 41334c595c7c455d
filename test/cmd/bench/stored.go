package main

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
)

// stored is what the ledger takes of a peer's disk, in bytes.
type stored struct {
	blocks int64 // the files that blocks are appended to
	state  int64 // the database of the state
	other  int64 // indexes of blocks and of keys' histories, private data and what else is kept
}

// ledgersOf are the folders of all peers' ledgers of a network that keeps its state in dir.
func ledgersOf(dir string) ([]string, error) {
	found, err := filepath.Glob(filepath.Join(dir, "members", "*", "peer", "ledgersData"))
	if err == nil && len(found) == 0 {
		err = fmt.Errorf("no peer keeps a ledger below %s", dir)
	}
	return found, err
}

// store is what all of the folders take together.
func store(ledgers []string) (s stored, err error) {
	for _, ledger := range ledgers {
		err := filepath.WalkDir(ledger, func(path string, entry fs.DirEntry, err error) error {
			if err == nil && entry.IsDir() {
				return nil
			}
			return errors.Join(goneIsNothing(err), s.add(strings.TrimPrefix(path, ledger+"/"), entry))
		})
		if err != nil {
			return s, fmt.Errorf("what a ledger takes: %w", err)
		}
	}
	return s, nil
}

// add adds a file. One that is gone meanwhile, as those of a database that is compacted, takes nothing.
func (s *stored) add(name string, entry fs.DirEntry) error {
	if entry == nil {
		return nil
	}
	info, err := entry.Info()
	if err != nil {
		return goneIsNothing(err)
	}
	switch {
	case strings.Contains(name, "/blockfile_"):
		s.blocks += info.Size()
	case strings.HasPrefix(name, "stateLeveldb/"):
		s.state += info.Size()
	default:
		s.other += info.Size()
	}
	return nil
}

func goneIsNothing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// less is what was added since.
func (s stored) less(before stored) stored {
	return stored{s.blocks - before.blocks, s.state - before.state, s.other - before.other}
}

// plus is both together.
func (s stored) plus(more stored) stored {
	return stored{s.blocks + more.blocks, s.state + more.state, s.other + more.other}
}

// bytesEach is bytes on all of the peers for each of so many on one; 0 of none.
func bytesEach(bytes int64, n, peers int) float64 {
	if n <= 0 || peers <= 0 {
		return 0
	}
	return float64(bytes) / float64(n) / float64(peers)
}

// sum is all of it.
func (s stored) sum() int64 { return s.blocks + s.state + s.other }
