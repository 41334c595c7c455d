package blocks

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/disk"
)

// Fault is bytes of a file that are no record with its checksum.
type Fault struct {
	File   string
	At     int64  // where they are
	Bytes  int64  // how many
	Behind uint64 // number of the last record before them in the file, 0 if there is none
}

// String says where it is.
func (f Fault) String() string {
	return fmt.Sprintf("%s: %d bytes at %d, after message %d of the stream", f.File, f.Bytes, f.At, f.Behind)
}

// file is one of a stream's.
type file struct {
	path, stream string
	number       uint32
	newest       bool // of its stream
	sealed       bool // the broker had stopped when it was last changed, and size is how long it was
	size         int64
}

// Check returns what is damaged below a broker's folder. An unfinished record at the end of a stream's newest file is none, unless the files
// were sealed: it is of a message that was not acknowledged.
func Check(dir string) ([]Fault, error) {
	return each(dir, func(file, *reader, []Fault) error { return nil })
}

// Salvage makes each file that is damaged anew of the records that are good, in their order, and keeps the old one beside it, with the
// time in its name. No broker may have them open. It returns what was damaged.
func Salvage(dir string, now time.Time) ([]Fault, error) {
	faults, err := each(dir, func(f file, r *reader, faults []Fault) error {
		if len(faults) == 0 {
			return nil
		}
		return f.replace(r, now)
	})
	if err != nil {
		return faults, err
	}
	return faults, Unseal(dir)
}

// each reads all files, and gives them on with their faults.
func each(dir string, do func(file, *reader, []Fault) error) (all []Fault, err error) {
	files, err := list(dir)
	if err != nil {
		return nil, fmt.Errorf("list the broker's files: %w", err)
	}
	noted, err := sealed(dir)
	if err != nil {
		return nil, err
	}
	all = gone(noted, files)
	for _, f := range files {
		f.size, f.sealed = noted[f.path]
		r, err := f.read()
		if err != nil {
			return all, err
		}
		faults := r.faults(f)
		all = append(all, faults...)
		if err := do(f, r, faults); err != nil {
			return all, fmt.Errorf("%s: %w", f.path, err)
		}
	}
	return all, nil
}

// read reads all of it.
func (f file) read() (*reader, error) {
	raw, err := os.ReadFile(f.path)
	if err != nil {
		return nil, fmt.Errorf("read the broker's file: %w", err)
	}
	return newReader(raw, f.stream, f.number)
}

// list returns the files of all streams, but of those that are being deleted (.), those of a stream by number.
func list(dir string) ([]file, error) {
	paths, err := fs.Glob(os.DirFS(dir), "jetstream/*/streams/*/msgs/*.blk")
	if err != nil {
		return nil, err
	}
	files := make([]file, 0, len(paths))
	for _, path := range paths {
		path = filepath.Join(dir, filepath.FromSlash(path))
		f := file{path: path, stream: filepath.Base(filepath.Dir(filepath.Dir(path)))}
		if n, err := fmt.Sscanf(filepath.Base(path), "%d.blk", &f.number); err == nil && n == 1 && !strings.HasPrefix(f.stream, ".") {
			files = append(files, f)
		}
	}
	slices.SortFunc(files, func(a, b file) int {
		return cmp.Or(cmp.Compare(filepath.Dir(a.path), filepath.Dir(b.path)), cmp.Compare(a.number, b.number))
	})
	for i := range files {
		files[i].newest = i == len(files)-1 || filepath.Dir(files[i+1].path) != filepath.Dir(files[i].path)
	}
	return files, nil
}

// faults finds what is no good record.
func (r *reader) faults(f file) (faults []Fault) {
	var behind uint64
	for at := 0; at < len(r.raw); {
		length, number, good := r.record(at)
		if good {
			at, behind = at+length, number
			continue
		}
		next := r.next(at + 1)
		if torn := f.newest && !f.sealed && next == len(r.raw) && next-at <= maxRecord && r.unfinished(at); !torn {
			faults = append(faults, Fault{File: f.path, At: int64(at), Bytes: int64(next - at), Behind: behind})
		}
		at = next
	}
	if length := int64(len(r.raw)); length < f.size && len(faults) == 0 {
		faults = append(faults, Fault{File: f.path, At: length, Bytes: f.size - length, Behind: behind})
	}
	return faults
}

// replace writes the good records into a new file in the place of the old one. What the broker knows of all files beside them
// is of the old one, so that goes, and is made anew.
func (f file) replace(r *reader, now time.Time) error {
	var good []byte
	for at := r.next(0); at < len(r.raw); at = r.next(at) {
		length, _, _ := r.record(at)
		good = append(good, r.raw[at:at+length]...)
		at += length
	}
	beside := f.path + ".salvaged"
	if err := disk.Write(beside, good); err != nil {
		return err
	}
	if err := os.Link(f.path, f.path+".damaged-"+now.UTC().Format("20060102T150405Z")); err != nil {
		return err
	}
	if err := os.Remove(filepath.Join(filepath.Dir(f.path), "index.db")); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.Rename(beside, f.path); err != nil {
		return err
	}
	return disk.SyncFolder(filepath.Dir(f.path))
}
