package metafile

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/disk"
)

// Fault is a stream or a consumer whose files are damaged or gone.
type Fault struct {
	Folder string // of the files
	Copied bool   // there is a good copy
	what   meta
}

// String says which.
func (f Fault) String() string {
	copied := "there is no good copy"
	if f.Copied {
		copied = "there is a good copy"
	}
	return fmt.Sprintf("%s: %s and %s are not as they were written; %s", f.Folder, content, sum, copied)
}

// Check returns what is damaged of a stream that has had a consumer. A consumer that is damaged beside one that is not was never more than half made.
func (s Stream) Check() (faults []Fault) {
	if stream := (meta{}); !s.whole(s.folder, stream) {
		faults = append(faults, s.fault(stream))
	}
	if len(s.wholeConsumers(s.folder)) > 0 {
		return faults
	}
	lost := s.wholeConsumers(s.copies)
	if len(lost) == 0 {
		lost = s.consumers(s.folder)
	}
	if len(lost) == 0 {
		lost = []meta{{consumer: "*"}} // nothing says what it was called
	}
	for _, m := range lost {
		faults = append(faults, s.fault(m))
	}
	return faults
}

func (s Stream) fault(m meta) Fault {
	return Fault{Folder: m.in(s.folder), Copied: s.whole(s.copies, m), what: m}
}

// Restore puts good copies in the place of what is damaged, and keeps that beside, with the time in its name. No broker may have the files open.
func (s Stream) Restore(faults []Fault, now time.Time) error {
	for _, f := range faults {
		files, whole := s.read(s.copies, f.what)
		if !whole {
			continue
		}
		if err := os.MkdirAll(f.Folder, 0o750); err != nil {
			return fmt.Errorf("make folder of the broker: %w", err)
		}
		for name, raw := range files {
			path := filepath.Join(f.Folder, name)
			if err := os.Link(path, path+".damaged-"+now.UTC().Format("20060102T150405Z")); err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, fs.ErrExist) {
				return fmt.Errorf("keep the broker's damaged file: %w", err)
			}
			if err := disk.Replace(path, raw); err != nil {
				return fmt.Errorf("put a copy back: %w", err)
			}
		}
	}
	return nil
}

// Keep has copies of all files that are as they were written on the disk when it returns. Those of consumers that there are no more go, once
// there is another one.
func (s Stream) Keep() error {
	there := s.wholeConsumers(s.folder)
	for _, m := range append([]meta{{}}, there...) {
		if err := s.copyOf(m); err != nil {
			return fmt.Errorf("copy the broker's file: %w", err)
		}
	}
	for _, m := range s.consumers(s.copies) {
		if len(there) == 0 || s.whole(s.folder, m) {
			continue
		}
		if err := os.RemoveAll(m.in(s.copies)); err != nil {
			return fmt.Errorf("remove an old copy of the broker's file: %w", err)
		}
	}
	return nil
}

// copyOf leaves a copy that is the same as it is, and one whose original is damaged.
func (s Stream) copyOf(m meta) error {
	files, whole := s.read(s.folder, m)
	if !whole {
		return nil
	}
	folder := m.in(s.copies)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	for name, raw := range files {
		path := filepath.Join(folder, name)
		if old, err := os.ReadFile(path); err == nil && bytes.Equal(old, raw) { //nolint:gosec // in the broker's own folder
			continue
		}
		if err := disk.Replace(path, raw); err != nil {
			return err
		}
	}
	return nil
}

// nothing is the state of a consumer that got nothing and acknowledged nothing: two bytes say what it is, then come its floors and how much
// is on its way and was sent again.
var nothing = []byte{22, 2, 0, 0, 0, 0, 0, 0} //nolint:gochecknoglobals // a constant

// Forget has each consumer begin at the first message that there is. What was acknowledged is not there any more, but for the last of it after a power
// loss, which comes again; the state that says so has no checksum, so a flipped bit in it would skip messages. No broker may have the files open.
func (s Stream) Forget() error {
	for _, m := range s.wholeConsumers(s.folder) {
		if err := disk.Replace(filepath.Join(m.in(s.folder), state), nothing); err != nil {
			return fmt.Errorf("write what the broker's consumer acknowledged: %w", err)
		}
	}
	return nil
}
