package progress

import (
	"fmt"
	"io"
	"os"
	"time"
)

// Log prints stages to one output.
type Log struct {
	out      io.Writer
	terminal bool
	began    time.Time
}

// New returns a log that begins now. It redraws the running stage's line only
// if out is a terminal that can.
func New(out *os.File) *Log {
	info, err := out.Stat()
	terminal := err == nil && info.Mode()&os.ModeCharDevice != 0 && os.Getenv("TERM") != "dumb"
	return &Log{out: out, terminal: terminal, began: time.Now()}
}

// NewPlain returns a log for an output that is not a terminal.
func NewPlain(out io.Writer) *Log { return &Log{out: out, began: time.Now()} }

// Stage does one stage and prints its line: how long it took, or that it failed.
// The error is do's own.
func (l *Log) Stage(name string, do func() error) error {
	if l.terminal {
		fmt.Fprintf(l.out, "%8s  %s", "...", name)
	}
	start := time.Now()
	err := do()
	took := fmt.Sprintf("%.2fs", time.Since(start).Seconds())
	if err != nil {
		took = "failed"
	}
	if l.terminal {
		fmt.Fprint(l.out, "\r\x1b[K")
	}
	fmt.Fprintf(l.out, "%8s  %s\n", took, name)
	return err
}

// Done prints a last line with the time since the log began.
func (l *Log) Done(text string) {
	fmt.Fprintf(l.out, "%7.2fs  %s\n", time.Since(l.began).Seconds(), text)
}
