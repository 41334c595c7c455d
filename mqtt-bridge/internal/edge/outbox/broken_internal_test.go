package outbox

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/boltfile"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/boltfile/boltfiletest"
	bolt "go.etcd.io/bbolt"
)

// signs gives every message the bytes of its pack.
type signs struct{}

func (signs) Sign(_ string, _ uint64, _, pack []byte) (attest.Signed, error) {
	return attest.Signed{Raw: pack}, nil
}

// mustOpen opens an outbox of device a.
func mustOpen(t *testing.T, dir string, l Limits) *Outbox {
	t.Helper()
	box, err := Open(dir, l, []string{"a"}, signs{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = box.Close() })
	return box
}

func pack(text string) []Pack { return []Pack{{Device: "a", Payload: []byte(text)}} }

func pathOf(box *Outbox) string { return filepath.Join(box.dir, fileName) }

// While nobody can find out whether a commit stands, nothing is published or signed: the number that it used may be free
// after a power loss.
func TestNothingGoesOnWhileACommitIsInDoubt(t *testing.T) {
	box := mustOpen(t, t.TempDir(), Limits{Bytes: 1 << 20})
	if err := box.Append(pack("1"), nil); err != nil {
		t.Fatal(err)
	}
	box.commit = func(change func(*bolt.Tx) error) error { // as on a disk that goes away in the middle
		boltfiletest.Swap(t, pathOf(box), "/dev/null")
		return errors.Join(os.Rename(pathOf(box), pathOf(box)+".aside"), box.file.Update(change))
	}
	if err := box.Append(pack("2"), []Fingerprint{{1}}); !errors.Is(err, ErrBroken) || Waits(err) {
		t.Errorf("append: %v", err)
	}
	if got, err := box.Pending("a", 0, 10); !errors.Is(err, ErrBroken) || len(got) > 0 {
		t.Errorf("pending: %d messages, %v", len(got), err)
	}
	box.Acknowledge("a", 1)
	if err := box.Run(t.Context()); !errors.Is(err, ErrBroken) {
		t.Errorf("run: %v", err)
	}
	if box.Known(Fingerprint{1}) {
		t.Error("what was not stored is known")
	}
}

// A file that loses its name in the middle of a commit takes nothing more, also once it is back: what was signed then would be signed again. What
// is in it goes up.
func TestAFileThatIsMovedInACommit(t *testing.T) {
	dir := t.TempDir()
	box := mustOpen(t, dir, Limits{Bytes: 1 << 20})
	box.commit = func(change func(*bolt.Tx) error) error {
		return errors.Join(os.Rename(pathOf(box), pathOf(box)+".moved"), box.file.Update(change))
	}
	if err := box.Append(pack("1"), []Fingerprint{{1}}); !errors.Is(err, ErrReplaced) || !Waits(err) {
		t.Fatalf("append: %v", err)
	}
	box.commit = box.file.Update
	if err := os.Rename(pathOf(box)+".moved", pathOf(box)); err != nil {
		t.Fatal(err)
	}
	if err := box.Append(pack("1"), []Fingerprint{{1}}); !errors.Is(err, ErrReplaced) || !errors.Is(box.InPlace(), ErrReplaced) {
		t.Errorf("append: %v", err)
	}
	if got, err := box.Pending("a", 0, 10); err != nil || len(got) != 1 {
		t.Errorf("pending: %v, %v", got, err)
	}
	if err := box.Close(); err != nil {
		t.Fatal(err)
	}
	box = mustOpen(t, dir, Limits{Bytes: 1 << 20})
	if err := box.Append(pack("2"), nil); err != nil || !box.Known(Fingerprint{1}) {
		t.Errorf("after a restart: %v", err)
	}
}

// Of a commit that failed the outbox finds out that it does not stand, says what it waits for, and goes on.
func TestACommitThatFailed(t *testing.T) {
	for _, test := range []struct {
		name, disk string
		want       error
	}{
		{"no room for a page", "/dev/full", ErrFull},
		{"a sync that fails", "/dev/null", ErrDisk},
	} {
		t.Run(test.name, func(t *testing.T) {
			box := mustOpen(t, t.TempDir(), Limits{Bytes: 1 << 20})
			for n := range 3 {
				boltfiletest.Swap(t, pathOf(box), test.disk)
				if err := box.Append(pack("lost"), []Fingerprint{{9}}); !errors.Is(err, test.want) || !Waits(err) {
					t.Errorf("got %v, want %v", err, test.want)
				}
				if err := box.Append(pack(fmt.Sprint(n)), nil); err != nil {
					t.Errorf("then %v", err)
				}
			}
			got, err := box.Pending("a", 0, 10)
			if err != nil || len(got) != 3 || got[2].Number != 3 || string(got[2].Raw) != "2" || box.Known(Fingerprint{9}) {
				t.Errorf("%v, %v", got, err)
			}
		})
	}
}

// Less than the reserve is free: nothing more is taken, and what is acknowledged is taken out.
func TestReserve(t *testing.T) {
	dir := t.TempDir()
	box := mustOpen(t, dir, Limits{Bytes: 1 << 20})
	if err := box.Append(pack("1"), nil); err != nil {
		t.Fatal(err)
	}
	if err := box.Close(); err != nil {
		t.Fatal(err)
	}
	box = mustOpen(t, dir, Limits{Bytes: 1 << 20, FreeBytes: 1 << 60})
	if err := box.Append(pack("2"), nil); !errors.Is(err, ErrFull) {
		t.Errorf("append: %v", err)
	}
	box.Acknowledge("a", 1)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := box.Run(ctx); err != nil || box.Usage().Messages != 0 {
		t.Errorf("%v, %+v", err, box.Usage())
	}
}

// noRoom is what a commit comes to on a disk that stays full.
func noRoom(func(*bolt.Tx) error) error {
	return fmt.Errorf("%w: %w", boltfile.ErrDoubt, &os.PathError{Op: "write", Path: fileName, Err: syscall.ENOSPC})
}

// On a full disk what can be read is published, what is damaged stays where it is, and the edge stops as ever.
func TestAFullDiskEndsNothing(t *testing.T) {
	dir := t.TempDir()
	box := mustOpen(t, dir, Limits{Bytes: 1 << 20})
	for _, text := range []string{"1", "2", "3"} {
		if err := box.Append(pack(text), nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := box.file.Update(func(tx *bolt.Tx) error { return tx.Bucket([]byte(messageBucket)).Put(keyOf("a", 1), []byte("damaged")) }); err != nil {
		t.Fatal(err)
	}
	box.commit = noRoom
	for range 2 {
		if got, err := box.Pending("a", 0, 10); err != nil || len(got) != 2 || got[0].Number != 2 {
			t.Errorf("%v, %v", got, err)
		}
	}
	if u := box.Usage(); u.Messages != 2 || u.Damaged != 1 {
		t.Errorf("usage %+v", u)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	box.Acknowledge("a", 2)
	if err := box.Run(ctx); err != nil || box.Usage().Messages != 2 {
		t.Errorf("run: %v, %+v", err, box.Usage())
	}
	box.commit = box.file.Update
	if err := box.Run(ctx); err != nil {
		t.Errorf("run: %v", err)
	}
	if u := box.Usage(); u.Messages != 1 || u.Damaged != 1 || len(box.doomed) != 0 {
		t.Errorf("usage %+v", u)
	}
	if err := box.Close(); err != nil {
		t.Fatal(err)
	}
	if u := mustOpen(t, dir, Limits{Bytes: 1 << 20}).Usage(); u.Messages != 1 || u.Damaged != 1 {
		t.Errorf("after a restart: usage %+v", u)
	}
}

// A page that is damaged, or of before, while the outbox is open hides messages or a device's place: no number is used again for it.
func TestWhatGoesMissingWhileItIsOpen(t *testing.T) {
	for _, test := range []struct {
		name   string
		damage func(tx *bolt.Tx) error
	}{
		{"a message", func(tx *bolt.Tx) error { return tx.Bucket([]byte(messageBucket)).Delete(keyOf("a", 2)) }},
		{"the last message", func(tx *bolt.Tx) error { return tx.Bucket([]byte(messageBucket)).Delete(keyOf("a", 3)) }},
		{"the place", func(tx *bolt.Tx) error { return tx.Bucket([]byte(streamBucket)).Delete([]byte("a")) }},
	} {
		t.Run(test.name, func(t *testing.T) {
			box := mustOpen(t, t.TempDir(), Limits{Bytes: 1 << 20})
			for _, text := range []string{"1", "2", "3"} {
				if err := box.Append(pack(text), nil); err != nil {
					t.Fatal(err)
				}
			}
			if err := box.file.Update(test.damage); err != nil {
				t.Fatal(err)
			}
			err := box.Append(pack("4"), nil)
			if _, pending := box.Pending("a", 1, 10); !errors.Is(err, boltfile.ErrDamaged) && !errors.Is(pending, boltfile.ErrDamaged) {
				t.Errorf("signed (%v) and published (%v)", err, pending)
			}
			if err := box.Append(pack("5"), nil); !errors.Is(err, boltfile.ErrDamaged) {
				t.Errorf("goes on: %v", err)
			}
		})
	}
}
