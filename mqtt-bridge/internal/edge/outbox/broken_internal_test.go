package outbox

import (
	"errors"
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
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
