package main

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"slices"
)

// anchored is the content of anchored.json.
type anchored struct {
	About      string          `json:"about"`
	Runs       []runVector     `json:"runs"`
	BadRuns    []badBytes      `json:"bad_runs"`
	BadPaths   []badPath       `json:"bad_paths"`
	Bundles    []bundleVector  `json:"bundles"`
	BadBundles []badBytes      `json:"bad_bundles"`
	Picks      []picksVector   `json:"picks"`
	Checked    []checkedVector `json:"checked"`
}

// runVector is a run, its lines, and the root of the window that records it.
type runVector struct {
	Name     string       `json:"name"`
	About    string       `json:"about"`
	Device   string       `json:"device"`
	Key      string       `json:"key"`      // id of the key that signed the messages
	First    uint64       `json:"first"`    // number of the first message
	Previous string       `json:"previous"` // hex
	Lines    []lineVector `json:"lines"`
	Hex      string       `json:"hex"`  // the encoding
	Text     string       `json:"text"` // as it travels in a request
	Root     string       `json:"root"` // hex
}

// lineVector is a line, the message whose line it is, and its leaf.
type lineVector struct {
	Message  string         `json:"message,omitempty"` // absent where the line is made up
	Digest   string         `json:"digest"`            // hex
	Readings int64          `json:"readings"`
	Root     string         `json:"root"` // hex, over the leaves of the readings
	From     int64          `json:"from"` // milliseconds since 1970
	Span     int64          `json:"span"` // milliseconds
	Series   []seriesVector `json:"series"`
	Leaf     string         `json:"leaf,omitempty"` // hex of the message leaf
	Path     []string       `json:"path,omitempty"` // hex of the audit path, lowest first
}

// seriesVector is the totals of one measurement in a message.
type seriesVector struct {
	Name   string `json:"name"`
	Unit   string `json:"unit"`
	Count  int64  `json:"count"`
	Min    int64  `json:"min"`
	Max    int64  `json:"max"`
	Sum    int64  `json:"sum"`
	Latest int64  `json:"latest"` // milliseconds after from
}

// badBytes is what must be refused.
type badBytes struct {
	Name string `json:"name"`
	Hex  string `json:"hex"`
	Code string `json:"code"`
}

// badPath is a path that does not show that a message has this line in a window.
type badPath struct {
	Name   string     `json:"name"`
	Device string     `json:"device"`
	First  uint64     `json:"first"`
	Last   uint64     `json:"last"`
	Number uint64     `json:"number"`
	Root   string     `json:"root"`
	Line   lineVector `json:"line"`
	Code   string     `json:"code"`
}

func anchoredFile() (*anchored, error) {
	file := &anchored{About: "Anchored telemetry: runs, lines, leaves, bundles, picks and running digests; README.md says how to read this file."}
	known, err := signers()
	if err != nil {
		return nil, err
	}
	m := maker{signer: known[ed25519Key]}
	for _, r := range m.runs() {
		r.complete()
		file.Runs = append(file.Runs, r)
	}
	file.BadRuns = badRuns(file.Runs[0])
	file.BadPaths = badPaths(file.Runs[1])
	file.Bundles, file.BadBundles = bundles(file.Runs), badBundles()
	file.Picks, file.Checked = picks(), checked()
	return file, m.err
}

// complete works out the encodings, the root, and the path of each message.
func (r *runVector) complete() {
	var hashes [][]byte
	for i := range r.Lines {
		leaf := encoded(append([]any{"message", r.Device, r.First + uint64(i)}, r.Lines[i].members()...))
		r.Lines[i].Leaf = hex.EncodeToString(leaf)
		hashes = append(hashes, sum(append([]byte{0}, leaf...)))
	}
	for i := range r.Lines {
		for _, step := range auditPath(i, hashes) {
			r.Lines[i].Path = append(r.Lines[i].Path, hex.EncodeToString(step))
		}
	}
	raw := encoded(r.members())
	r.Hex, r.Text, r.Root = hex.EncodeToString(raw), b64(raw), hex.EncodeToString(treeHash(hashes))
}

// members are the members of a run as they are encoded.
func (r runVector) members() []any {
	lines := make([]any, len(r.Lines))
	for i, l := range r.Lines {
		lines[i] = l.members()
	}
	return []any{1, r.Device, r.Key, r.First, unhex(r.Previous), lines}
}

// members are the members of a line as they are encoded.
func (l lineVector) members() []any {
	series := make([]any, len(l.Series))
	for i, s := range l.Series {
		series[i] = []any{s.Name, s.Unit, s.Count, s.Min, s.Max, s.Sum, s.Latest}
	}
	return []any{unhex(l.Digest), l.Readings, unhex(l.Root), l.From, l.Span, series}
}

// badPaths change one thing of what the path of a run's second message shows.
func badPaths(r runVector) []badPath {
	good := badPath{Device: r.Device, First: r.First, Last: r.First + uint64(len(r.Lines)) - 1, Number: r.First + 1, Root: r.Root, Line: r.Lines[1], Code: "invalid"}
	var bad []badPath
	for _, change := range []struct {
		name string
		make func(p *badPath)
	}{
		{"another device", func(p *badPath) { p.Device = "logger-2" }},
		{"another number", func(p *badPath) { p.Number++ }},
		{"a number before the window", func(p *badPath) { p.Number = p.First - 1 }},
		{"a number after the window", func(p *badPath) { p.Number = p.Last + 1 }},
		{"another end", func(p *badPath) { p.Last = p.Number }},
		{"another root", func(p *badPath) { p.Root = r.Lines[0].Root }},
		{"a greatest that is less", func(p *badPath) { p.Line.Series[0].Max-- }},
		{"another digest", func(p *badPath) { p.Line.Digest = r.Lines[0].Digest }},
		{"another root of the readings", func(p *badPath) { p.Line.Root = r.Lines[0].Root }},
		{"a path without an end", func(p *badPath) { p.Line.Path = p.Line.Path[1:] }},
		{"a path turned round", func(p *badPath) { slices.Reverse(p.Line.Path) }},
		{"a path that goes on", func(p *badPath) { p.Line.Path = append(p.Line.Path, r.Root) }},
	} {
		p := good
		p.Name = change.name
		p.Line.Series, p.Line.Path = slices.Clone(p.Line.Series), slices.Clone(p.Line.Path)
		p.Line.Message, p.Line.Leaf = "", ""
		change.make(&p)
		bad = append(bad, p)
	}
	return bad
}

// encoded is deterministic CBOR of texts, bytes, numbers and arrays.
func encoded(v any) []byte {
	raw, err := encode(v)
	if err != nil {
		panic(fmt.Sprintf("generate: %v", err))
	}
	return raw
}

// unhex reads what this program wrote.
func unhex(text string) []byte {
	raw, err := hex.DecodeString(text)
	if err != nil {
		panic("generate: " + err.Error())
	}
	return raw
}

// part is bytes with their length before them, as 8 bytes, big-endian.
func part(b []byte) []byte { return append(number(uint64(len(b))), b...) }

// number is 8 bytes, big-endian.
func number(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }
