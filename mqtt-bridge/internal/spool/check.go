package spool

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// maxDepth bounds the tree: 2 keys a page would make 2^30 pages of it.
const maxDepth = 30

// Report is what was found in a spool's file.
type Report struct {
	Messages    int64 // that wait, with a good checksum
	Quarantined int64
	Held        int64
	Corrupt     int64 // records of these without a good checksum: they go into quarantine when their turn comes
	// Mended says that a flipped bit was put right in a meta page. Torn says that one of the
	// two does not hold: its transaction is lost. If a power loss tore it, nothing of that was acknowledged.
	Mended, Torn bool
	// Unreadable counts the messages of a damaged file that could not be found again, unless Uncounted says that what tells how many
	// there should be is lost, too.
	Unreadable int64
	Uncounted  bool
	Made       bool  // there never was a file: it is a new one
	Unmarked   error // why it is not marked that there is a file, so that it would not be missed; nil if it is

	layout     int
	indexFails bool // the quarantine's index does not fit it
}

// Check looks at the whole file of a spool that no process has open, changes nothing but a flipped bit in
// a meta page, and returns ErrDamaged if anything is not as it was written but for records without their checksum.
func Check(dir string) (Report, error) {
	path := filepath.Join(dir, fileName)
	unlock, err := lock(path)
	if err != nil {
		return Report{}, err
	}
	defer unlock()
	return examine(path)
}

// examine reads every page that the tree has, and compares it with the state. The file must be locked.
func examine(path string) (Report, error) {
	file, err := os.OpenFile(path, os.O_RDWR, 0) //nolint:gosec // the operator's folder
	if err != nil {
		return Report{}, fmt.Errorf("open spool: %w", err)
	}
	defer func() { _ = file.Close() }() // what was written is synced
	m, mended, torn, err := settleMetas(file)
	w := walker{report: Report{Mended: mended, Torn: torn}}
	if err != nil {
		return w.report, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	w.listed = m.freelist() != noFreelist
	w.pageFile = pageFile{file: file, pageSize: m.pageSize(), pages: m.pages()}
	if err := w.fits(file); err != nil {
		return w.report, err
	}
	if err := w.tree(m.root(), nil, w.root); err != nil {
		return w.report, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return w.report, w.compare()
}

// fits checks that the file has the pages that it says, before anything is made for each of them.
func (w *walker) fits(file *os.File) error {
	info, err := file.Stat()
	if err != nil {
		return fmt.Errorf("open spool: %w", err)
	}
	if w.pages > uint64(info.Size()/w.pageSize) { //nolint:gosec // never negative
		return fmt.Errorf("%w: it has %d bytes for %d pages", ErrDamaged, info.Size(), w.pages)
	}
	w.seen = make([]bool, w.pages)
	return nil
}

// walker goes through the pages of a file, each once.
type walker struct {
	pageFile
	seen    []bool
	report  Report
	found   state    // what is there
	stored  state    // what its state says
	buckets int      // that the layout has
	listed  bool     // the file has a list of free pages, which no spool of this layout writes
	account [4]int64 // sums of the quarantine's index
}

// visit is told of each record and bucket of a tree, in order.
type visit func(e element) error

// tree goes through the tree below a page. Its keys rise, and none of a page is below the one that
// leads there.
func (w *walker) tree(id uint64, last []byte, visit visit) error {
	_, err := w.below(id, last, nil, 0, visit)
	return err
}

// below returns the last key.
func (w *walker) below(id uint64, last, low []byte, depth int, visit visit) ([]byte, error) {
	elements, branch, err := w.open(id)
	if err != nil || depth > maxDepth || branch && len(elements) == 0 {
		return last, errors.Join(err, fmt.Errorf("page %d cannot be read", id))
	}
	for i, e := range elements {
		if i == 0 && bytes.Compare(e.key, low) < 0 {
			return last, fmt.Errorf("page %d is of another place", id)
		}
		if branch {
			last, err = w.below(e.child, last, e.key, depth+1, visit)
		} else {
			last, err = w.record(e, last, visit)
		}
		if err != nil {
			return last, err
		}
	}
	return last, nil
}

// open takes a page apart, once.
func (w *walker) open(id uint64) (elements []element, branch bool, err error) {
	page, err := w.page(id)
	if err != nil {
		return nil, false, err
	}
	for i := range uint64(len(page)) / uint64(w.pageSize) { //nolint:gosec // never negative
		if w.seen[id+i] {
			return nil, false, fmt.Errorf("two lead to page %d", id+i)
		}
		w.seen[id+i] = true
	}
	return elementsOf(page)
}

func (w *walker) record(e element, last []byte, visit visit) ([]byte, error) {
	if last != nil && bytes.Compare(last, e.key) >= 0 {
		return last, errors.New("keys do not rise")
	}
	return e.key, visit(e)
}

// bucket goes through a bucket, whose page may be in its own value.
func (w *walker) bucket(e element, visit visit) error {
	if !e.bucket || len(e.value) < bucketHead {
		return fmt.Errorf("%.20q is no bucket", e.key)
	}
	if root := order.Uint64(e.value); root != 0 {
		return w.tree(root, nil, visit)
	}
	elements, branch, err := elementsOf(e.value[bucketHead:])
	if err != nil || branch {
		return errors.Join(err, fmt.Errorf("bucket %.20q cannot be read", e.key))
	}
	var last []byte
	for _, e := range elements {
		if last, err = w.record(e, last, visit); err != nil {
			return err
		}
	}
	return nil
}
