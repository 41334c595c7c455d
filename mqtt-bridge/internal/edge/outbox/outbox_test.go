package outbox_test

import (
	"bytes"
	"context"
	"crypto"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/edge/outbox"
)

// signer signs with ECDSA, whose signatures differ each time: signed anew is never the same.
type signer struct {
	key    crypto.Signer
	failAt uint64 // the number at which it fails, 0 for none
}

func newSigner(t *testing.T) *signer {
	t.Helper()
	key, err := attest.GenerateKey(attest.ES256)
	if err != nil {
		t.Fatal(err)
	}
	return &signer{key: key}
}

func (s *signer) Sign(device string, number uint64, previous, pack []byte) (attest.Signed, error) {
	if number == s.failAt {
		return attest.Signed{}, errors.New("no")
	}
	return attest.Sign(attest.COSE, s.key, attest.Header{Device: device, Consortium: "waymark", KeyID: "k1", Kind: attest.PackCBOR,
		Sequence: number, Previous: previous}, pack)
}

func open(t *testing.T, dir string, s *signer) *outbox.Outbox {
	t.Helper()
	box, err := outbox.Open(dir, outbox.Limits{Bytes: 1 << 20}, []string{"a", "ab"}, s)
	if err != nil {
		t.Fatal(err)
	}
	return box
}

func packs(device string, n int) []outbox.Pack {
	all := make([]outbox.Pack, n)
	for i := range all {
		all[i] = outbox.Pack{Device: device, Payload: fmt.Appendf(nil, "%s %d", device, i)}
	}
	return all
}

func add(t *testing.T, box *outbox.Outbox, p ...outbox.Pack) {
	t.Helper()
	if err := box.Append(p, nil); err != nil {
		t.Fatal(err)
	}
}

func pending(t *testing.T, box *outbox.Outbox, device string, after uint64) []outbox.Message {
	t.Helper()
	messages, err := box.Pending(device, after, 1000)
	if err != nil {
		t.Fatal(err)
	}
	return messages
}

func closed(t *testing.T, box *outbox.Outbox) {
	t.Helper()
	if err := box.Close(); err != nil {
		t.Fatal(err)
	}
}

// flush lets the outbox write the acknowledgements that it knows.
func flush(t *testing.T, box *outbox.Outbox) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := box.Run(ctx); err != nil {
		t.Fatal(err)
	}
}

// numbers reads the messages, and checks that they chain.
func numbers(t *testing.T, messages []outbox.Message) (all []uint64) {
	t.Helper()
	var digest []byte
	for _, m := range messages {
		parsed, err := attest.Parse(attest.Text(m.Raw))
		if err != nil || parsed.Sequence != m.Number || digest != nil && !bytes.Equal(parsed.Previous, digest) {
			t.Fatalf("message %d is number %d, or does not chain: %v", m.Number, parsed.Sequence, err)
		}
		d, err := parsed.Digest()
		if err != nil {
			t.Fatal(err)
		}
		digest = d[:]
		all = append(all, m.Number)
	}
	return all
}

func TestMessagesWaitUntilTheyAreAcknowledged(t *testing.T) {
	dir, s := t.TempDir(), newSigner(t)
	box := open(t, dir, s)
	add(t, box, slices.Concat(packs("a", 2), packs("ab", 1), packs("a", 1))...)
	first := pending(t, box, "a", 0)
	if got := numbers(t, first); !slices.Equal(got, []uint64{1, 2, 3}) {
		t.Fatalf("numbers %v", got)
	}
	select {
	case <-box.Ready("ab"):
	default:
		t.Error("ab is not told")
	}
	box.Acknowledge("a", 2) // not yet written: a restart publishes the very same bytes again
	closed(t, box)
	box = open(t, dir, s)
	if again := pending(t, box, "a", 0); len(again) != 3 || !bytes.Equal(again[0].Raw, first[0].Raw) || !bytes.Equal(again[2].Raw, first[2].Raw) {
		t.Fatal("other bytes after a restart")
	}
	box.Acknowledge("a", 2)
	flush(t, box)
	closed(t, box)
	box = open(t, dir, s)
	add(t, box, packs("a", 1)...)
	if got := numbers(t, pending(t, box, "a", 0)); !slices.Equal(got, []uint64{3, 4}) {
		t.Errorf("numbers %v", got)
	}
	if got := numbers(t, pending(t, box, "a", 3)); !slices.Equal(got, []uint64{4}) {
		t.Errorf("numbers above 3: %v", got)
	}
	if u := box.Usage(); u.Messages != 3 || u.Damaged != 0 {
		t.Errorf("usage %+v", u)
	}
	closed(t, box)
}

func TestWhatFailsUsesNoNumber(t *testing.T) {
	s := newSigner(t)
	box := open(t, t.TempDir(), s)
	s.failAt = 3
	if err := box.Append(packs("a", 3), []outbox.Fingerprint{{1}}); err == nil {
		t.Fatal("signed")
	}
	if got := pending(t, box, "a", 0); len(got) != 0 || box.Known(outbox.Fingerprint{1}) || box.Usage().Messages != 0 {
		t.Fatalf("%d messages are there", len(got))
	}
	s.failAt = 0
	add(t, box, packs("a", 3)...)
	if got := numbers(t, pending(t, box, "a", 0)); !slices.Equal(got, []uint64{1, 2, 3}) {
		t.Errorf("numbers %v", got)
	}
	closed(t, box)
}

func TestFull(t *testing.T) {
	s := newSigner(t)
	box, err := outbox.Open(t.TempDir(), outbox.Limits{Bytes: 1000}, []string{"a"}, s)
	if err != nil {
		t.Fatal(err)
	}
	for err == nil {
		err = box.Append(packs("a", 1), nil)
	}
	n := uint64(box.Usage().Messages)
	if !errors.Is(err, outbox.ErrFull) || n == 0 || box.Usage().Bytes > 1000 {
		t.Fatalf("%v with %+v", err, box.Usage())
	}
	box.Acknowledge("a", 2)
	flush(t, box)
	add(t, box, packs("a", 1)...)
	if got := numbers(t, pending(t, box, "a", 0)); got[0] != 3 || got[len(got)-1] != n+1 {
		t.Errorf("numbers %v", got)
	}
	closed(t, box)
}
