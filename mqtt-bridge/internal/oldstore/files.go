package oldstore

import (
	"cmp"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// fault is bytes of a file that are no record with its checksum.
type fault struct {
	file   string
	at     int64  // where they are
	bytes  int64  // how many
	behind uint64 // number of the last record before them in the file, 0 if there is none
}

// String says where it is.
func (f fault) String() string {
	return fmt.Sprintf("%s: %d bytes at %d, after message %d of the stream", f.file, f.bytes, f.at, f.behind)
}

// file is one of a stream's.
type file struct {
	path, stream string
	number       uint32
	newest       bool // of its stream
	sealed       bool // the broker had stopped when it was last changed, and size is how long it was
	size         int64
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
		return nil, fmt.Errorf("list the broker's files: %w", err)
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

// faults finds what is no good record. An unfinished record at the end of a stream's newest file is none, unless the files
// were sealed: it is of a message that was not acknowledged.
func (r *reader) faults(f file) (faults []fault) {
	var behind uint64
	for at := 0; at < len(r.raw); {
		if one, good := r.record(at); good {
			at, behind = at+one.length, one.number
			continue
		}
		next := r.next(at + 1)
		if torn := f.newest && !f.sealed && next == len(r.raw) && next-at <= maxRecord && r.unfinished(at); !torn {
			faults = append(faults, fault{file: f.path, at: int64(at), bytes: int64(next - at), behind: behind})
		}
		at = next
	}
	if length := int64(len(r.raw)); length < f.size && len(faults) == 0 {
		faults = append(faults, fault{file: f.path, at: length, bytes: f.size - length, behind: behind})
	}
	return faults
}
