package bodies

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/anchor"
)

// Hash is the SHA-256 hash of a body, by which it is named.
type Hash = anchor.Hash

// MaxBytes bounds a body.
const MaxBytes = anchor.MaxBundleBytes

// Store keeps bodies by their hash. It is safe for concurrent use, also by several gateways of one
// member. An error is a Fault about a body; or Unavailable, with what to look after, if the store
// itself does not do its work: the same can be asked of it again.
type Store interface {
	// Put makes a body durable and returns its hash. One that is there is read back and left as it is; if it
	// is not what its name says, Put fails with Altered, or puts it right where that is promised (Owned). It is Invalid to put none, or one of more than MaxBytes.
	Put(ctx context.Context, body []byte) (Hash, error)
	// Body returns the body of a hash, and nothing else. It fails with Missing, Altered or Deleted.
	Body(ctx context.Context, hash Hash) ([]byte, error)
	// Delete leaves a note in the place of a body, durably, and only then removes it. The note that was first
	// stays. There need be no body.
	Delete(ctx context.Context, hash Hash, note Note) error
	// Check returns nil while bodies can be put.
	Check(ctx context.Context) error
}

// Fault is what is wrong with a body.
type Fault string

// The faults.
const (
	Missing Fault = "missing" // there is none, and no note that says why
	Altered Fault = "altered" // what is there has another hash
	Deleted Fault = "deleted" // a note is in its place
)

func (f Fault) Error() string { return "the body is " + string(f) }

// Note says when and why a body was deleted.
type Note struct {
	Deleted time.Time `json:"deleted"` // UTC, to the second
	Before  time.Time `json:"before"`  // what was recorded before this was to be deleted
}

// encode is the form in which a store keeps a note.
func (n Note) encode() []byte {
	data, err := json.Marshal(n)
	if err != nil { // years of four digits always marshal
		panic("bodies: encode note: " + err.Error())
	}
	return append(data, '\n')
}

// noteSuffix ends the name of a note.
const noteSuffix = ".deleted"

// name is the place of a body: so many folders that none of them has too many bodies.
func name(hash Hash) string {
	text := hex.EncodeToString(hash[:])
	return text[:2] + "/" + text[2:]
}

// check returns the hash of a body that can be put.
func check(ctx context.Context, body []byte) (Hash, error) {
	if len(body) == 0 || len(body) > MaxBytes {
		return Hash{}, waymark.Errorf(waymark.Invalid, "a body has 1 to %d bytes", MaxBytes)
	}
	return sha256.Sum256(body), ctx.Err()
}

// as returns what was read if it is the body of a hash.
func as(hash Hash, read []byte) ([]byte, error) {
	if len(read) == 0 || len(read) > MaxBytes || sha256.Sum256(read) != hash {
		return nil, Altered
	}
	return read, nil
}

// broken is the error of a store that does not do its work. Callers are told no more than that.
func broken(doing string, err error) error {
	unavailable := waymark.Errorf(waymark.Unavailable, "the store of bodies cannot be used: its operator has to look after it")
	return fmt.Errorf("%w: %s: %w", unavailable, doing, err)
}
