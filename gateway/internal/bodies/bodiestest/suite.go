package bodiestest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/internal/bodies"
)

// Place is an empty store, and how to get at what it keeps.
type Place struct {
	Store bodies.Medium
	// Again opens the same store anew, as another gateway or this one after a restart.
	Again func(t *testing.T) bodies.Medium
	// Spoil puts other bytes in the place of a body.
	Spoil func(t *testing.T, hash bodies.Hash, data []byte)
	// Lose removes a body, and leaves no note.
	Lose func(t *testing.T, hash bodies.Hash)
}

// Run checks what every store promises. open makes a place of its own for each call.
func Run(t *testing.T, open func(t *testing.T) Place) {
	t.Run("what is put is there", func(t *testing.T) { testPut(t, open(t)) })
	t.Run("bounds", func(t *testing.T) { testBounds(t, open(t)) })
	t.Run("what is not there is missing", func(t *testing.T) { testMissing(t, open(t)) })
	t.Run("what was altered is found", func(t *testing.T) { testAltered(t, open(t)) })
	t.Run("what was altered can be mended", func(t *testing.T) { testMended(t, open(t)) })
	t.Run("the first owner stays", func(t *testing.T) { testOwner(t, open(t)) })
	t.Run("what is deleted leaves a note", func(t *testing.T) { testDeleted(t, open(t)) })
	t.Run("many at once", func(t *testing.T) { testMany(t, open(t)) })
	t.Run("nobody waits", func(t *testing.T) { testDone(t, open(t)) })
}

var note = bodies.Note{Deleted: time.Unix(1772352000, 0).UTC(), Before: time.Unix(1772300000, 0).UTC()}

func put(t *testing.T, s bodies.Store, body []byte) bodies.Hash {
	t.Helper()
	hash, err := s.Put(t.Context(), body)
	if err != nil {
		t.Fatal(err)
	}
	return hash
}

// has wants a store to have a body, or to have the fault.
func has(t *testing.T, s bodies.Store, hash bodies.Hash, want []byte, fault error) {
	t.Helper()
	got, err := s.Body(t.Context(), hash)
	if !errors.Is(err, fault) || !bytes.Equal(got, want) {
		t.Errorf("body of %d bytes, %v; want %d, %v", len(got), err, len(want), fault)
	}
}

func testPut(t *testing.T, p Place) {
	if err := p.Store.Check(t.Context()); err != nil {
		t.Error(err)
	}
	for _, body := range [][]byte{{0}, []byte("a bundle"), bytes.Repeat([]byte{7}, bodies.MaxBytes)} {
		hash := put(t, p.Store, body)
		if hash != sha256.Sum256(body) {
			t.Errorf("hash %x", hash)
		}
		if again := put(t, p.Store, slices.Clone(body)); again != hash {
			t.Errorf("put again it is %x", again)
		}
		has(t, p.Store, hash, body, nil)
		has(t, p.Again(t), hash, body, nil)
	}
}

func testBounds(t *testing.T, p Place) {
	for _, n := range []int{0, bodies.MaxBytes + 1} {
		if _, err := p.Store.Put(t.Context(), make([]byte, n)); waymark.CodeOf(err) != waymark.Invalid {
			t.Errorf("%d bytes: %v", n, err)
		}
	}
}

func testMissing(t *testing.T, p Place) {
	has(t, p.Store, bodies.Hash{1}, nil, bodies.Missing)
	hash := put(t, p.Store, []byte("x"))
	p.Lose(t, hash)
	has(t, p.Store, hash, nil, bodies.Missing)
	put(t, p.Store, []byte("x"))
	has(t, p.Store, hash, []byte("x"), nil)
}

// testAltered: what is there is not written over, whatever it is: somebody may want to know how it came to that.
func testAltered(t *testing.T, p Place) {
	body := []byte("what the devices said")
	for name, other := range map[string][]byte{"nothing": {}, "less": body[:7], "more": append(slices.Clone(body), 0), "other": []byte("What the devices said"), "much": make([]byte, bodies.MaxBytes+2)} {
		hash := put(t, p.Store, body)
		p.Spoil(t, hash, other)
		has(t, p.Store, hash, nil, bodies.Altered)
		if _, err := p.Store.Put(t.Context(), body); !errors.Is(err, bodies.Altered) {
			t.Errorf("%s: put again: %v", name, err)
		}
		has(t, p.Again(t), hash, nil, bodies.Altered)
		p.Lose(t, hash)
	}
}

func testMended(t *testing.T, p Place) {
	body := []byte("what the devices said")
	for _, other := range [][]byte{{}, body[:7], append(slices.Clone(body), 0)} {
		hash := put(t, p.Store, body)
		p.Spoil(t, hash, other)
		if err := p.Store.Mend(t.Context(), body); err != nil {
			t.Error(err)
		}
		has(t, p.Again(t), hash, body, nil)
	}
	for _, n := range []int{0, bodies.MaxBytes + 1} {
		if err := p.Store.Mend(t.Context(), make([]byte, n)); waymark.CodeOf(err) != waymark.Invalid {
			t.Errorf("%d bytes: %v", n, err)
		}
	}
}

// testOwner: of many who sign at once one has signed, for good.
func testOwner(t *testing.T, p Place) {
	if text, err := p.Store.Owner(t.Context()); err != nil || text != nil {
		t.Errorf("nobody's: %q, %v", text, err)
	}
	stores := []bodies.Medium{p.Store, p.Again(t)}
	var all sync.WaitGroup
	found := make([]string, 8)
	for n := range found {
		all.Go(func() {
			s := stores[n%2]
			if err := s.Sign(t.Context(), fmt.Append(nil, "member ", n)); err != nil {
				t.Error(err)
			}
			text, err := s.Owner(t.Context())
			if err != nil {
				t.Error(err)
			}
			found[n] = string(text)
		})
	}
	all.Wait()
	text, err := p.Again(t).Owner(t.Context())
	if err != nil || len(text) == 0 {
		t.Errorf("owner %q, %v", text, err)
	}
	for n, f := range found {
		if f != string(text) {
			t.Errorf("%d found %q, and it is %q", n, f, text)
		}
	}
}

func testDeleted(t *testing.T, p Place) {
	hash := put(t, p.Store, []byte("old"))
	for range 2 {
		if err := p.Store.Delete(t.Context(), hash, note); err != nil {
			t.Fatal(err)
		}
		has(t, p.Store, hash, nil, bodies.Deleted)
		has(t, p.Again(t), hash, nil, bodies.Deleted)
	}
	never := bodies.Hash{2}
	if err := p.Store.Delete(t.Context(), never, note); err != nil {
		t.Fatal(err)
	}
	has(t, p.Store, never, nil, bodies.Deleted)
	put(t, p.Store, []byte("old"))
	has(t, p.Store, hash, []byte("old"), nil)
}

func testMany(t *testing.T, p Place) {
	stores := []bodies.Store{p.Store, p.Again(t)}
	var all sync.WaitGroup
	for n := range 32 {
		all.Go(func() {
			body := fmt.Append(nil, n/4) // four put the same
			hash, err := stores[n%2].Put(t.Context(), body)
			if err != nil || hash != sha256.Sum256(body) {
				t.Errorf("%x: %v", hash, err)
			}
			if got, err := stores[(n+1)%2].Body(t.Context(), hash); err != nil || !bytes.Equal(got, body) {
				t.Errorf("%x: %v", got, err)
			}
		})
	}
	all.Wait()
}

// testDone: who has gone is not served, and no body has a fault for it.
func testDone(t *testing.T, p Place) {
	hash := put(t, p.Store, []byte("x"))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, putting := p.Store.Put(ctx, []byte("y"))
	_, reading := p.Store.Body(ctx, hash)
	for what, err := range map[string]error{"put": putting, "body": reading, "delete": p.Store.Delete(ctx, hash, note), "check": p.Store.Check(ctx)} {
		var fault bodies.Fault
		if err == nil || errors.As(err, &fault) {
			t.Errorf("%s: %v", what, err)
		}
	}
	has(t, p.Store, hash, []byte("x"), nil)
}
