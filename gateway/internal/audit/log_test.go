package audit_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/internal/audit"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// lines decodes every line of text.
func lines(t *testing.T, text []byte) []map[string]any {
	t.Helper()
	var all []map[string]any
	for scanner := bufio.NewScanner(bytes.NewReader(text)); scanner.Scan(); {
		var line map[string]any
		if err := json.Unmarshal(scanner.Bytes(), &line); err != nil {
			t.Fatalf("%v: %q", err, scanner.Text())
		}
		all = append(all, line)
	}
	return all
}

// TestOneEventIsOneLine: whatever a stranger chose to send (ASVS 5.0: 16.4.1).
func TestOneEventIsOneLine(t *testing.T) {
	hostile := []string{"a\nb", "\r\n{\"event\":\"write\"}", "\x00\x1b[2J", "\u2028\u0085", "\xff\xfe", "\"}\n", strings.Repeat("é", 4096)}
	for _, text := range hostile {
		var out bytes.Buffer
		l := audit.New(&out, io.Discard, prometheus.NewRegistry())
		l.Record(audit.Event{Kind: audit.Credential, Outcome: "unauthenticated", RequestID: text, Caller: text, Address: text,
			Identity: text, Operation: text, Target: text, TxID: text, TraceID: text, Status: 401, Reasons: []string{text}})
		got := lines(t, out.Bytes())
		if len(got) != 1 || got[0]["event"] != "credential" || got[0]["status"] != 401.0 {
			t.Errorf("%q: %v", text, got)
		}
		if out.Len() > 32<<10 || bytes.Count(out.Bytes(), []byte("\n")) != 1 {
			t.Errorf("%q: %d bytes", text, out.Len())
		}
	}
}

// ASVS 5.0: 16.4.2.
func TestOpenAppendsForItsOwnerAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audit.log")
	for range 2 {
		l, err := audit.Open(path, io.Discard, prometheus.NewRegistry())
		if err != nil {
			t.Fatal(err)
		}
		l.Record(audit.Event{Kind: audit.Write, Outcome: audit.Done})
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
	}
	data, err := os.ReadFile(path)
	if err != nil || len(lines(t, data)) != 2 {
		t.Errorf("%v: %q", err, data)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v: %v", info.Mode(), err)
	}
	if _, err := audit.Open(filepath.Join(t.TempDir(), "no", "audit.log"), io.Discard, prometheus.NewRegistry()); err == nil {
		t.Error("a folder that is not there is no fault")
	}
}

// TestReopenLosesNothing: another program moves the file away while lines are written.
func TestReopenLosesNothing(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "audit.log")
	l, err := audit.Open(path, io.Discard, prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	const writers, each, moves = 4, 200, 5
	var parts sync.WaitGroup
	for range writers {
		parts.Go(func() {
			for range each {
				l.Record(audit.Event{Kind: audit.Write, Outcome: audit.Done})
			}
		})
	}
	for i := range moves {
		if err := os.Rename(path, filepath.Join(dir, "old"+string(rune('0'+i)))); err != nil {
			t.Fatal(err)
		}
		if err := l.Reopen(); err != nil {
			t.Fatal(err)
		}
	}
	parts.Wait()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(files) != moves+1 {
		t.Fatalf("%v: %v", files, err)
	}
	total := 0
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		total += len(lines(t, data))
	}
	if total != writers*each {
		t.Errorf("%d lines, want %d", total, writers*each)
	}
}

// broken takes nothing.
type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("disk full") }

func TestALostLineIsTold(t *testing.T) {
	registry := prometheus.NewRegistry()
	audit.New(broken{}, io.Discard, registry).Record(audit.Event{Kind: audit.Write})
	want := "# HELP waymark_gateway_audit_failures_total Lines of the audit log that could not be written.\n" +
		"# TYPE waymark_gateway_audit_failures_total counter\nwaymark_gateway_audit_failures_total 1\n"
	if err := testutil.GatherAndCompare(registry, strings.NewReader(want)); err != nil {
		t.Error(err)
	}
	l, err := audit.Open("/dev/full", io.Discard, prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if err := l.Check(t.Context()); err != nil {
		t.Errorf("before the first line: %v", err)
	}
	l.Record(audit.Event{Kind: audit.Write})
	if err := l.Check(t.Context()); waymark.CodeOf(err) != waymark.Unavailable {
		t.Errorf("after a line was lost: %v", err)
	}
}

// TestAfterAShortWriteLinesAreWhole: on a full disk a line is cut short, and the next one that
// there is room for is a line of its own, by the same process or by the next. It says how many were
// lost, and needs no event: while the log is out of order the gateway gets no requests.
func TestAfterAShortWriteLinesAreWhole(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audit.log")
	open := func() *audit.Log {
		l, err := audit.Open(path, io.Discard, prometheus.NewRegistry())
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	shut := func(l *audit.Log) {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	}
	size := func() int64 {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		return info.Size()
	}
	event := audit.Event{Kind: audit.Write, Outcome: audit.Done}
	l := open()
	l.Record(event)
	before := size()
	full(t, uint64(before)+10, func() {
		l.Record(event)
		if got := size(); got != before+10 {
			t.Fatalf("the line is not cut: %d bytes, %d before", got, before)
		}
		l.Record(event) // nothing of it
		if err := l.Check(t.Context()); waymark.CodeOf(err) != waymark.Unavailable {
			t.Errorf("after a line was cut: %v", err)
		}
	})
	if err := l.Check(t.Context()); err != nil {
		t.Errorf("with room again, and nothing to write: %v", err)
	}
	full(t, uint64(size())+10, func() { l.Record(event) })
	l.Record(event)
	full(t, uint64(size())+10, func() { l.Record(event) })
	shut(l)
	l = open()
	l.Record(event)
	l.Record(event)
	shut(l)
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var got string // w for a whole line, c for one that was cut, and how many were lost
	for line := range bytes.Lines(data) {
		var told struct{ Lines int }
		switch err := json.Unmarshal(line, &told); {
		case err != nil:
			got += "c"
		case told.Lines > 0:
			got += strconv.Itoa(told.Lines)
		default:
			got += "w"
		}
	}
	if got != "wc2c1wc1ww" {
		t.Errorf("%s: %s", got, data)
	}
}

// TestAPipeIsNoFile: with a reader or without, and opened first or anew.
func TestAPipeIsNoFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audit.log")
	l, err := audit.Open(path, io.Discard, prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if err := errors.Join(os.Remove(path), syscall.Mkfifo(path, 0o600)); err != nil {
		t.Fatal(err)
	}
	refused := func(who string) {
		t.Helper()
		if err := l.Reopen(); err == nil {
			t.Errorf("%s: opened anew", who)
		}
		if _, err := audit.Open(path, io.Discard, prometheus.NewRegistry()); err == nil {
			t.Errorf("%s: opened", who)
		}
	}
	refused("nobody reads")
	reader, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	refused("somebody reads")
	l.Record(audit.Event{Kind: audit.Write}) // to the file that was moved away
	if err := l.Check(t.Context()); err != nil {
		t.Error(err)
	}
}

// full lets no file grow past size while do runs.
func full(t *testing.T, size uint64, do func()) {
	t.Helper()
	signal.Ignore(syscall.SIGXFSZ)
	defer signal.Reset(syscall.SIGXFSZ)
	var before syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &before); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: size, Max: before.Max}); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &before); err != nil {
			t.Fatal(err)
		}
	}()
	do()
}
