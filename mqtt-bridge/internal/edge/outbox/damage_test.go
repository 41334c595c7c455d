package outbox_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/boltfile"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/edge/outbox"
	bolt "go.etcd.io/bbolt"
)

// change alters the file behind the outbox's back.
func change(t *testing.T, dir string, f func(tx *bolt.Tx) error) {
	t.Helper()
	db, err := bolt.Open(filepath.Join(dir, "outbox.db"), 0o600, &bolt.Options{NoFreelistSync: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(db.Update(f), db.Close()); err != nil {
		t.Fatal(err)
	}
}

// flip flips a bit of the last byte of the nth record of a bucket.
func flip(bucket string, n int) func(*bolt.Tx) error {
	return func(tx *bolt.Tx) error {
		b := tx.Bucket([]byte(bucket))
		c := b.Cursor()
		key, record := c.First()
		for range n {
			key, record = c.Next()
		}
		changed := bytes.Clone(record)
		changed[len(changed)-1] ^= 1
		return b.Put(bytes.Clone(key), changed)
	}
}

func TestADamagedMessageIsSetAsideAndReported(t *testing.T) {
	dir, s := t.TempDir(), newSigner(t)
	box := open(t, dir, s)
	add(t, box, packs("a", 3)...)
	closed(t, box)
	change(t, dir, flip("messages", 1))
	box = open(t, dir, s)
	if u := box.Usage(); u.Damaged != 1 || u.Messages != 2 {
		t.Errorf("usage %+v", u)
	}
	add(t, box, packs("a", 1)...)
	var got []uint64
	for _, m := range pending(t, box, "a", 0) {
		got = append(got, m.Number)
	}
	if !slices.Equal(got, []uint64{1, 3, 4}) { // the number stays a gap: it may have been published
		t.Errorf("numbers %v", got)
	}
	closed(t, box)
}

func TestAnOlderCopyIsFound(t *testing.T) {
	dir, s := t.TempDir(), newSigner(t)
	box := open(t, dir, s)
	add(t, box, packs("a", 1)...)
	closed(t, box)
	change(t, dir, earlier(t, dir, s))
	if _, err := outbox.Open(dir, outbox.Limits{Bytes: 1 << 20}, []string{"a"}, s); err == nil {
		t.Error("opened with a message beyond its place")
	}
}

// hide flips the bit of 16 in the count of the page that has the places of 20 devices: 16 of them are not found any more.
func hide(t *testing.T, dir string) {
	t.Helper()
	path, size, flipped := filepath.Join(dir, "outbox.db"), os.Getpagesize(), 0
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for page := range slices.Chunk(file, size) {
		if page[8] == 2 && page[10] == 20 && bytes.Contains(page, []byte("device-00")) { // a leaf
			page[10] ^= 16
			flipped++
		}
	}
	if err := os.WriteFile(path, file, 0o600); err != nil || flipped == 0 {
		t.Fatal(flipped, err)
	}
}

func TestPlacesThatAreHiddenAreMissed(t *testing.T) {
	dir, s := t.TempDir(), newSigner(t)
	box := open(t, dir, s)
	for i := range 20 {
		add(t, box, packs(fmt.Sprintf("device-%02d", i), 1)...)
		box.Acknowledge(fmt.Sprintf("device-%02d", i), 1)
	}
	flush(t, box)
	closed(t, box)
	box = open(t, dir, s)
	closed(t, box)
	hide(t, dir)
	if _, err := outbox.Open(dir, outbox.Limits{Bytes: 1 << 20}, []string{"device-07"}, s); err == nil || !strings.Contains(err.Error(), "are missing") {
		t.Errorf("opened: %v", err)
	}
	if _, err := outbox.Recover(dir, nil, "device-07", 1); err == nil {
		t.Error("recovered, and nobody knows what else is missing")
	}
}

func TestWhatIsMissing(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(tx *bolt.Tx) error
	}{
		{"a place", func(tx *bolt.Tx) error { return tx.Bucket([]byte("streams")).Delete([]byte("a")) }},
		{"all places", func(tx *bolt.Tx) error {
			_, err := tx.CreateBucket([]byte("other"))
			return errors.Join(err, tx.DeleteBucket([]byte("streams")))
		}},
		{"a message", func(tx *bolt.Tx) error {
			key, _ := tx.Bucket([]byte("messages")).Cursor().First()
			return tx.Bucket([]byte("messages")).Delete(key)
		}},
		{"what was set aside", func(tx *bolt.Tx) error {
			return tx.Bucket([]byte("damaged")).Put([]byte("a\x00\x00\x00\x00\x00\x00\x00\x00\x01"), nil)
		}},
		{"a fingerprint", func(tx *bolt.Tx) error {
			key, _ := tx.Bucket([]byte("seen")).Cursor().First()
			return tx.Bucket([]byte("seen")).Delete(key)
		}},
		{"the totals", func(tx *bolt.Tx) error { return tx.Bucket([]byte("meta")).Delete([]byte("totals")) }},
		{"everything", func(tx *bolt.Tx) error {
			return errors.Join(tx.DeleteBucket([]byte("streams")), tx.DeleteBucket([]byte("meta")))
		}},
		{"the last place", nil}, // one of before is there
	} {
		t.Run(test.name, func(t *testing.T) {
			dir, s := t.TempDir(), newSigner(t)
			box := open(t, dir, s)
			add(t, box, slices.Concat(packs("a", 1), packs("ab", 1))...)
			closed(t, box)
			if test.change == nil {
				test.change = earlier(t, dir, s)
			}
			box = open(t, dir, s)
			box.Acknowledge("ab", 9)
			flush(t, box)
			if err := box.Append(nil, []outbox.Fingerprint{{1}}); err != nil {
				t.Fatal(err)
			}
			closed(t, box)
			change(t, dir, test.change)
			if _, err := outbox.Open(dir, outbox.Limits{Bytes: 1 << 20}, []string{"a"}, s); !errors.Is(err, boltfile.ErrDamaged) {
				t.Errorf("opened: %v", err)
			}
		})
	}
}

// earlier lets device a sign one message more, and returns a change that puts its place of before back.
func earlier(t *testing.T, dir string, s *signer) func(tx *bolt.Tx) error {
	t.Helper()
	var place []byte
	change(t, dir, func(tx *bolt.Tx) error {
		place = bytes.Clone(tx.Bucket([]byte("streams")).Get([]byte("a")))
		return nil
	})
	box := open(t, dir, s)
	add(t, box, packs("a", 1)...)
	closed(t, box)
	return func(tx *bolt.Tx) error { return tx.Bucket([]byte("streams")).Put([]byte("a"), place) }
}

func TestOpenRefuses(t *testing.T) {
	dir, s := t.TempDir(), newSigner(t)
	if _, err := outbox.Open(filepath.Join(dir, "absent"), outbox.Limits{Bytes: 1 << 20}, nil, s); err == nil {
		t.Error("opened in a folder that is not there")
	}
	box := open(t, dir, s)
	closed(t, box)
	change(t, dir, func(tx *bolt.Tx) error { return tx.Bucket([]byte("meta")).Put([]byte("layout"), []byte{3}) })
	if _, err := outbox.Open(dir, outbox.Limits{Bytes: 1 << 20}, nil, s); err == nil || errors.Is(err, boltfile.ErrDamaged) {
		t.Errorf("opened a layout of the future: %v", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "outbox.db"), []byte("no database"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := outbox.Open(dir, outbox.Limits{Bytes: 1 << 20}, nil, s); !errors.Is(err, boltfile.ErrDamaged) {
		t.Errorf("opened what is no database: %v", err)
	}
}
