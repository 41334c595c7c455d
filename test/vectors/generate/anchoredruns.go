package main

import (
	"encoding/hex"
	"fmt"
	"math"
	"slices"
	"strings"
)

// maker makes signed messages and their lines.
type maker struct {
	signer signer
	err    error
}

// measured is one reading of a pack, in the fixed scale of its unit.
type measured struct {
	kind       uint8
	name, unit string
	value      int64
	at         int64 // milliseconds since 1970
	text       string
}

// anchoredAt is when the packs begin, in seconds since 1970.
const anchoredAt = 1772352000

// temperature reads centi-degrees.
func temperature(centi, seconds int64) measured {
	sign, n := "", centi
	if n < 0 {
		sign, n = "-", -n
	}
	at := anchoredAt + seconds
	return measured{0, "temperature", "Cel", centi, at * 1000, fmt.Sprintf(`{"n":"temperature","u":"Cel","t":%d,"v":%s%d.%02d}`, at, sign, n/100, n%100)}
}

func humidity(percent, seconds int64) measured {
	at := anchoredAt + seconds
	return measured{0, "humidity", "%RH", percent * 100, at * 1000, fmt.Sprintf(`{"n":"humidity","u":"%%RH","t":%d,"v":%d}`, at, percent)}
}

func door(open bool, seconds int64) measured {
	at := anchoredAt + seconds
	r := measured{2, "door", "/", 0, at * 1000, fmt.Sprintf(`{"n":"door","t":%d,"vb":%v}`, at, open)}
	if open {
		r.value = 1000000
	}
	return r
}

// stream makes the messages of logger-1 from a number on, each with the digest of the one before.
func (m *maker) stream(first uint64, previous string, cose bool, packs ...[]measured) []lineVector {
	lines := make([]lineVector, len(packs))
	for i, p := range packs {
		h := pack(first+uint64(i), "senml+json")
		h.Previous = previous
		lines[i] = lineOf(h.Device, h.Sequence, p)
		lines[i].Message, previous = m.message(h, cose, p)
		lines[i].Digest = previous
	}
	return lines
}

// message returns the text of a message and its digest in hex.
func (m *maker) message(h header, cose bool, readings []measured) (text, digest string) {
	records := make([]string, len(readings))
	for i, r := range readings {
		records[i] = r.text
	}
	payload := []byte("[" + strings.Join(records, ",") + "]")
	if cose {
		raw, signed, err := coseMessage(m.signer, h.cose(m.signer.cose), payload)
		m.fail(err)
		return b64(raw), digestHex(signed)
	}
	text, err := jwsText(m.signer, h.jws(m.signer.jose), payload)
	m.fail(err)
	return text, digestHex([]byte(text[:strings.LastIndex(text, ".")]))
}

func (m *maker) fail(err error) {
	if m.err == nil {
		m.err = err
	}
}

// lineOf works out all of a line but the digest.
func lineOf(device string, sequence uint64, readings []measured) lineVector {
	l := lineVector{Readings: int64(len(readings)), From: readings[0].at}
	for _, r := range readings {
		l.From = min(l.From, r.at)
	}
	var hashes [][]byte
	for i, r := range readings {
		hashes = append(hashes, sum(append([]byte{0}, encoded([]any{device, sequence, i, r.kind, r.name, r.unit, r.value, r.at})...)))
		l.Span = max(l.Span, r.at-l.From)
		l.take(r)
	}
	l.Root = hex.EncodeToString(treeHash(hashes))
	slices.SortFunc(l.Series, func(a, b seriesVector) int { return strings.Compare(a.Name+"\x00"+a.Unit, b.Name+"\x00"+b.Unit) })
	return l
}

func (l *lineVector) take(r measured) {
	for i := range l.Series {
		if s := &l.Series[i]; s.Name == r.name && s.Unit == r.unit {
			s.Count, s.Sum, s.Latest = s.Count+1, s.Sum+r.value, max(s.Latest, r.at-l.From)
			s.Min, s.Max = min(s.Min, r.value), max(s.Max, r.value)
			return
		}
	}
	l.Series = append(l.Series, seriesVector{r.name, r.unit, 1, r.value, r.value, r.value, r.at - l.From})
}

func (m *maker) runs() []runVector {
	logger := runVector{Device: "logger-1", Key: "k1"}
	with := func(name, about string, first uint64, previous string, lines []lineVector) runVector {
		r := logger
		r.Name, r.About, r.First, r.Previous, r.Lines = name, about, first, previous, lines
		return r
	}
	one := m.stream(1, "", false, []measured{temperature(425, 0), humidity(61, 0)})
	after := one[0].Digest
	three := m.stream(2, after, false,
		[]measured{temperature(-50, 60)},
		[]measured{temperature(400, 120), temperature(550, 130), temperature(-225, 100), door(true, 125), door(false, 126)},
		[]measured{humidity(60, 200), humidity(60, 190)})
	var many [][]measured
	for i := range int64(13) {
		many = append(many, []measured{temperature(400+i, 300+i)})
	}
	digest := strings.Repeat("0f", 32)
	return []runVector{
		with("one-message", "the first of a stream: there is no digest before it, and the root is the hash of its leaf", 1, "", one),
		with("three-messages", "those that follow: several series, times out of order, a boolean; series are sorted", 2, after, three),
		with("cose", "a message in COSE", 7, digest, m.stream(7, digest, true, []measured{temperature(425, 0), door(true, 1)})),
		with("thirteen", "a tree that is not full", 100, digest, m.stream(100, digest, false, many...)),
		with("extremes", "integers at the bounds of their encodings; there are no messages", 1<<53-2, digest, extremes(digest)),
	}
}

// extremes are lines that can be those of messages.
func extremes(digest string) []lineVector {
	return []lineVector{
		{Digest: digest, Root: digest, Readings: 1000, From: 268435456000, Span: 253402300799000 - 268435456000, Series: []seriesVector{
			{"a", "u", 1, math.MaxInt64, math.MaxInt64, math.MaxInt64, 0},
			{"a", "v", 1, math.MinInt64, math.MinInt64, math.MinInt64, 253402300799000 - 268435456000},
			{"b", "u", 998, 0, 0, 0, 24},
		}},
		{Digest: digest, Root: digest, Readings: 1, From: 253402300799000, Series: []seriesVector{{"n", "u", 1, -1, -1, -1, 0}}},
	}
}
