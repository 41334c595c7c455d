package bodies

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// Folder keeps each body in a file of its own, ab/cdef..., on a local disk or a file system that
// syncs when it is told to.
type Folder struct{ path string }

var _ Store = (*Folder)(nil)

// unfinished is the folder of what is being written. What a crash left there goes after leftBehind.
const (
	unfinished = "unfinished"
	leftBehind = time.Hour
)

// OpenFolder opens the store in a folder, which is made if there is none, with the folders of all bodies in
// it: one that was made for a body could be lost with it while its maker has not synced it yet.
func OpenFolder(path string) (*Folder, error) {
	if err := os.MkdirAll(path, 0o700); err != nil {
		return nil, err
	}
	names := []string{unfinished}
	for n := range 256 {
		names = append(names, fmt.Sprintf("%02x", n))
	}
	for _, n := range names {
		if err := os.Mkdir(filepath.Join(path, n), 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
			return nil, err
		}
	}
	if err := errors.Join(syncFolder(filepath.Dir(path)), syncFolder(path)); err != nil {
		return nil, err
	}
	return &Folder{path}, sweep(filepath.Join(path, unfinished))
}

// sweep removes what a crash left behind. Another gateway may be writing there.
func sweep(path string) error {
	entries, err := os.ReadDir(path)
	if err != nil {
		return err
	}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil || time.Since(info.ModTime()) < leftBehind {
			continue
		}
		if err := os.Remove(filepath.Join(path, e.Name())); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// Put implements Store: the file is written beside, synced and renamed, and then its folder synced. A folder is
// synced also for a body that is there: whoever put it may have been killed before that.
func (f *Folder) Put(ctx context.Context, body []byte) (Hash, error) {
	hash, err := check(ctx, body)
	if err != nil {
		return hash, err
	}
	_, err = f.Body(ctx, hash)
	if errors.Is(err, Missing) || errors.Is(err, Deleted) {
		err = f.write(name(hash), body)
	} else if err == nil {
		err = f.sync(filepath.Dir(name(hash)))
	}
	return hash, err
}

// Body implements Store.
func (f *Folder) Body(ctx context.Context, hash Hash) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	data, err := f.read(name(hash))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, f.gone(hash)
	}
	if err != nil {
		return nil, broken("read a body", err)
	}
	return as(hash, data)
}

// gone tells whether a body that is not there is Deleted or Missing.
func (f *Folder) gone(hash Hash) error {
	_, err := os.Stat(f.in(name(hash) + noteSuffix))
	switch {
	case err == nil:
		return Deleted
	case errors.Is(err, fs.ErrNotExist):
		return Missing
	}
	return broken("read the note of a body", err)
}

// Delete implements Store.
func (f *Folder) Delete(ctx context.Context, hash Hash, note Note) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if _, err := os.Stat(f.in(name(hash) + noteSuffix)); errors.Is(err, fs.ErrNotExist) {
		if err := f.write(name(hash)+noteSuffix, note.encode()); err != nil {
			return err
		}
	} else if err != nil {
		return broken("read the note of a body", err)
	}
	if err := os.Remove(f.in(name(hash))); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return broken("delete a body", err)
	}
	return f.sync(filepath.Dir(name(hash)))
}

// Check implements Store: it writes a file and removes it.
func (f *Folder) Check(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	temp, err := f.temporary([]byte("check\n"))
	if err != nil {
		return broken("write", err)
	}
	if err := os.Remove(temp); err != nil {
		return broken("remove what was written", err)
	}
	return nil
}

func (f *Folder) in(name string) string { return filepath.Join(f.path, filepath.FromSlash(name)) }

// read returns a file, or as much of it as shows that it is no body.
func (f *Folder) read(name string) ([]byte, error) {
	file, err := os.Open(f.in(name))
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return io.ReadAll(io.LimitReader(file, MaxBytes+1))
}

// write makes a file that is whole and durable, or none.
func (f *Folder) write(name string, data []byte) error {
	temp, err := f.temporary(data)
	if err != nil {
		return broken("write", err)
	}
	if err := os.Rename(temp, f.in(name)); err != nil {
		return broken("write", errors.Join(err, os.Remove(temp)))
	}
	return f.sync(filepath.Dir(name))
}

// temporary makes a synced file of its own.
func (f *Folder) temporary(data []byte) (path string, err error) {
	temp, err := os.CreateTemp(f.in(unfinished), "body-*") // mode 0600
	if err != nil {
		return "", err
	}
	_, err = temp.Write(data)
	if err = errors.Join(err, temp.Sync(), temp.Close()); err != nil {
		return "", errors.Join(err, os.Remove(temp.Name()))
	}
	return temp.Name(), nil
}

func (f *Folder) sync(name string) error {
	if err := syncFolder(f.in(name)); err != nil {
		return broken("sync", err)
	}
	return nil
}

// syncFolder makes what was named in a folder durable.
func syncFolder(path string) error {
	folder, err := os.Open(path) //nolint:gosec // in the folder that the operator names
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}
