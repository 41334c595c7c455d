//go:build e2e && linux

package faults_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/test/internal/bridge"
)

// The disk that is filled.
const (
	diskSize    = "size=96m"
	diskFree    = 8 << 20 // below which the bridge is to keep devices out
	fullFor     = 5 * time.Second
	silentAfter = 20 * time.Second // by which nothing may be acknowledged any more
	silence     = 2 * time.Second  // without a PUBACK
)

// disk is a file system of its own, as small as it is mounted.
type disk struct{ dir string }

func newDisk(t *testing.T) *disk {
	t.Helper()
	d := &disk{dir: t.TempDir()}
	if err := syscall.Mount("waymark", d.dir, "tmpfs", 0, diskSize); err != nil {
		t.Fatalf("mount a small disk (this takes root): %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(d.dir, 0); err != nil {
			t.Error(err)
		}
	})
	return d
}

func (d *disk) filler() string { return filepath.Join(d.dir, "filler") }

// fill leaves no byte.
func (d *disk) fill(t *testing.T) {
	t.Helper()
	f, err := os.OpenFile(d.filler(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for size := 1 << 20; size > 0; { // the last write, of one byte, fails
		if _, err = f.Write(make([]byte, size)); err != nil {
			size /= 2
		}
	}
	if !errors.Is(err, syscall.ENOSPC) {
		t.Fatal(err)
	}
}

func (d *disk) makeRoom(t *testing.T) {
	t.Helper()
	if err := os.Remove(d.filler()); err != nil {
		t.Fatal(err)
	}
}

// full are the rows of a disk that is full: that of spool and broker, which is one here.
func full() []fault {
	site := func(ctx context.Context, t *testing.T) *site {
		t.Helper()
		d := newDisk(t)
		s := newSite(ctx, t, bridge.Options{Dir: d.dir, Env: []string{"WAYMARK_BRIDGE_EMBEDDED__MIN_FREE_BYTES=" + strconv.Itoa(diskFree)}})
		s.disk = d
		return s
	}
	return []fault{
		{name: "disk of spool and broker full for 5 s", site: site, inflict: func(ctx context.Context, t *testing.T, r *row) {
			r.disk.fill(t)
			r.awaitSilence(ctx, t)
			pause(ctx, fullFor)
			r.disk.makeRoom(t)
		}},
		{name: "disk of spool and broker full, and kill -9 of the bridge meanwhile", site: site, inflict: func(ctx context.Context, t *testing.T, r *row) {
			r.disk.fill(t)
			r.awaitSilence(ctx, t)
			if err := r.bridge.kill(ctx); err != nil {
				t.Fatal(err)
			}
			r.disk.makeRoom(t)
			if err := r.bridge.start(ctx); err != nil {
				t.Fatal(err)
			}
		}},
	}
}

// awaitSilence waits until devices get no PUBACK any more.
func (r *row) awaitSilence(ctx context.Context, t *testing.T) {
	t.Helper()
	until := time.Now().Add(silentAfter)
	for n, since := r.acknowledged(), time.Now(); time.Since(since) < silence; {
		if time.Now().After(until) {
			t.Error("devices are acknowledged, though the disk is full")
			return
		}
		pause(ctx, pollInterval)
		if now := r.acknowledged(); now != n {
			n, since = now, time.Now()
		}
	}
}
