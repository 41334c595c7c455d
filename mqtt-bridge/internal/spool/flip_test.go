package spool

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Of a file of bbolt's: the head of a page, a meta page after it, and the kinds of pages.
const (
	pageHead, metaSize   = 16, 64
	branchFlag, leafFlag = 1, 2
)

var order = binary.NativeEndian

// contents is what can be read of a spool, by what it is.
func contents(t *testing.T, s *Spool) map[string]int {
	t.Helper()
	got := map[string]int{}
	for queue := range queues {
		entries, err := s.Oldest(queue, 1<<20, 1<<30, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			got[fmt.Sprintf("waits %s %t %.40s", e.Device, e.Corrupt, e.Payload)]++
		}
	}
	for after := uint64(0); ; {
		page, err := s.List(after, 100)
		if err != nil {
			t.Fatal(err)
		}
		for _, q := range page {
			got[fmt.Sprintf("quarantined %s %s %.40s", q.Device, q.Code, q.Payload)]++
			after = q.Number
		}
		if len(page) < 100 {
			break
		}
	}
	got[fmt.Sprintf("held %d", s.Usage().Held)]++
	return got
}

// fill makes a spool with everything in it: several levels of pages, records larger than a page, pages that are
// free again, a quarantine and what is held.
func fill(t *testing.T, dir string) (raw []byte, want map[string]int) {
	t.Helper()
	s := mustOpen(t, dir)
	verdict := &Verdict{Code: Unreadable, Detail: "no message", Time: time.UnixMilli(1.7e12).UTC()}
	var group []Message
	for i := range 600 {
		m := message(i%11, fmt.Sprintf("message %d %s", i, strings.Repeat("x", 60)))
		switch {
		case i%100 == 7:
			m.Payload = append(m.Payload, make([]byte, 20000)...)
		case i%13 == 5:
			m.Verdict = verdict
		case i%17 == 3:
			m.Statement = true
		}
		if group = append(group, m); len(group) < 30 {
			continue
		}
		if n, err := s.Append(group); err != nil || n != len(group) {
			t.Fatal(n, err)
		}
		group = nil
	}
	entries, err := s.Oldest(ShardOf("logger-3"), 200, 1<<20, nil)
	if err != nil {
		t.Fatal(err)
	}
	var settled []Settlement
	for i, e := range entries {
		if i%3 > 0 {
			settled = append(settled, Settlement{Number: e.Number})
		}
	}
	if err := s.Settle(ShardOf("logger-3"), settled); err != nil {
		t.Fatal(err)
	}
	want = contents(t, s)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if raw, err = os.ReadFile(s.path); err != nil {
		t.Fatal(err)
	}
	return raw, want
}

// flipped bits are looked for in a file in which one is flipped, at each place that is given. What is there must be
// refused as damaged, or be all there, but for one record that says that it is corrupt.
func TestNoFlippedBitIsSkipped(t *testing.T) {
	raw, want := fill(t, t.TempDir())
	dir := t.TempDir()
	whole, err := examineCopy(t, dir, raw)
	if err != nil || whole.Corrupt > 0 {
		t.Fatal(whole, err)
	}
	total := whole.Messages + whole.Quarantined + whole.Held
	random := rand.New(rand.NewPCG(1, 2))
	pageBytes := os.Getpagesize()
	refused, corrupt, unharmed := 0, 0, 0
	for page := 0; page*pageBytes < len(raw); page++ {
		for _, span := range []int{pageHead, 80, 80, 400, pageBytes} { // its head, the heads of its elements, all
			at := page*pageBytes + random.IntN(span)
			bit := byte(1) << random.IntN(8)
			raw[at] ^= bit
			r, err := examineCopy(t, dir, raw)
			switch found := r.Messages + r.Quarantined + r.Held + r.Corrupt; {
			case errors.Is(err, ErrDamaged):
				refused++
			case err != nil:
				t.Fatalf("byte %d: %v", at, err)
			case r.Corrupt > 1 || found != total:
				t.Fatalf("byte %d, bit %b: %d records are corrupt", at, bit, r.Corrupt)
			case r.Corrupt == 1:
				corrupt++
				expect(t, dir, want, 1)
			case r.Torn || page > 1 && r.Mended:
				t.Fatalf("byte %d, bit %b: %+v", at, bit, r)
			default:
				if unharmed++; unharmed%40 == 0 { // what its report says is so
					expect(t, dir, want, 0)
				}
			}
			raw[at] ^= bit
		}
	}
	if refused < 50 || corrupt < 20 || unharmed < 50 {
		t.Errorf("%d refused, %d corrupt, %d unharmed: the places are not telling", refused, corrupt, unharmed)
	}
	t.Logf("%d pages: %d refused, %d corrupt, %d unharmed", len(raw)/pageBytes, refused, corrupt, unharmed)
}

func examineCopy(t *testing.T, dir string, raw []byte) (Report, error) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, fileName), raw, 0o600); err != nil {
		t.Fatal(err)
	}
	return Check(dir)
}

// expect opens a spool and wants all in it, but for so many records that are corrupt.
func expect(t *testing.T, dir string, want map[string]int, corrupt int) {
	t.Helper()
	s, err := Open(dir, roomy())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	if missing := missing(want, contents(t, s)); missing > corrupt {
		t.Fatalf("%d are missing, want %d", missing, corrupt)
	}
}

func missing(want, got map[string]int) int {
	n := 0
	for what, count := range want {
		n += max(0, count-got[what])
	}
	return n
}

// Each bit of both meta pages: the newer one has the last transaction, which must not be lost without a word.
func TestFlippedBitInAMetaPageIsMended(t *testing.T) {
	raw, want := fill(t, t.TempDir())
	dir := t.TempDir()
	for _, offset := range []int{pageHead, os.Getpagesize() + pageHead} {
		for bit := 0; bit < metaSize*8; bit += 3 {
			raw[offset+bit/8] ^= 1 << (bit % 8)
			r, err := examineCopy(t, dir, raw)
			if err != nil || !r.Mended || r.Torn {
				t.Fatalf("bit %d from %d: %+v, %v", bit, offset, r, err)
			}
			if r, err = Check(dir); err != nil || r.Mended { // it is right on the disk
				t.Fatalf("again: %+v, %v", r, err)
			}
			raw[offset+bit/8] ^= 1 << (bit % 8)
		}
	}
	expect(t, dir, want, 0)
}

// What is worse than a flipped bit is told.
func TestMetaPageThatIsGone(t *testing.T) {
	raw, _ := fill(t, t.TempDir())
	dir := t.TempDir()
	clear(raw[pageHead : pageHead+20])
	if r, err := examineCopy(t, dir, raw); err != nil || !r.Torn || r.Mended {
		t.Errorf("%+v, %v", r, err)
	}
	clear(raw[os.Getpagesize()+pageHead : os.Getpagesize()+pageHead+20])
	if _, err := examineCopy(t, dir, raw); !errors.Is(err, ErrDamaged) {
		t.Errorf("both gone: %v", err)
	}
	if s, err := Open(dir, roomy()); !errors.Is(err, ErrDamaged) {
		_ = s.Close()
		t.Errorf("opened: %v", err)
	}
}

// pagesOf is where the pages of a tree begin, without those that continue one.
func pagesOf(raw []byte) (at []int) {
	size := os.Getpagesize()
	for page := 2; page*size < len(raw); page++ {
		if flags := order.Uint16(raw[page*size+8:]); order.Uint64(raw[page*size:]) == uint64(page) && (flags == leafFlag || flags == branchFlag) {
			at = append(at, page*size)
		}
	}
	return at
}

// A file of which a part is gone is salvaged: what is in the pages that are left is there.
func TestSalvage(t *testing.T) {
	whole, all := fill(t, t.TempDir())
	for _, test := range []struct {
		name   string
		damage func(raw []byte)
		lost   int // at most
	}{
		{"nothing", func([]byte) {}, 0},
		{"both meta pages", func(raw []byte) { clear(raw[:2*os.Getpagesize()]) }, 0},
		{"the branches", func(raw []byte) {
			for _, at := range pagesOf(raw) {
				if order.Uint16(raw[at+8:]) == branchFlag {
					clear(raw[at : at+os.Getpagesize()])
				}
			}
		}, 0},
		{"what pages say of themselves", func(raw []byte) {
			for _, at := range pagesOf(raw) {
				order.PutUint64(raw[at:], 1<<40)
			}
		}, 0},
		{"how many records are in a page", func(raw []byte) {
			for _, at := range pagesOf(raw) {
				order.PutUint16(raw[at+10:], 1)
			}
		}, 0},
		{"one page", func(raw []byte) {
			pages := pagesOf(raw)
			at := pages[len(pages)/2]
			clear(raw[at : at+os.Getpagesize()])
		}, 60},
	} {
		t.Run(test.name, func(t *testing.T) {
			raw, want := bytes.Clone(whole), maps.Clone(all)
			dir := t.TempDir()
			test.damage(raw)
			if err := os.WriteFile(filepath.Join(dir, fileName), raw, 0o600); err != nil {
				t.Fatal(err)
			}
			report, old, err := Salvage(dir, time.Unix(1.7e9, 0))
			if err != nil {
				t.Fatal(err)
			}
			if kept, err := os.ReadFile(old); err != nil || len(kept) != len(raw) {
				t.Errorf("the damaged file is not kept: %v", err)
			}
			s, err := Open(dir, Limits{Bytes: 1 << 30, QuarantineBytes: 1 << 30, DeviceMessages: 5, DeviceBytes: 1 << 20})
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = s.Close() }()
			delete(want, fmt.Sprintf("held %d", s.Usage().Held))
			if n := missing(want, contents(t, s)); n > test.lost {
				t.Errorf("%d of %d are lost; %+v", n, len(want), report)
			}
			if _, err := s.Append([]Message{message(1, "more")}); err != nil {
				t.Error(err)
			}
		})
	}
}

// Without the record that counts them nobody can say how many are missing, and so the report does not say that none is.
func TestSalvageSaysWhatItDoesNotKnow(t *testing.T) {
	whole, _ := fill(t, t.TempDir())
	for _, test := range []struct {
		name   string
		damage func([]byte) []byte
		want   bool
	}{
		{"both meta pages", func(raw []byte) []byte { clear(raw[:2*os.Getpagesize()]); return raw }, false},
		{"each count", func(raw []byte) []byte {
			return bytes.ReplaceAll(raw, []byte(stateKey), bytes.Repeat([]byte("x"), len(stateKey)))
		}, true},
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, fileName), test.damage(bytes.Clone(whole)), 0o600); err != nil {
			t.Fatal(err)
		}
		if report, _, err := Salvage(dir, time.Now()); err != nil || report.Uncounted != test.want {
			t.Errorf("%s: %+v, %v", test.name, report, err)
		}
	}
}

func TestNoSecondProcessLooksAtAnOpenSpool(t *testing.T) {
	dir := t.TempDir()
	mustOpen(t, dir)
	if _, err := Check(dir); err == nil || errors.Is(err, ErrDamaged) {
		t.Errorf("checked: %v", err)
	}
	if _, _, err := Salvage(dir, time.Now()); err == nil {
		t.Error("salvaged")
	}
}
