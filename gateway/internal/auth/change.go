package auth

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// Change is a token that came into a tokens file, or went out of it. One that was changed
// went and came.
type Change struct {
	Entry
	Gone bool
}

// Path returns where the file is.
func (f *File) Path() string { return f.path }

// Tell has the one function told of what changes from now on, before the change is effective.
// It must not use f.
func (f *File) Tell(changed func([]Change)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.changed = changed
}

// Look reads the file if it has changed, and so tells of changes although nobody calls.
//
// Codes: Unavailable when the file cannot be read, since then nobody can be let in.
func (f *File) Look() error {
	if _, err := f.current(); err != nil {
		return unreadable(err)
	}
	return nil
}

// Compare returns what after has and before has not, and the other way round, as they were
// read last. A file that is nil has nothing.
func Compare(before, after *File) []Change { return compare(before.last(), after.last()) }

func (f *File) last() map[hash]Entry {
	if f == nil {
		return nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.tokens
}

// compare returns those that went first, each by name.
func compare(before, after map[hash]Entry) []Change {
	var changes []Change
	for sum, e := range before {
		if now, ok := after[sum]; !ok || !now.same(e) {
			changes = append(changes, Change{Entry: e, Gone: true})
		}
	}
	for sum, e := range after {
		if then, ok := before[sum]; !ok || !then.same(e) {
			changes = append(changes, Change{Entry: e})
		}
	}
	slices.SortFunc(changes, func(a, b Change) int {
		if a.Gone != b.Gone {
			if a.Gone {
				return -1
			}
			return 1
		}
		return cmp.Compare(a.Name, b.Name)
	})
	return changes
}

func (e Entry) same(o Entry) bool {
	return e.Name == o.Name && e.Identity == o.Identity && e.SHA256 == o.SHA256 && e.Created.Equal(o.Created) && e.Expires.Equal(o.Expires)
}

func unreadable(err error) error {
	return fmt.Errorf("%w (%w)", waymark.Errorf(waymark.Unavailable, "callers cannot be authenticated now"), err)
}
