package stream

import (
	"bytes"
	"slices"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// KindOf tells what kind of clash a message makes whose number is taken. earliest
// is the time of its earliest reading, zero if it has none that can be read.
func KindOf(s *waymark.Stream, earliest time.Time) waymark.ClashKind {
	if earliest.IsZero() || slices.ContainsFunc(s.Measured, func(m waymark.Measured) bool { return !earliest.After(m.Latest) }) {
		return waymark.Fork
	}
	return waymark.JumpBack
}

// Listed returns a clash that the stream lists, by number and digest.
func Listed(s *waymark.Stream, sequence uint64, digest []byte) (c waymark.Clash, found bool) {
	i := slices.IndexFunc(s.Clashes, func(c waymark.Clash) bool {
		return c.Sequence == sequence && bytes.Equal(c.Digest, digest)
	})
	if i < 0 {
		return c, false
	}
	return s.Clashes[i], true
}

// Note lists a clash that is not listed yet, as far as there is room, and reports
// whether that changed the stream. Past the bound it notes once that there are more.
func Note(s *waymark.Stream, c waymark.Clash) (changed bool) {
	jumps := 0
	for _, listed := range s.Clashes {
		if listed.Kind == waymark.JumpBack {
			jumps++
		}
	}
	if len(s.Clashes) < waymark.MaxClashes && (c.Kind != waymark.JumpBack || jumps < waymark.MaxJumpBacks) {
		s.Clashes = append(s.Clashes, c)
		return true
	}
	changed = !s.MoreClashes
	s.MoreClashes = true
	return changed
}
