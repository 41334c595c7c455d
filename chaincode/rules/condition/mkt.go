package condition

import (
	"cmp"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/kinetic"
)

// Window is the kinetic sum of one window of time, counted from when the device was
// attached.
type Window struct {
	N   int64       `json:"n"`
	MS  int64       `json:"t"` // the known time in it
	Sum kinetic.Sum `json:"s"`
}

// Windows are those of a run: the first, the worst of those between, and the last. Those
// between are complete, since the run goes on on both sides of them.
type Windows []Window

// windows cuts the time for which a reading stands.
func (r Rule) windows(origin int64, from Sample, stands int64) Windows {
	length := r.MKT.WindowSeconds * 1000
	if length == 0 {
		return Windows{window(0, from.Value, stands)}
	}
	var cut Windows
	for at, end := from.At-origin, from.At-origin+stands; at < end; {
		n := floor(at, length)
		next := min(end, (n+1)*length)
		cut = r.joinWindows(cut, Windows{window(n, from.Value, next-at)})
		at = next
	}
	return cut
}

func window(n, value, ms int64) Window {
	sum, err := kinetic.Sum{}.Add(value, ms)
	if err != nil { // a known time is never negative
		panic("condition: " + err.Error())
	}
	return Window{N: n, MS: ms, Sum: sum}
}

// floor divides, rounded down.
func floor(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// joinWindows joins those of neighbours.
func (r Rule) joinWindows(a, b Windows) Windows {
	if len(a) == 0 {
		return b
	}
	if len(b) == 0 {
		return a
	}
	all := append(Windows{}, a...)
	if last := &all[len(all)-1]; last.N == b[0].N {
		last.MS, last.Sum = plus(last.MS, b[0].MS), last.Sum.Join(b[0].Sum)
		b = b[1:]
	}
	all = append(all, b...)
	if len(all) <= 2 {
		return all
	}
	worst := all[1]
	for _, w := range all[2 : len(all)-1] {
		worst = r.worse(worst, w)
	}
	return Windows{all[0], worst, all[len(all)-1]}
}

// worse returns the worse of two windows: the one that is above the limit, else the warmer, else
// the earlier, else the shorter.
func (r Rule) worse(a, b Window) Window {
	order := cmp.Or(
		compareBool(!a.within(r.limit), !b.within(r.limit)),
		cmp.Compare(a.mean(), b.mean()),
		cmp.Compare(b.N, a.N),
		cmp.Compare(b.MS, a.MS),
		cmp.Compare(a.Sum.String(), b.Sum.String()),
	)
	if order < 0 {
		return b
	}
	return a
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

func (w Window) within(limit int64) bool { return w.Sum.Within(w.MS, limit) }

// beyond is the mean of a window that is hotter than a rate is known for.
const beyond = kinetic.Maximum + 1

// mean is the mean kinetic temperature in centi-degrees.
func (w Window) mean() int64 {
	mean, err := w.Sum.MKT(w.MS)
	if err != nil {
		return beyond
	}
	return mean
}

// worst is the worst window of all; none if there is no known time.
func (r Rule) worst(all Windows) (w Window, none bool) {
	if len(all) == 0 {
		return w, true
	}
	w = all[0]
	for _, o := range all[1:] {
		w = r.worse(w, o)
	}
	return w, false
}

// meanText is the mean as it is shown.
func (w Window) meanText() string {
	if m := w.mean(); m != beyond {
		return string(waymark.FormatScaled(m, waymark.ScaleOf("Cel")))
	}
	return waymark.TooHot
}
