package device_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/waymark-ledger/waymark/test/internal/device"
)

// edit changes the outbox file of a device that nobody has open.
func edit(t *testing.T, dir string, d *device.Device, change func([]byte) []byte) {
	t.Helper()
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, d.ID(), "outbox.jsonl")
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, change(data), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestTornLineWasNeverPublished(t *testing.T) {
	dir := t.TempDir()
	d := create(t, dir, device.Settings{ID: "logger-1"})
	first := sign(t, d)
	sign(t, d)
	edit(t, dir, d, func(data []byte) []byte { return data[:len(data)-10] })
	d, err := device.Open(dir, "logger-1")
	if err != nil {
		t.Fatal(err)
	}
	if last, digest := d.Last(); last != 1 || !bytes.Equal(digest, first.Digest[:]) {
		t.Errorf("last %d, digest %x", last, digest)
	}
	if sign(t, d).Sequence != 2 {
		t.Error("number 2 was not given again")
	}
	d = reopen(t, dir, d)
	if len(d.Outbox()) != 2 {
		t.Errorf("outbox has %d messages, want 2", len(d.Outbox()))
	}
}

func TestDamagedLineIsAnError(t *testing.T) {
	dir := t.TempDir()
	d := create(t, dir, device.Settings{ID: "logger-1"})
	sign(t, d)
	sign(t, d)
	edit(t, dir, d, func(data []byte) []byte { data[3] ^= 0x55; data[0] = '#'; return data })
	if _, err := device.Open(dir, "logger-1"); err == nil {
		t.Error("a damaged outbox was taken for whole")
	}
}

func TestAcknowledgedMessagesLeaveTheOutbox(t *testing.T) {
	dir := t.TempDir()
	d := create(t, dir, device.Settings{ID: "logger-1"})
	const n = 1500 // passes a compaction
	for range n {
		sign(t, d)
	}
	for sequence := uint64(1); sequence <= n; sequence++ {
		if sequence == 7 || sequence == 1400 {
			continue
		}
		if err := d.Acknowledge(sequence); err != nil {
			t.Fatal(err)
		}
	}
	if err := d.Acknowledge(n + 5); err != nil {
		t.Errorf("acknowledging what is not there: %v", err)
	}
	for range 2 {
		if o := d.Outbox(); len(o) != 2 || o[0].Sequence != 7 || o[1].Sequence != 1400 || len(o[0].Raw) == 0 {
			t.Fatalf("outbox %d messages", len(o))
		}
		if last, _ := d.Last(); last != n {
			t.Fatalf("last %d", last)
		}
		d = reopen(t, dir, d)
	}
	if info, err := os.Stat(filepath.Join(dir, "logger-1", "outbox.jsonl")); err != nil || info.Size() > 4096 {
		t.Errorf("the file was not compacted: %v, %v", info.Size(), err)
	}
}
