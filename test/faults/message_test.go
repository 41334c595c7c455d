//go:build e2e && linux

package faults_test

import (
	"context"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/test/internal/device"
)

// The messages of a row about them.
const (
	goodMessages = 100
	oldMessages  = 10 // that a device signs anew with numbers it has used
	shuffled     = 8  // messages within which a device's are out of order
)

// messages are the rows of what devices send.
func messages() []fault {
	return []fault{
		{name: "a poison message, and a forged one, among a hundred good ones of a device", inflict: poison, quarantined: map[string]int{"unreadable": 1, "unauthenticated": 1}},
		{name: "a device sends its whole history again", inflict: history},
		{name: "duplicates, and an order that is none", inflict: disorder, late: true, remark: "Late is what the device sent late."},
		{name: "a device is restored from an older copy and uses numbers again", inflict: restored, quarantined: map[string]int{"already_exists": oldMessages}},
	}
}

// publish publishes any bytes and waits for their PUBACK.
func (s *source) publish(ctx context.Context, t *testing.T, raw []byte) {
	t.Helper()
	if err := s.session.PublishRaw(ctx, raw); err != nil {
		t.Fatal(err)
	}
}

func poison(ctx context.Context, t *testing.T, r *row) {
	t.Helper()
	s := r.newSource(ctx, t)
	bad := [][]byte{[]byte("poison"), forged(t, s)}
	for _, raw := range bad {
		s.sendMany(ctx, t, goodMessages/len(bad)/2, 0)
		s.publish(ctx, t, raw)
		r.extra = append(r.extra, raw)
		s.sendMany(ctx, t, goodMessages/len(bad)/2, 0)
	}
}

// forged is a message of a device's stream that is signed by a key that is not its own.
func forged(t *testing.T, s *source) []byte {
	t.Helper()
	key, err := attest.GenerateKey(attest.Ed25519)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := attest.Sign(attest.JWS, key, attest.Header{Device: s.device.ID(), Consortium: local.at.Consortium, KeyID: s.device.KeyID(), Kind: attest.PackJSON, Sequence: 1},
		[]byte(`[{"n":"temperature","u":"Cel","v":4,"t":1893456000}]`))
	if err != nil {
		t.Fatal(err)
	}
	return signed.Raw
}

func history(ctx context.Context, t *testing.T, r *row) {
	t.Helper()
	s := r.newSource(ctx, t)
	s.sendMany(ctx, t, goodMessages, 0)
	for _, m := range s.sent {
		s.publish(ctx, t, m.Raw)
	}
}

// disorder publishes each message of a device twice, each few of them shuffled.
func disorder(ctx context.Context, t *testing.T, r *row) {
	t.Helper()
	s := r.newSource(ctx, t)
	random := rand.New(rand.NewPCG(*seed, 1))
	for len(s.sent) < goodMessages {
		var some []device.Message
		for range shuffled {
			m, err := s.sign(time.Now())
			if err != nil {
				t.Fatal(err)
			}
			some = append(some, m, m)
		}
		random.Shuffle(len(some), func(i, j int) { some[i], some[j] = some[j], some[i] })
		for _, m := range some {
			s.publish(ctx, t, m.Raw)
			if err := s.device.Acknowledge(m.Sequence); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// restored lets a copy of a device that was made earlier sign as well.
func restored(ctx context.Context, t *testing.T, r *row) {
	t.Helper()
	s := r.newSource(ctx, t)
	s.sendMany(ctx, t, goodMessages/2, 0)
	dir := t.TempDir()
	copyFiles(t, s.home, filepath.Join(dir, s.device.ID()))
	s.sendMany(ctx, t, goodMessages/2, 0)
	older, err := device.Open(dir, s.device.ID())
	if err != nil {
		t.Fatal(err)
	}
	defer older.Close()
	copied := &source{device: older}
	for range oldMessages {
		m, err := copied.sign(time.Now())
		if err != nil {
			t.Fatal(err)
		}
		s.publish(ctx, t, m.Raw)
		r.extra = append(r.extra, m.Raw)
	}
}

// copyFiles copies the files of a folder, for their owner alone.
func copyFiles(t *testing.T, from, to string) {
	t.Helper()
	files, err := os.ReadDir(from)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(to, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		data, err := os.ReadFile(filepath.Join(from, f.Name()))
		if err == nil {
			err = os.WriteFile(filepath.Join(to, f.Name()), data, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}
