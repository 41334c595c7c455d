// Package stream holds the rules for the order of one device's messages: which
// numbers have been seen, where gaps are, and which message fits.
package stream

import (
	"bytes"
	"slices"

	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
)

// Load returns where a device's stream stands, empty before its first message. A
// record of before clashes were kept has none.
func Load(r ledger.Reader, device string) (waymark.Stream, error) {
	s, err := ledger.Load[waymark.Stream](r, ledger.StreamKey(device))
	if err != nil {
		return waymark.Stream{}, err
	}
	if s == nil {
		s = &waymark.Stream{Device: device, Digest: []byte{}, Gaps: []waymark.Gap{}, Measured: []waymark.Measured{}}
	}
	if s.Clashes == nil {
		s.Clashes = []waymark.Clash{}
	}
	return *s, nil
}

// gapAt returns the index of the open gap that holds sequence number n, or -1.
func gapAt(s *waymark.Stream, n uint64) int {
	return slices.IndexFunc(s.Gaps, func(g waymark.Gap) bool { return g.First <= n && n <= g.Last })
}

// Seen reports whether message n has been recorded.
func Seen(s *waymark.Stream, n uint64) bool { return n <= s.Last && gapAt(s, n) < 0 }

// Place puts a message that has not been seen into the stream: at its end, past
// its end (which opens a gap) or into a gap. The digests on both sides must
// chain. It changes nothing when it fails, with FailedPrecondition.
func Place(s *waymark.Stream, n uint64, previous []byte, digest attest.Digest) error {
	switch {
	case n == s.Last+1:
		if !bytes.Equal(previous, s.Digest) {
			return brokenChain(n)
		}
	case n > s.Last:
		if len(s.Gaps) >= waymark.MaxGaps {
			return tooManyGaps()
		}
		s.Gaps = append(s.Gaps, waymark.Gap{First: s.Last + 1, Last: n - 1, Before: s.Digest, After: previous})
	default:
		return fill(s, gapAt(s, n), n, previous, digest)
	}
	s.Last, s.Digest = n, digest[:]
	return nil
}

// PlaceRun puts messages that follow one another, from number n on, at the end of the stream: what they chain to is
// recorded. A gap that they opened would be between neighbours that no device vouches for. It changes nothing when it
// fails, with FailedPrecondition.
func PlaceRun(s *waymark.Stream, n uint64, previous []byte, digests []attest.Digest) error {
	if n != s.Last+1 {
		return waymark.Errorf(waymark.FailedPrecondition,
			"a run goes to the end of the stream, which is at %d: send the messages from %d on in full", s.Last, n).Because(waymark.ReasonRunPlace)
	}
	if err := Place(s, n, previous, digests[0]); err != nil {
		return err
	}
	last := len(digests) - 1
	s.Last, s.Digest = n+uint64(last), digests[last][:] //nolint:gosec // there is a first one
	return nil
}

// fill puts message n into gap i and leaves what is still missing on each side.
func fill(s *waymark.Stream, i int, n uint64, previous []byte, digest attest.Digest) error {
	g := s.Gaps[i]
	if n == g.First && !bytes.Equal(previous, g.Before) || n == g.Last && !bytes.Equal(digest[:], g.After) {
		return brokenChain(n)
	}
	var rest []waymark.Gap
	if n > g.First {
		rest = append(rest, waymark.Gap{First: g.First, Last: n - 1, Before: g.Before, After: previous})
	}
	if n < g.Last {
		rest = append(rest, waymark.Gap{First: n + 1, Last: g.Last, Before: digest[:], After: g.After})
	}
	if len(s.Gaps)-1+len(rest) > waymark.MaxGaps {
		return tooManyGaps()
	}
	s.Gaps = slices.Replace(s.Gaps, i, i+1, rest...)
	return nil
}

func brokenChain(n uint64) error {
	return waymark.Errorf(waymark.FailedPrecondition,
		"message %d does not chain to its neighbour: prev must be the digest of the message before", n).Because(waymark.ReasonChain)
}

func tooManyGaps() error {
	return waymark.Errorf(waymark.FailedPrecondition,
		"the stream has %d open gaps: send what is missing first", waymark.MaxGaps).Because(waymark.ReasonGaps)
}
