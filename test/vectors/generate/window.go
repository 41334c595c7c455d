package main

import (
	"crypto/sha256"
	"encoding/hex"
	"math"
)

// windows is the content of windows.json.
type windows struct {
	About   string         `json:"about"`
	Windows []windowVector `json:"windows"`
}

// windowVector is a window's readings in their order, and the root over them.
type windowVector struct {
	Name   string       `json:"name"`
	About  string       `json:"about"`
	Root   string       `json:"root"` // hex
	Leaves []leafVector `json:"leaves"`
}

// leafVector is one reading as a leaf.
type leafVector struct {
	Device   string   `json:"device"`
	Sequence uint64   `json:"sequence"`
	Index    uint64   `json:"index"`
	Kind     uint8    `json:"kind"` // 0 number, 1 sum, 2 boolean, 3 text, 4 data
	Name     string   `json:"name"`
	Unit     string   `json:"unit"`
	Value    int64    `json:"value"`          // in the scale of the unit
	Body     string   `json:"body,omitempty"` // of a text or data: its SHA-256 stands in the place of the value
	Time     int64    `json:"time"`           // milliseconds since 1970
	Hex      string   `json:"hex"`            // the encoding
	Hash     string   `json:"hash"`           // hex of the leaf's hash
	Path     []string `json:"path"`           // hex of the audit path, lowest first
}

func windowFile() (*windows, error) {
	file := &windows{About: "Readings as leaves of the tree whose root a window holds (RFC 6962); README.md says how to read this file."}
	temperature := leafVector{Device: "logger-1", Sequence: 1, Name: "temperature", Unit: "Cel", Value: 425, Time: 1772352000000}
	humidity := leafVector{Device: "logger-1", Sequence: 1, Index: 1, Name: "humidity", Unit: "%RH", Value: 6100, Time: 1772352000000}
	second := leafVector{Device: "logger-1", Sequence: 2, Name: "temperature", Unit: "Cel", Value: -50, Time: 1772352060000}
	extremes := []leafVector{
		{Device: "d", Sequence: 1<<53 - 1, Index: 999, Name: "n", Unit: "u", Value: math.MaxInt64, Time: 253402300799000},
		{Device: "d", Sequence: 24, Index: 23, Name: "n", Unit: "u", Value: math.MinInt64, Time: 268435456000},
		{Device: "d", Sequence: 256, Index: 24, Name: "n", Unit: "u", Value: -1, Time: 268435456000},
	}
	kinds := []leafVector{
		{Device: "d", Sequence: 1, Name: "power", Unit: "W", Value: 3000000, Time: 1772352000000},
		{Device: "d", Sequence: 1, Index: 1, Kind: 1, Name: "power", Unit: "W", Value: 9000000000, Time: 1772352000000},
		{Device: "d", Sequence: 1, Index: 2, Kind: 2, Name: "door", Unit: "/", Value: 1000000, Time: 1772352000000},
		{Device: "d", Sequence: 1, Index: 3, Kind: 3, Name: "state", Body: "open", Time: 1772352000000},
		{Device: "d", Sequence: 1, Index: 4, Kind: 4, Name: "tag", Body: "\x00\x01", Time: 1772352000000},
	}
	var many []leafVector
	for i := range 13 {
		many = append(many, leafVector{Device: "logger-1", Sequence: uint64(100 + i/4), Index: uint64(i % 4),
			Name: "temperature", Unit: "Cel", Value: int64(400 + i), Time: 1772352000000 + int64(i)*1000})
	}
	for _, w := range []windowVector{
		{Name: "one-message", About: "the message jws-ed25519-1 of messages.json", Leaves: []leafVector{temperature, humidity}},
		{Name: "two-messages", About: "the messages jws-ed25519-1 and jws-ed25519-2", Leaves: []leafVector{temperature, humidity, second}},
		{Name: "one-reading", About: "the root is the hash of the leaf, the path is empty", Leaves: []leafVector{second}},
		{Name: "extremes", About: "integers at the bounds of their encodings", Leaves: extremes},
		{Name: "kinds", About: "a reading of each kind: text and data are hashed", Leaves: kinds},
		{Name: "thirteen", About: "a tree that is not full", Leaves: many},
	} {
		if err := w.complete(); err != nil {
			return nil, err
		}
		file.Windows = append(file.Windows, w)
	}
	return file, nil
}

func (w *windowVector) complete() error {
	hashes := make([][]byte, len(w.Leaves))
	for i := range w.Leaves {
		l := &w.Leaves[i]
		var value any = l.Value
		if l.Body != "" {
			value = sum([]byte(l.Body))
		}
		encoded, err := encode([]any{l.Device, l.Sequence, l.Index, l.Kind, l.Name, l.Unit, value, l.Time})
		if err != nil {
			return err
		}
		hashes[i] = sum(append([]byte{0}, encoded...))
		l.Hex, l.Hash = hex.EncodeToString(encoded), hex.EncodeToString(hashes[i])
	}
	w.Root = hex.EncodeToString(treeHash(hashes))
	for i := range w.Leaves {
		w.Leaves[i].Path = []string{}
		for _, step := range auditPath(i, hashes) {
			w.Leaves[i].Path = append(w.Leaves[i].Path, hex.EncodeToString(step))
		}
	}
	return nil
}

// treeHash is MTH of RFC 6962, clause 2.1, over the hashes of at least one leaf.
func treeHash(hashes [][]byte) []byte {
	if len(hashes) == 1 {
		return hashes[0]
	}
	k := split(len(hashes))
	node := append([]byte{1}, treeHash(hashes[:k])...)
	return sum(append(node, treeHash(hashes[k:])...))
}

// auditPath is PATH of RFC 6962, clause 2.1.1.
func auditPath(m int, hashes [][]byte) [][]byte {
	if len(hashes) == 1 {
		return nil
	}
	k := split(len(hashes))
	if m < k {
		return append(auditPath(m, hashes[:k]), treeHash(hashes[k:]))
	}
	return append(auditPath(m-k, hashes[k:]), treeHash(hashes[:k]))
}

// split is the largest power of two below n.
func split(n int) int {
	k := 1
	for 2*k < n {
		k *= 2
	}
	return k
}

func sum(content []byte) []byte {
	hash := sha256.Sum256(content)
	return hash[:]
}
