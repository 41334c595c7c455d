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

var _ Medium = (*Folder)(nil)

// unfinished is the folder of what is being written. What a crash left there goes after leftBehind.
const (
	unfinished = "unfinished"
	leftBehind = time.Hour
)

// OpenFolder opens the store in a folder, which is made if there is none, with the folders of all bodies in
// it: one that was made for a body could be lost with it while its maker has not synced it yet.
func OpenFolder(path string) (*Folder, error) {
	if err := makeFolders(path); err != nil {
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
	if err := syncFolder(path); err != nil {
		return nil, err
	}
	return &Folder{path}, sweep(filepath.Join(path, unfinished))
}

// LookAtFolder opens the store in a folder as it is, to read what is there. It fails if there is no folder.
func LookAtFolder(path string) (*Folder, error) {
	info, err := os.Stat(path)
	if err == nil && !info.IsDir() {
		err = fmt.Errorf("%s is no folder", path)
	}
	return &Folder{path}, err
}

// makeFolders makes a folder and those above it that are not there, one after the other, each durable before the next: a crash
// leaves at most the last one unsynced, and that is the first that is there now.
func makeFolders(path string) error {
	path, err := filepath.Abs(path)
	if err != nil {
		return err
	}
	above := filepath.Dir(path)
	_, err = os.Stat(path)
	none := errors.Is(err, fs.ErrNotExist)
	if none {
		if err := makeFolders(above); err != nil {
			return err
		}
		err = os.Mkdir(path, 0o700)
	}
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	err = syncFolder(above)
	if !none && errors.Is(err, fs.ErrPermission) {
		return nil // somebody else made it, who may look into what is above
	}
	return err
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

// Mend implements Medium, as Put for a body that is not there.
func (f *Folder) Mend(ctx context.Context, body []byte) error {
	hash, err := check(ctx, body)
	if err != nil {
		return err
	}
	return f.write(name(hash), body)
}

// Owner implements Medium.
func (f *Folder) Owner(ctx context.Context) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	text, err := f.read(ownerName)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, broken("read whose it is", err)
	}
	return text, nil
}

// Sign implements Medium. The file has its name only once it is whole, and whoever is first has it.
func (f *Folder) Sign(ctx context.Context, text []byte) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	temp, err := f.temporary(text)
	if err != nil {
		return broken("write whose it is", err)
	}
	err = os.Link(temp, f.in(ownerName))
	if errors.Is(err, fs.ErrExist) {
		err = nil
	}
	if err := errors.Join(err, os.Remove(temp)); err != nil {
		return broken("write whose it is", err)
	}
	return f.sync(".")
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
