package outbox_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/boltfile"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/edge/outbox"
	bolt "go.etcd.io/bbolt"
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

func TestFingerprintsAreKept(t *testing.T) {
	dir, s := t.TempDir(), newSigner(t)
	box := open(t, dir, s)
	of := func(i int) outbox.Fingerprint {
		return outbox.Fingerprint(sha256.New().Sum(fmt.Appendf(nil, "%016d", i))[:16])
	}
	const most = 1 << 15
	var all []outbox.Fingerprint
	for i := range most + 10 {
		all = append(all, of(i))
	}
	for part := range slices.Chunk(all, 20000) {
		if err := box.Append(nil, part); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 { // before and after a restart
		if box.Known(of(9)) || !box.Known(of(10)) || !box.Known(of(most+9)) || box.Known(of(most+10)) {
			t.Error("not the newest are known")
		}
		closed(t, box)
		box = open(t, dir, s)
	}
	closed(t, box)
	f := outbox.FingerprintOf(1, "a", []byte("b"))
	if f == outbox.FingerprintOf(1, "ab", nil) || f == outbox.FingerprintOf(2, "a", []byte("b")) || f != outbox.FingerprintOf(1, "a", []byte("b")) {
		t.Error("fingerprints do not tell messages apart")
	}
}

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

func TestADamagedPlaceIsAnErrorUntilItIsRecovered(t *testing.T) {
	dir, s := t.TempDir(), newSigner(t)
	box := open(t, dir, s)
	add(t, box, packs("a", 3)...)
	closed(t, box)
	change(t, dir, flip("streams", 0))
	if _, err := outbox.Open(dir, outbox.Limits{Bytes: 1 << 20}, []string{"a"}, s); err == nil {
		t.Fatal("opened")
	}
	if last, err := outbox.Recover(dir, "a", 7); err != nil || last != 8 {
		t.Fatal(last, err)
	}
	box = open(t, dir, s)
	add(t, box, packs("a", 1)...)
	messages := pending(t, box, "a", 0)
	parsed, err := attest.Parse(attest.Text(messages[0].Raw))
	if err != nil || len(messages) != 1 || parsed.Sequence != 9 || !bytes.Equal(parsed.Previous, make([]byte, 32)) {
		t.Errorf("%d messages, the first %+v, %v", len(messages), parsed, err)
	}
	closed(t, box)
	change(t, dir, flip("streams", 0))
	if _, err := outbox.Recover(dir, "ab", 3); err != nil { // while that of a is damaged
		t.Fatal(err)
	}
	if last, err := outbox.Recover(dir, "a", 9); err != nil || last != 10 {
		t.Fatal(last, err)
	}
	closed(t, open(t, dir, s))
	if last, err := outbox.Recover(dir, "a", 2); err != nil || last != 11 { // its own place is further on than the ledger
		t.Error(last, err)
	}
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
	if _, err := outbox.Recover(dir, "device-07", 1); err == nil {
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

func TestWhatItKnowsOfBefore(t *testing.T) {
	dir, s := t.TempDir(), newSigner(t)
	box := open(t, dir, s)
	at := time.UnixMilli(1772352000123)
	for i := range waymark.MaxMeasured - 1 { // with t as many as are kept; n0 is the oldest
		add(t, box, outbox.Pack{Device: "a", Payload: []byte("0"), Latest: map[string]time.Time{fmt.Sprint("n", i): at.Add(time.Duration(i) * time.Second)}})
	}
	add(t, box, outbox.Pack{Device: "a", Payload: []byte("1"), Latest: map[string]time.Time{"t": at.Add(time.Hour)}},
		outbox.Pack{Device: "a", Payload: []byte("2"), Latest: map[string]time.Time{"t": at, "more": at.Add(time.Hour)}})
	closed(t, box)
	box, err := outbox.Open(dir, outbox.Limits{Bytes: 1 << 20}, []string{"ab"}, s) // a is not listed any more
	if err != nil {
		t.Fatal(err)
	}
	known := box.Latest("a")
	if len(known) != waymark.MaxMeasured || !known["n0"].IsZero() || !known["n1"].Equal(at.Add(time.Second)) || !known["t"].Equal(at.Add(time.Hour)) || known["more"].IsZero() {
		t.Errorf("of a: %v", known)
	}
	if len(box.Latest("ab")) != 0 || box.Usage().Unlisted != waymark.MaxMeasured+1 {
		t.Errorf("%v, %+v", box.Latest("ab"), box.Usage())
	}
	closed(t, box)
}
