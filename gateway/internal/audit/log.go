package audit

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// Log writes one JSON object a line. It is safe for concurrent use.
type Log struct {
	zap   *zap.Logger
	lines *lines
	file  *file // nil when it writes to a stream that is not its own
}

// Open appends to the file at path, which it makes readable for its owner alone. Each line is
// handed to the operating system before Record returns. What cannot be written is told on stderr.
func Open(path string, stderr io.Writer, registry prometheus.Registerer) (*Log, error) {
	f := &file{path: path}
	if err := f.reopen(); err != nil {
		return nil, err
	}
	l := New(f, stderr, registry)
	l.file = f
	return l, nil
}

// New writes to w, which may be stderr.
func New(w, stderr io.Writer, registry prometheus.Registerer) *Log {
	encoder := zapcore.NewJSONEncoder(zapcore.EncoderConfig{
		TimeKey: "time", EncodeTime: zapcore.RFC3339NanoTimeEncoder, LineEnding: zapcore.DefaultLineEnding,
	})
	l := &lines{w: w, encoder: encoder, failures: prometheus.NewCounter(prometheus.CounterOpts{
		Name: "waymark_gateway_audit_failures_total",
		Help: "Lines of the audit log that could not be written.",
	})}
	registry.MustRegister(l.failures)
	core := zapcore.NewCore(encoder, zapcore.AddSync(l), zapcore.InfoLevel)
	return &Log{zap: zap.New(core, zap.ErrorOutput(zapcore.Lock(zapcore.AddSync(stderr)))), lines: l}
}

// Record writes one line. A line that cannot be written is counted, and told on stderr; once lines
// can be written again, the first says how many were lost.
func (l *Log) Record(e Event) { l.zap.Info("", e.fields()...) }

// Reopen opens the file anew, so that another program can have moved it away.
func (l *Log) Reopen() error {
	if l.file == nil {
		return nil
	}
	return l.file.reopen()
}

// Check returns Unavailable while lines cannot be written. After one was lost it tries, by the line
// that says so: who is out of order gets no requests, and so has nothing else to write.
func (l *Log) Check(context.Context) error {
	if l.file == nil {
		return nil
	}
	if err := l.lines.tellLost(); err != nil {
		return fmt.Errorf("%w: %w", waymark.Errorf(waymark.Unavailable, "the audit log cannot be written"), err)
	}
	return nil
}

// Close closes the file.
func (l *Log) Close() error {
	if l.file == nil {
		return nil
	}
	return errors.Join(l.lines.tellLost(), l.file.close())
}

// lines writes lines to w, and knows of those that it did not take.
type lines struct {
	w        io.Writer
	encoder  zapcore.Encoder
	failures prometheus.Counter

	mu   sync.Mutex
	lost int // since the last line that says how many were
}

func (l *lines) Write(line []byte) (n int, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err = l.fill(); err == nil {
		n, err = l.w.Write(line)
	}
	if err != nil {
		l.lost++
		l.failures.Inc()
	}
	return n, err
}

// tellLost writes how many lines were lost, if any were.
func (l *lines) tellLost() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.fill()
}

func (l *lines) fill() error {
	if l.lost == 0 {
		return nil
	}
	event := Event{Kind: Lost, Outcome: string(waymark.Unavailable), Lines: l.lost}
	line, err := l.encoder.EncodeEntry(zapcore.Entry{Time: time.Now()}, event.fields())
	if err != nil {
		return err
	}
	defer line.Free()
	if _, err := l.w.Write(line.Bytes()); err != nil {
		return err
	}
	l.lost = 0
	return nil
}

// file is an append-only file that can be opened anew.
type file struct {
	path string

	mu   sync.Mutex
	f    *os.File
	torn bool // what is in f ends within a line
}

func (f *file) reopen() error {
	next, err := openFile(f.path)
	if err != nil {
		return fmt.Errorf("log.audit_file: %w", err)
	}
	torn := endsWithinLine(f.path)
	f.mu.Lock()
	before := f.f
	f.f, f.torn = next, torn
	f.mu.Unlock()
	if before == nil {
		return nil
	}
	return before.Close()
}

// openFile refuses a pipe: whoever reads it, or does not, would hold up every request.
func openFile(path string) (*os.File, error) {
	opened, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY|syscall.O_NONBLOCK, 0o600) //nolint:gosec // the operator names the file
	if err != nil {
		return nil, err
	}
	if info, err := opened.Stat(); err != nil || info.Mode()&os.ModeNamedPipe != 0 {
		return nil, errors.Join(fmt.Errorf("%s is a pipe, and must be a file", path), err, opened.Close())
	}
	return opened, nil
}

func (f *file) Write(line []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.f == nil {
		return 0, errors.New("audit log: is closed")
	}
	given := len(line)
	if f.torn { // the line that was cut short stays so, and this one is whole
		line = append([]byte{'\n'}, line...)
	}
	n, err := f.f.Write(line)
	if n > 0 {
		f.torn = line[n-1] != '\n'
	}
	return max(0, n-len(line)+given), err
}

// endsWithinLine reports whether the file at path does not end with a whole line, as when the
// disk was full, or the host stopped, while one was written. A file that cannot be read, or is
// none, is taken to.
func endsWithinLine(path string) bool {
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() || info.Size() == 0 {
		return false
	}
	file, err := os.Open(path) //nolint:gosec // the operator names the file
	if err != nil {
		return false
	}
	defer func() { _ = file.Close() }() // it was only read
	var last [1]byte
	_, err = file.ReadAt(last[:], info.Size()-1)
	return err == nil && last[0] != '\n'
}

func (f *file) close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	err := f.f.Close()
	f.f = nil
	return err
}
