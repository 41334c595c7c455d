package device_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/test/internal/device"
)

func deadline(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func connect(t *testing.T, d *device.Device, b *fakeBroker) *device.Session {
	t.Helper()
	s, err := d.Connect(deadline(t), b.options())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// chain checks that what a broker took is one unbroken chain from 1 to last,
// where a number may come again but never with another content.
func chain(t *testing.T, published [][]byte, last uint64) {
	t.Helper()
	next, seen := uint64(1), map[uint64]string{}
	for _, raw := range published {
		m, err := attest.Parse(attest.Text(raw))
		if err != nil {
			t.Fatal(err)
		}
		if before, again := seen[m.Sequence]; again && before != string(raw) {
			t.Fatalf("number %d was used for two messages", m.Sequence)
		}
		seen[m.Sequence] = string(raw)
		if m.Sequence > next {
			t.Fatalf("message %d came before %d", m.Sequence, next)
		}
		if m.Sequence == next {
			next++
		}
	}
	if next != last+1 {
		t.Fatalf("the broker has 1 to %d, want %d", next-1, last)
	}
}

func TestEveryMessageArrivesInOrderWhateverBreaks(t *testing.T) {
	b := newFakeBroker(t)
	b.set(func() {
		b.fault = func(n int) fault {
			switch {
			case n%17 == 0:
				return lost
			case n%23 == 0:
				return unanswered
			}
			return none
		}
	})
	d := create(t, t.TempDir(), device.Settings{ID: "logger-1"})
	s := connect(t, d, b)
	const n = 100
	for range n {
		if err := s.Send(deadline(t), sign(t, d)); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Flush(deadline(t)); err != nil {
		t.Fatal(err)
	}
	if c := s.Counts(); c.Acknowledged != n || c.Connections < 3 || len(d.Outbox()) != 0 {
		t.Errorf("counts %+v, outbox %d", c, len(d.Outbox()))
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	chain(t, b.published(), n)
}

func TestOutboxIsPublishedAfterARestart(t *testing.T) {
	b := newFakeBroker(t)
	b.set(func() { b.fault = func(int) fault { return unanswered } })
	dir := t.TempDir()
	d := create(t, dir, device.Settings{ID: "logger-1"})
	s := connect(t, d, b)
	ctx, cancel := context.WithTimeout(deadline(t), 300*time.Millisecond)
	defer cancel()
	if err := s.Publish(ctx, sign(t, d)); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("published without a PUBACK: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	b.set(func() { b.fault = func(int) fault { return none } })
	d = reopen(t, dir, d)
	s = connect(t, d, b)
	if err := s.Publish(deadline(t), sign(t, d)); err != nil {
		t.Fatal(err)
	}
	if len(d.Outbox()) != 0 {
		t.Error("the outbox was not emptied")
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	chain(t, b.published(), 2)
}

func TestConnectRefuses(t *testing.T) {
	b := newFakeBroker(t)
	d := create(t, t.TempDir(), device.Settings{ID: "logger-1"})
	for _, code := range []byte{4, 5} {
		b.set(func() { b.refuse = code })
		if _, err := d.Connect(deadline(t), b.options()); !errors.Is(err, device.ErrRefused) {
			t.Errorf("CONNACK %d: %v", code, err)
		}
	}
	if _, err := d.Connect(deadline(t), device.Broker{URL: "tcp://127.0.0.1:1"}); waymark.CodeOf(err) != waymark.Invalid {
		t.Errorf("without TLS: %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	strangers := b.options()
	strangers.CAFile = ""
	if _, err := d.Connect(ctx, strangers); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("with a broker that the system does not trust: %v", err)
	}
}

func TestClosedSession(t *testing.T) {
	b := newFakeBroker(t)
	d := create(t, t.TempDir(), device.Settings{ID: "logger-1"})
	s := connect(t, d, b)
	if err := s.PublishRaw(deadline(t), []byte("anything")); err != nil || string(b.published()[0]) != "anything" {
		t.Errorf("raw: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := s.Send(deadline(t), sign(t, d)); !errors.Is(err, device.ErrClosed) {
		t.Errorf("send after close: %v", err)
	}
}

// The variables by which TestKilledDevice runs itself as the device that is killed.
const (
	childDir = "WAYMARK_TEST_DEVICE_DIR"
	childURL = "WAYMARK_TEST_DEVICE_URL"
	childCA  = "WAYMARK_TEST_DEVICE_CA"
)

func TestKilledDevice(t *testing.T) {
	if dir := os.Getenv(childDir); dir != "" {
		runUntilKilled(t, dir)
		return
	}
	b := newFakeBroker(t)
	dir := t.TempDir()
	d := create(t, dir, device.Settings{ID: "logger-1"})
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	for round := range 4 {
		child := exec.CommandContext(deadline(t), os.Args[0], "-test.run=^TestKilledDevice$")
		child.Env = append(os.Environ(), childDir+"="+dir, childURL+"="+b.options().URL, childCA+"="+b.caFile)
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		waitFor(t, b, (round+1)*40)
		if err := child.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = child.Wait() // killed
	}
	d, err := device.Open(dir, "logger-1")
	if err != nil {
		t.Fatal(err)
	}
	s := connect(t, d, b)
	if err := s.Flush(deadline(t)); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	last, _ := d.Last()
	chain(t, b.published(), last)
	if err := d.Close(); err != nil {
		t.Error(err)
	}
}

func waitFor(t *testing.T, b *fakeBroker, n int) {
	t.Helper()
	for ctx := deadline(t); len(b.published()) < n; time.Sleep(time.Millisecond) {
		if ctx.Err() != nil {
			t.Fatalf("the broker has %d messages, want %d", len(b.published()), n)
		}
	}
}

func runUntilKilled(t *testing.T, dir string) {
	d, err := device.Open(dir, "logger-1")
	if err != nil {
		t.Fatal(err)
	}
	s, err := d.Connect(t.Context(), device.Broker{URL: os.Getenv(childURL), CAFile: os.Getenv(childCA), Window: 8})
	if err != nil {
		t.Fatal(err)
	}
	for {
		if err := s.Send(t.Context(), sign(t, d)); err != nil {
			t.Fatal(err)
		}
	}
}
