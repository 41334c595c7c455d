package boltfile

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/boltfile/boltfiletest"
	bolt "go.etcd.io/bbolt"
)

func put(key string) func(tx *bolt.Tx) error {
	return func(tx *bolt.Tx) error { return tx.Bucket([]byte("b")).Put([]byte(key), []byte("v")) }
}

func has(t *testing.T, f *File, key string) (there bool) {
	t.Helper()
	err := f.View(func(tx *bolt.Tx) error {
		there = tx.Bucket([]byte("b")).Get([]byte(key)) != nil
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return there
}

func make1(t *testing.T) *File {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file.db")
	made, err := Make(path, func(tx *bolt.Tx) error {
		_, err := tx.CreateBucket([]byte("b"))
		return err
	})
	if err != nil || !made {
		t.Fatal(made, err)
	}
	if made, err := Make(path, nil); err != nil || made {
		t.Fatal("made again:", made, err)
	}
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

// Whether a commit stands is told by what is on the disk: one that failed before its meta page does not, one that failed after it does.
func TestReassure(t *testing.T) {
	f := make1(t)
	for range 2 {
		boltfiletest.Swap(t, f.path, "/dev/null")
		if err := f.Update(put("lost")); !errors.Is(err, ErrDoubt) {
			t.Fatal(err)
		}
		if stands, err := f.Reassure(); err != nil || stands || has(t, f, "lost") {
			t.Errorf("stands %t, %v", stands, err)
		}
	}
	var tried int
	if err := f.Update(func(tx *bolt.Tx) error { tried = tx.ID(); return put("kept")(tx) }); err != nil {
		t.Fatal(err)
	}
	f.tried = tried // as if the last sync had failed
	if stands, err := f.Reassure(); err != nil || !stands || !has(t, f, "kept") {
		t.Errorf("stands %t, %v", stands, err)
	}
	refused := errors.New("no")
	if err := f.Update(func(*bolt.Tx) error { return refused }); !errors.Is(err, refused) || errors.Is(err, ErrDoubt) {
		t.Errorf("what was not tried: %v", err)
	}
}

// What is free in the file is as much as what was taken out of it.
func TestFreeBytes(t *testing.T) {
	f := make1(t)
	before, err := f.FreeBytes()
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Update(func(tx *bolt.Tx) error { return tx.Bucket([]byte("b")).Put([]byte("k"), make([]byte, 100<<10)) }); err != nil {
		t.Fatal(err)
	}
	if err := f.Update(func(tx *bolt.Tx) error { return tx.Bucket([]byte("b")).Delete([]byte("k")) }); err != nil {
		t.Fatal(err)
	}
	if after, err := f.FreeBytes(); err != nil || after < before+100<<10 {
		t.Errorf("%d bytes are free, %d were: %v", after, before, err)
	}
}

// A bucket in a bucket is nothing that is written here: of a record a flipped bit made it one.
func TestExamineRefusesABucketInABucket(t *testing.T) {
	f := make1(t)
	visit := func([]byte) Visit { return func([]byte, []byte) error { return nil } }
	if err := errors.Join(f.Update(put("k")), f.Close()); err != nil {
		t.Fatal(err)
	}
	if found, err := Examine(f.path, visit); err != nil || found != (Findings{}) {
		t.Fatal(found, err)
	}
	db, err := bolt.Open(f.path, 0o600, &bolt.Options{NoFreelistSync: true})
	if err != nil {
		t.Fatal(err)
	}
	err = db.Update(func(tx *bolt.Tx) error { _, err := tx.Bucket([]byte("b")).CreateBucket([]byte("c")); return err })
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	if _, err := Examine(f.path, visit); !errors.Is(err, ErrDamaged) {
		t.Error(err)
	}
}

// bbolt ends the process at a key that is not where the page above says. So a flipped bit in what a page says of those below is found before.
func TestExamineLooksAtTheKeysOfBranches(t *testing.T) {
	f := make1(t)
	err := f.Update(func(tx *bolt.Tx) error {
		for i := range 300 {
			if err := put(fmt.Sprintf("%04d %0100d", 7*i, 0))(tx); err != nil {
				return err
			}
		}
		return nil
	})
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(f.path)
	if err != nil {
		t.Fatal(err)
	}
	size, flipped, refused := os.Getpagesize(), 0, 0
	for page := 2; page*size < len(raw); page++ {
		elements, branch, err := elementsOf(raw[page*size : (page+1)*size])
		if err != nil || !branch {
			continue
		}
		for _, e := range elements {
			for bit := range 8 * 4 {
				e.key[bit/8] ^= 1 << (bit % 8)
				if err := os.WriteFile(f.path, raw, 0o600); err != nil {
					t.Fatal(err)
				}
				flipped++
				_, err := Examine(f.path, func([]byte) Visit { return func([]byte, []byte) error { return nil } })
				if errors.Is(err, ErrDamaged) {
					refused++
				} else if f, err := Open(f.path); err != nil || f.Close() != nil {
					t.Fatal(err)
				}
				e.key[bit/8] ^= 1 << (bit % 8)
			}
		}
	}
	if flipped < 200 || refused < flipped/2 || refused == flipped {
		t.Errorf("%d of %d are refused", refused, flipped)
	}
}
