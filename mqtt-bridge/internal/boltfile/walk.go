package boltfile

import (
	"bytes"
	"errors"
	"fmt"
	"os"
)

// maxDepth bounds the tree: 2 keys a page would make 2^30 pages of it.
const maxDepth = 30

// Findings are what was found of the pages of a file.
type Findings struct {
	// Mended says that a flipped bit was put right in a meta page. Torn says that one of the
	// two does not hold: its transaction is lost. If a power loss tore it, nothing of that was acknowledged.
	Mended, Torn bool
	// Listed says that the file has a list of free pages, which none that this package made has.
	Listed bool
}

// Visit is told of each record of a bucket, in the order of their keys. An error of its makes ErrDamaged of the file.
type Visit func(key, value []byte) error

// Examine reads every page that the tree of a file has, each once, and changes nothing but a flipped bit in a meta page; both of
// those it writes and syncs once more, since whoever had the file open before may have had a sync fail. bucket is asked what is
// to be told of each bucket that there is. It returns ErrDamaged if anything is not as it was written. What is not there
// any more shows by the records alone: whoever wrote them has to count them. The file must be locked.
func Examine(path string, bucket func(name []byte) Visit) (Findings, error) {
	file, err := os.OpenFile(path, os.O_RDWR, 0) //nolint:gosec // the operator's folder
	if err != nil {
		return Findings{}, fmt.Errorf("look at file: %w", err)
	}
	defer func() { _ = file.Close() }() // what was written is synced
	m, mended, torn, err := settleMetas(file)
	found := Findings{Mended: mended, Torn: torn}
	if err != nil {
		return found, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	found.Listed = m.freelist() != noFreelist
	w := walker{pageFile: pageFile{file: file, pageSize: m.pageSize(), pages: m.pages()}}
	if err := w.fits(file); err != nil {
		return found, err
	}
	if err := w.tree(m.root(), func(e element) error { return w.bucket(e, bucket(e.key)) }); err != nil {
		return found, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return found, nil
}

// walker goes through the pages of a file, each once.
type walker struct {
	pageFile
	seen []bool
}

// fits checks that the file has the pages that it says, before anything is made for each of them.
func (w *walker) fits(file *os.File) error {
	info, err := file.Stat()
	if err != nil {
		return fmt.Errorf("look at file: %w", err)
	}
	if w.pages > uint64(info.Size()/w.pageSize) { //nolint:gosec // never negative
		return fmt.Errorf("%w: it has %d bytes for %d pages", ErrDamaged, info.Size(), w.pages)
	}
	w.seen = make([]bool, w.pages)
	return nil
}

// visit is told of each record and bucket of a tree, in order.
type visit func(e element) error

// tree goes through the tree below a page.
func (w *walker) tree(id uint64, visit visit) error {
	_, err := w.below(id, place{}, visit)
	return err
}

// place is where a page is in the tree.
type place struct {
	depth     int
	last      []byte // the key before it, nil if there is none
	low, high []byte // its keys are not below low, and below high unless that is nil
}

// below goes through the tree below a page. Its keys rise, and each page has those that the ones above say. It returns the last.
func (w *walker) below(id uint64, at place, visit visit) (last []byte, err error) {
	elements, branch, err := w.open(id)
	if err != nil || at.depth > maxDepth || branch && len(elements) == 0 {
		return at.last, errors.Join(err, fmt.Errorf("page %d cannot be read", id))
	}
	for i, e := range elements {
		if !at.fits(e.key, i == 0) {
			return at.last, fmt.Errorf("page %d has keys in another order, or is of another place", id)
		}
		if branch {
			at.last, err = w.below(e.child, at.child(elements, i), visit)
		} else {
			at.last, err = e.key, visit(e)
		}
		if err != nil {
			return at.last, err
		}
	}
	return at.last, nil
}

// fits reports whether a page can have a key there.
func (p place) fits(key []byte, first bool) bool {
	return (p.last == nil || bytes.Compare(p.last, key) < 0) && (p.high == nil || bytes.Compare(key, p.high) < 0) &&
		(!first || bytes.Compare(p.low, key) <= 0)
}

// child is the place of the page to which an element leads.
func (p place) child(elements []element, i int) place {
	high := p.high
	if i+1 < len(elements) {
		high = elements[i+1].key
	}
	return place{depth: p.depth + 1, last: p.last, low: elements[i].key, high: high}
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

// bucket goes through a bucket, whose page may be in its own value. It has no buckets itself.
func (w *walker) bucket(b element, tell Visit) error {
	if !b.bucket || len(b.value) < bucketHead {
		return fmt.Errorf("%.20q is no bucket", b.key)
	}
	visit := func(e element) error {
		if e.bucket {
			return fmt.Errorf("a bucket in %.20q", b.key)
		}
		return tell(e.key, e.value)
	}
	if root := order.Uint64(b.value); root != 0 {
		return w.tree(root, visit)
	}
	elements, branch, err := elementsOf(b.value[bucketHead:])
	if err != nil || branch {
		return errors.Join(err, fmt.Errorf("bucket %.20q cannot be read", b.key))
	}
	var at place
	for _, e := range elements {
		if !at.fits(e.key, false) {
			return fmt.Errorf("the keys of bucket %.20q do not rise", b.key)
		}
		if err := visit(e); err != nil {
			return err
		}
		at.last = e.key
	}
	return nil
}
