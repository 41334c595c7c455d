package window_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/senml"
	"github.com/waymark-ledger/waymark/chaincode/waymark/window"
)

// reference is the tree hash as RFC 6962, clause 2.1, defines it.
func reference(hashes [][]byte) []byte {
	switch len(hashes) {
	case 0:
		sum := sha256.Sum256(nil)
		return sum[:]
	case 1:
		return hashes[0]
	}
	k := 1
	for 2*k < len(hashes) {
		k *= 2
	}
	sum := sha256.Sum256(slices.Concat([]byte{1}, reference(hashes[:k]), reference(hashes[k:])))
	return sum[:]
}

func leaves(n int) [][]byte {
	var hashes [][]byte
	for i := range n {
		hashes = append(hashes, window.Leaf{Device: "d", Sequence: 1, Index: uint64(i), Name: "temperature", Unit: "Cel"}.Hash())
	}
	return hashes
}

func TestEveryLeafIsProved(t *testing.T) {
	for n := range 70 {
		hashes := leaves(n)
		root := window.Root(hashes)
		if !bytes.Equal(root, reference(hashes)) {
			t.Fatalf("root of %d leaves: %x, want %x", n, root, reference(hashes))
		}
		for i := range uint64(n) {
			path, err := window.InclusionProof(hashes, i)
			if err != nil {
				t.Fatal(err)
			}
			if err := window.VerifyInclusion(root, hashes[i], i, uint64(n), path); err != nil {
				t.Errorf("leaf %d of %d: %v", i, n, err)
			}
		}
		if _, err := window.InclusionProof(hashes, uint64(n)); waymark.CodeOf(err) != waymark.Invalid {
			t.Errorf("a leaf past the end of %d: %v", n, err)
		}
	}
}

// TestNothingElseIsProved changes one thing of a true proof.
func TestNothingElseIsProved(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		n := rapid.IntRange(2, 300).Draw(rt, "leaves")
		i := rapid.Uint64Range(0, uint64(n-1)).Draw(rt, "index")
		hashes := leaves(n)
		root, leaf, size := window.Root(hashes), slices.Clone(hashes[i]), uint64(n)
		path, err := window.InclusionProof(hashes, i)
		if err != nil {
			rt.Fatal(err)
		}
		j := rapid.IntRange(0, len(path)-1).Draw(rt, "step")
		switch rapid.SampledFrom([]string{"leaf", "index", "root", "step", "cut", "more", "swap", "short"}).Draw(rt, "change") {
		case "leaf":
			leaf[0] ^= 1
		case "index":
			i ^= 1
		case "root":
			root = slices.Clone(root)
			root[31] ^= 1
		case "step":
			path[j] = slices.Clone(path[j])
			path[j][0] ^= 1
		case "cut":
			path = slices.Delete(path, j, j+1)
		case "more":
			path = append(path, root)
		case "swap":
			leaf, path[0] = path[0], leaf
		case "short":
			path[j] = path[j][:31]
		}
		if err := window.VerifyInclusion(root, leaf, i, size, path); waymark.CodeOf(err) != waymark.Invalid {
			rt.Fatalf("it is proved: %v", err)
		}
	})
}

func TestANodeIsNoLeaf(t *testing.T) {
	hashes := leaves(2)
	node := slices.Concat(hashes[0], hashes[1])
	if bytes.Equal(window.LeafHash(node), window.Root(hashes)) {
		t.Error("a node's hash is a leaf's")
	}
}

// TestVectors checks test/vectors/windows.json; its README says what the members mean.
func TestVectors(t *testing.T) {
	data, err := os.ReadFile("../../../test/vectors/windows.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Windows []struct {
			Name, Root string
			Leaves     []struct {
				Device      string
				Sequence    uint64
				Index       uint64
				Kind        senml.Kind
				Name, Unit  string
				Body        string
				Value, Time int64
				Hex, Hash   string
				Path        []string
			}
		}
	}
	if err := json.Unmarshal(data, &file); err != nil || len(file.Windows) < 4 {
		t.Fatalf("%d windows, %v", len(file.Windows), err)
	}
	for _, w := range file.Windows {
		var hashes [][]byte
		for i, l := range w.Leaves {
			leaf := window.Leaves(l.Device, l.Sequence, append(make([]senml.Reading, l.Index),
				senml.Reading{Kind: l.Kind, Name: l.Name, Unit: l.Unit, Value: l.Value, Body: l.Body, Time: time.UnixMilli(l.Time)}))[l.Index]
			if got := hex.EncodeToString(leaf.Encode()); got != l.Hex || hex.EncodeToString(leaf.Hash()) != l.Hash {
				t.Errorf("%s: leaf %d is %s with hash %x, want %s", w.Name, i, got, leaf.Hash(), l.Hex)
			}
			hashes = append(hashes, leaf.Hash())
		}
		if got := hex.EncodeToString(window.Root(hashes)); got != w.Root {
			t.Errorf("%s: root %s, want %s", w.Name, got, w.Root)
		}
		for i, l := range w.Leaves {
			path, err := window.InclusionProof(hashes, uint64(i))
			if err != nil {
				t.Fatal(err)
			}
			var steps []string
			for _, step := range path {
				steps = append(steps, hex.EncodeToString(step))
			}
			if !slices.Equal(steps, l.Path) {
				t.Errorf("%s: path of leaf %d is %v, want %v", w.Name, i, steps, l.Path)
			}
		}
	}
}
