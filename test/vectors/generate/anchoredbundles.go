package main

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
)

// bundleVector is a bundle and the hash that names it.
type bundleVector struct {
	Name       string      `json:"name"`
	Consortium string      `json:"consortium"`
	Runs       []signedRun `json:"runs"`
	Hex        string      `json:"hex"`  // the encoding
	Body       string      `json:"body"` // hex of its SHA-256
}

// signedRun is the messages of a run.
type signedRun struct {
	Device   string   `json:"device"`
	First    uint64   `json:"first"`
	Messages []string `json:"messages"` // in text form
}

// bundles have the messages of runs, each in its own, and all in one.
func bundles(runs []runVector) []bundleVector {
	var all []bundleVector
	whole := bundleVector{Name: "all"}
	for _, r := range runs {
		if r.Lines[0].Message == "" {
			continue
		}
		run := signedRun{Device: r.Device, First: r.First}
		for _, l := range r.Lines {
			run.Messages = append(run.Messages, l.Message)
		}
		whole.Runs = append(whole.Runs, run)
		all = append(all, bundleVector{Name: r.Name, Runs: []signedRun{run}})
	}
	all = append(all, whole)
	for i := range all {
		all[i].Consortium = "waymark"
		raw := encoded([]any{1, "waymark", storedRuns(all[i].Runs)})
		all[i].Hex, all[i].Body = hex.EncodeToString(raw), hex.EncodeToString(sum(raw))
	}
	return all
}

// storedRuns has JWS as texts, and COSE as bytes.
func storedRuns(runs []signedRun) []any {
	var stored []any
	for _, r := range runs {
		var messages []any
		for _, text := range r.Messages {
			if strings.Contains(text, ".") {
				messages = append(messages, text)
				continue
			}
			raw, err := decode(text)
			if err != nil {
				panic("generate: " + err.Error())
			}
			messages = append(messages, raw)
		}
		stored = append(stored, []any{r.Device, r.First, messages})
	}
	return stored
}

// badBundles are of messages that nobody signed: a bundle is read without looking into them.
func badBundles() []badBytes {
	cose, jws := []any{[]byte{0xd2, 0x84}}, "ey.a.b"
	run := func(members ...any) []any { return []any{members} }
	var bad []badBytes
	add := func(name string, raw []byte) { bad = append(bad, badBytes{name, hex.EncodeToString(raw), "invalid"}) }
	for _, v := range []struct {
		name   string
		bundle []any
	}{
		{"version 2", []any{2, "waymark", run("d", 1, cose)}},
		{"a consortium that has no id", []any{1, "a b", run("d", 1, cose)}},
		{"no runs", []any{1, "waymark", []any{}}},
		{"a device that has no id", []any{1, "waymark", run("", 1, cose)}},
		{"message 0", []any{1, "waymark", run("d", 0, cose)}},
		{"a number above 2^53-1", []any{1, "waymark", run("d", uint64(1)<<53, cose)}},
		{"no messages", []any{1, "waymark", run("d", 1, []any{})}},
		{"101 messages", []any{1, "waymark", run("d", 1, slices.Repeat(cose, 101))}},
		{"a JWS as bytes", []any{1, "waymark", run("d", 1, []any{[]byte(jws)})}},
		{"a text that is no JWS", []any{1, "waymark", run("d", 1, []any{"0oQ"})}},
		{"a message of no bytes", []any{1, "waymark", run("d", 1, []any{[]byte{}})}},
		{"a number for a message", []any{1, "waymark", run("d", 1, []any{7})}},
		{"null for a message", []any{1, "waymark", run("d", 1, []any{nil})}},
		{"disclosures after a message", []any{1, "waymark", run("d", 1, []any{jws + "~x~"})}},
		{"a line break in a message", []any{1, "waymark", run("d", 1, []any{jws + "\n"})}},
		{"a run of two members", []any{1, "waymark", run("d", 1)}},
		{"a member more", []any{1, "waymark", run("d", 1, cose), 0}},
	} {
		add(v.name, encoded(v.bundle))
	}
	good := encoded([]any{1, "waymark", run("d", 1, cose)})
	add("cut short", good[:len(good)-1])
	add("a byte more", append(slices.Clone(good), 0))
	add("a version in two bytes", slices.Replace(slices.Clone(good), 1, 2, 0x18, 1))
	return bad
}

// picksVector is a window, its block, and which of its messages are picked.
type picksVector struct {
	Name   string   `json:"name"`
	Block  string   `json:"block"` // hex of the hash of the block's header
	Tx     string   `json:"tx"`
	Device string   `json:"device"`
	First  uint64   `json:"first"`
	Last   uint64   `json:"last"`
	Picks  []uint64 `json:"picks"`
}

// picks differ in one thing each from the first; some have none.
func picks() []picksVector {
	block, tx := hex.EncodeToString(sum([]byte("block"))), hex.EncodeToString(sum([]byte("transaction")))
	all := []picksVector{
		{Name: "a hundred", Block: block, Tx: tx, Device: "logger-1", First: 1, Last: 100},
		{Name: "another block", Block: hex.EncodeToString(sum([]byte("another"))), Tx: tx, Device: "logger-1", First: 1, Last: 100},
		{Name: "another transaction", Block: block, Tx: hex.EncodeToString(sum([]byte("another"))), Device: "logger-1", First: 1, Last: 100},
		{Name: "another device", Block: block, Tx: tx, Device: "logger-2", First: 1, Last: 100},
		{Name: "another first message", Block: block, Tx: tx, Device: "logger-1", First: 2, Last: 101},
		{Name: "fewer messages have the same picks, as far as they go", Block: block, Tx: tx, Device: "logger-1", First: 1, Last: 50},
		{Name: "the last numbers", Block: block, Tx: tx, Device: "logger-1", First: 1<<53 - 100, Last: 1<<53 - 1},
	}
	for n := uint64(200); n < 220; n++ {
		all = append(all, picksVector{Name: fmt.Sprintf("message %d alone", n), Block: block, Tx: tx, Device: "logger-1", First: n, Last: n})
	}
	for i := range all {
		v := &all[i]
		v.Picks = []uint64{}
		for n := v.First; n <= v.Last; n++ {
			h := sum(slices.Concat(part([]byte("waymark-sample-1")), part(unhex(v.Block)), part([]byte(v.Tx)), part([]byte(v.Device)), part(number(v.First)), part(number(n-v.First))))
			if binary.BigEndian.Uint64(h)>>59 == 0 { // below 2^64 / 32
				v.Picks = append(v.Picks, n)
			}
		}
	}
	return all
}

// checkedVector is the windows of a device as they are checked one after the other.
type checkedVector struct {
	Name    string        `json:"name"`
	Windows []checkedStep `json:"windows"`
}

// checkedStep is one window, and the running digest after it.
type checkedStep struct {
	First  uint64 `json:"first"` // number of its first message
	Block  uint64 `json:"block"` // number of its block
	Hash   string `json:"hash"`  // hex of the hash of the block's header
	Digest string `json:"digest"`
}

func checked() []checkedVector {
	one, other := hex.EncodeToString(sum([]byte("block"))), hex.EncodeToString(sum([]byte("another")))
	all := []checkedVector{
		{Name: "one", Windows: []checkedStep{{First: 1, Block: 7, Hash: one}}},
		{Name: "three", Windows: []checkedStep{{First: 1, Block: 7, Hash: one}, {First: 21, Block: 7, Hash: one}, {First: 41, Block: 300, Hash: other}}},
		{Name: "another hash", Windows: []checkedStep{{First: 1, Block: 7, Hash: other}}},
		{Name: "another block", Windows: []checkedStep{{First: 1, Block: 8, Hash: one}}},
		{Name: "another first message", Windows: []checkedStep{{First: 2, Block: 7, Hash: one}}},
		{Name: "the last numbers", Windows: []checkedStep{{First: 1<<53 - 1, Block: 1<<53 - 1, Hash: one}}},
	}
	for _, v := range all {
		var before []byte
		for i, w := range v.Windows {
			before = sum(slices.Concat(part([]byte("waymark-checked-1")), part(before), part(number(w.First)), part(number(w.Block)), part(unhex(w.Hash))))
			v.Windows[i].Digest = hex.EncodeToString(before)
		}
	}
	return all
}
