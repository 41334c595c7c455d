package goods

import (
	"bytes"
	"crypto/sha256"
	"maps"
	"slices"

	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/rules/recall"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// maxMet bounds how many steps with several ways to them a trace remembers.
const maxMet = 128

// tracer walks from a thing, depth first. All that it knows fits into a cursor.
type tracer struct {
	b         *book
	acts      map[string]*waymark.Act
	start     string
	direction waymark.Direction
	limit     int
	path      []*frame
	met       [][]byte // digests of what must not be followed again, oldest first
	entries   []waymark.TraceEntry
	lots      [][]string      // in what each entry is about
	known     map[string]bool // the lots of them all, and of the start
}

// maxKnown bounds the lots of one page, each of which is looked up among the recalls: a page
// ends early beyond.
const maxKnown = 2000

// frame is a step on the way down, whose children are being visited.
type frame struct {
	Kind  waymark.TraceKind `json:"k"`
	ID    string            `json:"i"`
	After string            `json:"a,omitempty"` // the place of the last child that was visited
	queue []child
	done  bool // there are no more children than in the queue
}

// child is a step that follows from another.
type child struct {
	entry    waymark.TraceEntry
	position string   // among its siblings
	follow   bool     // it has children of its own
	once     bool     // there are several ways to it
	lots     []string // in it
}

// traceCursor is where a page ended.
type traceCursor struct {
	Start     string            `json:"s"`
	Direction waymark.Direction `json:"d"`
	Path      []*frame          `json:"p"`
	Met       [][]byte          `json:"m,omitempty"`
}

// Trace returns a page of what became of a thing, or what it came of, to those whom that
// thing concerns. What else is on the way is shown to them all the same.
func Trace(l ledger.Ledger, q waymark.TraceQuery) (*waymark.Trace, error) {
	g := waymark.MustGoods(q.ID)
	t := &tracer{
		b: look(l), acts: map[string]*waymark.Act{}, start: g.String(), direction: q.Direction, limit: waymark.Page(q.Limit),
		path: []*frame{{Kind: waymark.TraceKind(g.Kind()), ID: g.String()}}, entries: []waymark.TraceEntry{}, known: map[string]bool{},
	}
	if err := t.b.checkReadable(l.Tx(), g); err != nil {
		return nil, err
	}
	if q.Cursor != "" {
		if err := t.resume(q.Cursor); err != nil {
			return nil, err
		}
	}
	more, err := t.walk()
	if err != nil {
		return nil, err
	}
	page := &waymark.Trace{ID: t.start, Direction: t.direction, Entries: t.entries}
	if page.Recalled, err = t.recalled(g); err != nil {
		return nil, err
	}
	if more {
		page.Cursor, err = encodeCursor(traceCursor{t.start, t.direction, t.path, t.met})
	}
	return page, err
}

// walk visits steps until the page is full, and reports whether there is more.
func (t *tracer) walk() (more bool, err error) {
	for {
		c, err := t.next()
		if err != nil || c == nil {
			return false, err
		}
		if len(t.entries) == t.limit || len(t.known) > maxKnown {
			return true, nil
		}
		t.visit(*c)
	}
}

// next returns the next child to visit, and leaves what has none left or was met before.
func (t *tracer) next() (*child, error) {
	for len(t.path) > 0 {
		f := t.path[len(t.path)-1]
		switch {
		case len(f.queue) > 0 && t.wasMet(f.queue[0]):
			f.After, f.queue = f.queue[0].position, f.queue[1:]
		case len(f.queue) > 0:
			return &f.queue[0], nil
		case f.done:
			t.path = t.path[:len(t.path)-1]
		default:
			if err := t.fill(f); err != nil {
				return nil, err
			}
		}
	}
	return nil, nil
}

// visit adds the first child of the deepest step to the page, and goes down to it.
func (t *tracer) visit(c child) {
	f := t.path[len(t.path)-1]
	f.After, f.queue = c.position, f.queue[1:]
	c.entry.From, c.entry.Depth = f.ID, len(t.path)
	if c.once {
		t.met = append(t.met, digest(c))
		t.met = t.met[max(0, len(t.met)-maxMet):]
	}
	if c.follow && len(t.path) == waymark.MaxTraceDepth {
		c.entry.Unfollowed = true
	} else if c.follow {
		t.path = append(t.path, &frame{Kind: c.entry.Kind, ID: c.entry.ID})
	}
	t.entries, t.lots = append(t.entries, c.entry), append(t.lots, c.lots)
	for _, lot := range c.lots {
		t.known[lot] = true
	}
}

// recalled says of each entry which lots in it are recalled now, and returns those of the start.
func (t *tracer) recalled(start waymark.Goods) ([]string, error) {
	own, err := t.b.lotsIn(start)
	if err != nil {
		return nil, err
	}
	for _, lot := range own {
		t.known[lot] = true
	}
	recalled, err := recall.Lots(t.b.r, slices.Sorted(maps.Keys(t.known)))
	if err != nil {
		return nil, err
	}
	among := func(lots []string) (found []string) {
		for _, lot := range lots {
			if slices.Contains(recalled, lot) {
				found = append(found, lot)
			}
		}
		return found
	}
	for i := range t.entries {
		t.entries[i].Recalled = among(t.lots[i])
	}
	return among(own), nil
}

func (t *tracer) wasMet(c child) bool {
	return c.once && slices.ContainsFunc(t.met, func(m []byte) bool { return bytes.Equal(m, digest(c)) })
}

// digestSize is enough that nobody finds two steps with one digest.
const digestSize = 16

func digest(c child) []byte {
	sum := sha256.Sum256([]byte(string(c.entry.Kind) + " " + c.entry.ID))
	return sum[:digestSize]
}
