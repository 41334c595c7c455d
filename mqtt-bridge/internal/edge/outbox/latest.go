package outbox

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// latest says of each series (a name with its unit) that a device measured when the latest reading of it was measured, in milliseconds since 1970. It has
// at most as many as a device may measure: the latest. A name without a NUL is of an earlier release, which told no units apart: it goes before all others.
type latest map[string]int64

// with returns what it is with more readings.
func (l latest) with(more map[string]time.Time) latest {
	all := make(latest)
	maps.Copy(all, l)
	for series, at := range more {
		all[series] = max(all[series], at.UnixMilli())
	}
	for len(all) > waymark.MaxMeasured {
		delete(all, all.oldest())
	}
	return all
}

func (l latest) oldest() string {
	return slices.MinFunc(slices.Sorted(maps.Keys(l)), func(a, b string) int {
		return cmp.Or(strings.Count(a, "\x00")-strings.Count(b, "\x00"), cmp.Compare(l[a], l[b]))
	})
}

func (l latest) times() map[string]time.Time {
	times := make(map[string]time.Time, len(l))
	for series, at := range l {
		times[series] = time.UnixMilli(at)
	}
	return times
}
