package outbox

import (
	"context"
	"errors"
	"io/fs"
	"syscall"
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	bolt "go.etcd.io/bbolt"
)

// signs gives every message the bytes of its pack.
type signs struct{}

func (signs) Sign(_ string, _ uint64, _, pack []byte) (attest.Signed, error) {
	return attest.Signed{Raw: pack}, nil
}

// After a commit of which nobody knows whether it stands, nothing is published or signed: the number that it used may be free
// after a power loss.
func TestNothingGoesOnAfterACommitThatFailed(t *testing.T) {
	box, err := Open(t.TempDir(), 1<<20, []string{"a"}, signs{})
	if err != nil {
		t.Fatal(err)
	}
	if err := box.Append([]Pack{{Device: "a", Payload: []byte("1")}}, nil); err != nil {
		t.Fatal(err)
	}
	if err := box.db.Close(); err != nil { // as a disk that is gone
		t.Fatal(err)
	}
	if err := box.Append([]Pack{{Device: "a", Payload: []byte("2")}}, []Fingerprint{{1}}); !errors.Is(err, ErrBroken) || errors.Is(err, ErrFull) {
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

// noRoom is what bbolt returns when a page cannot be written.
func noRoom() error { return &fs.PathError{Op: "write", Path: fileName, Err: syscall.ENOSPC} }

// A write that found no room left nothing behind. A sync that did comes after the page that makes the commit stand was written.
func TestWhatAFailedCommitMeans(t *testing.T) {
	for _, test := range []struct {
		name  string
		give  error
		want  error
		stays bool
	}{
		{"no room for a page", noRoom(), ErrFull, false},
		{"no room at a sync", syscall.ENOSPC, ErrBroken, true},
		{"a write that failed", &fs.PathError{Op: "write", Path: fileName, Err: syscall.EIO}, ErrBroken, true},
		{"a sync that failed", syscall.EIO, ErrBroken, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			box, err := Open(t.TempDir(), 1<<20, []string{"a"}, signs{})
			if err != nil {
				t.Fatal(err)
			}
			box.commit = func(func(*bolt.Tx) error) error { return test.give }
			if err := box.Append([]Pack{{Device: "a", Payload: []byte("1")}}, nil); !errors.Is(err, test.want) {
				t.Errorf("got %v, want %v", err, test.want)
			}
			box.commit = box.db.Update
			if err := box.Append([]Pack{{Device: "a", Payload: []byte("2")}}, nil); errors.Is(err, ErrBroken) != test.stays {
				t.Errorf("then %v", err)
			}
			if err := box.Close(); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// On a full disk what can be read is published, and the edge stops as ever.
func TestAFullDiskEndsNothing(t *testing.T) {
	box, err := Open(t.TempDir(), 1<<20, []string{"a"}, signs{})
	if err != nil {
		t.Fatal(err)
	}
	if err := box.Append([]Pack{{Device: "a", Payload: []byte("1")}, {Device: "a", Payload: []byte("2")}}, nil); err != nil {
		t.Fatal(err)
	}
	if err := box.db.Update(func(tx *bolt.Tx) error { return tx.Bucket([]byte(messageBucket)).Put(keyOf("a", 1), []byte("damaged")) }); err != nil {
		t.Fatal(err)
	}
	box.commit = func(func(*bolt.Tx) error) error { return noRoom() }
	if got, err := box.Pending("a", 0, 10); err != nil || len(got) != 1 || got[0].Number != 2 {
		t.Errorf("%v, %v", got, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	box.Acknowledge("a", 2)
	if err := box.Run(ctx); err != nil {
		t.Errorf("run: %v", err)
	}
	if u := box.Usage(); u.Messages != 2 || u.Damaged != 0 {
		t.Errorf("usage %+v", u)
	}
	box.commit = box.db.Update
	if got, err := box.Pending("a", 0, 10); err != nil || len(got) != 1 || box.Usage().Damaged != 1 {
		t.Errorf("with room: %v, %v", got, err)
	}
	if err := box.Close(); err != nil {
		t.Fatal(err)
	}
}
