package oldstore

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/oldstore/oldstoretest"
)

// published are n messages of two devices, and one at QoS 2 that is not released.
func published(n int) (all []oldstoretest.Published) {
	for i := range n {
		all = append(all, oldstoretest.Published{Device: fmt.Sprintf("logger-%d", i%2), QoS: 1, Payload: fmt.Appendf(make([]byte, 1024), "%d", i)})
	}
	return append(all, oldstoretest.Published{Device: "held", QoS: 2, Payload: []byte("held")})
}

// made is a store of n messages and that one, none of which the bridge has, and the file of the former.
func made(t *testing.T, n int) (dir, file string) {
	t.Helper()
	dir = t.TempDir()
	oldstoretest.Make(t, dir, published(n), 0, false)
	file = filepath.Join(dir, "jetstream", "$G", "streams", messagesStream, "msgs", "1.blk")
	if _, err := os.Stat(file); err != nil {
		t.Fatal(err)
	}
	return dir, file
}

// What the bridge had not acknowledged is there, in order, whether the broker stopped or was killed.
func TestAllThatWaits(t *testing.T) {
	for _, test := range []struct {
		taken  int
		killed bool
	}{{0, false}, {0, true}, {120, false}, {120, true}, {200, false}} {
		t.Run(fmt.Sprintf("taken=%d,killed=%t", test.taken, test.killed), func(t *testing.T) {
			dir, all := t.TempDir(), published(200)
			oldstoretest.Make(t, dir, all, test.taken, test.killed)
			s, err := Open(dir)
			if err != nil {
				t.Fatal(err)
			}
			var got []oldstoretest.Published
			if err := s.Each(func(m Message) error {
				if m.Received.Year() < 2020 {
					t.Errorf("received %v", m.Received)
				}
				got = append(got, oldstoretest.Published{Device: m.Device, Payload: m.Payload})
				return nil
			}); err != nil {
				t.Fatal(err)
			}
			equal := func(a, b oldstoretest.Published) bool {
				return a.Device == b.Device && slices.Equal(a.Payload, b.Payload)
			}
			want := all[test.taken:]
			if len(got) < len(want) || !slices.EqualFunc(got[len(got)-len(want):], want, equal) || !slices.EqualFunc(got, all[len(all)-len(got):], equal) {
				t.Errorf("%d messages, not the last %d in order", len(got), len(want))
			}
			t.Logf("%d messages, %d of which had left", len(got), len(got)-len(want))
		})
	}
}

// A bit that flips is found, wherever it is.
func TestAFlippedBit(t *testing.T) {
	dir, file := made(t, 200)
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(7, 0))
	length := len(whole) / 200
	places := []int{}
	for range 50 {
		places = append(places, random.IntN(8*len(whole)))
	}
	for bit := range 8 * 60 { // the head of a record, its subject and headers
		places = append(places, 8*length+bit)
	}
	for _, bit := range places {
		raw := slices.Clone(whole)
		raw[bit/8] ^= 1 << (bit % 8)
		if err := os.WriteFile(file, raw, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(dir); !errors.Is(err, ErrDamaged) {
			t.Errorf("bit %d of %d: %v", bit, 8*len(whole), err)
		}
	}
}

// What a power loss left of a record is of a message that was not acknowledged. After a stop in order there is none such.
func TestATornEnd(t *testing.T) {
	dir, file := made(t, 20)
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	write := func(raw []byte) {
		if err := os.WriteFile(file, raw, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for cut := 1; cut < 1100; cut += 37 {
		write(raw[:len(raw)-cut])
		if _, err := Open(dir); err != nil {
			t.Errorf("%d bytes less: %v", cut, err)
		}
	}
	write(append(raw[:len(raw):len(raw)], make([]byte, 4096)...))
	if _, err := Open(dir); err != nil {
		t.Errorf("room that was made for more: %v", err)
	}
	write(append(raw[:len(raw)-5:len(raw)-5], make([]byte, 4096)...))
	if _, err := Open(dir); !errors.Is(err, ErrDamaged) {
		t.Errorf("a record without its end: %v", err)
	}
	name, err := filepath.Rel(dir, file)
	if err != nil {
		t.Fatal(err)
	}
	noted, err := json.Marshal(map[string]int64{name: int64(len(raw))})
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, sealFile), append(sumOf(noted), noted...), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	write(raw)
	if _, err := Open(dir); err != nil {
		t.Errorf("as it was noted: %v", err)
	}
	write(raw[:len(raw)-1])
	if _, err := Open(dir); !errors.Is(err, ErrDamaged) {
		t.Errorf("shorter than it was noted: %v", err)
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir); !errors.Is(err, ErrDamaged) {
		t.Errorf("gone: %v", err)
	}
}

func TestNoStore(t *testing.T) {
	for _, dir := range []string{t.TempDir(), filepath.Join(t.TempDir(), "absent")} {
		if _, err := Open(dir); !errors.Is(err, ErrNone) {
			t.Errorf("%s: %v", dir, err)
		}
	}
}
