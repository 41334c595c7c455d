package window

import (
	"slices"

	"github.com/transparency-dev/merkle/compact"
	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

var hasher = rfc6962.DefaultHasher

// Root returns the root over leaf hashes in their order. That of no leaves is
// SHA-256 of nothing (RFC 6962, clause 2.1).
func Root(hashes [][]byte) []byte {
	if len(hashes) == 0 {
		return hasher.EmptyRoot()
	}
	return grow(hashes, nil)
}

// InclusionProof returns the audit path of leaf index (RFC 6962, clause 2.1.1): the
// hashes beside the way from the leaf to the root, the lowest first. It returns
// Invalid if there is no such leaf.
func InclusionProof(hashes [][]byte, index uint64) ([][]byte, error) {
	nodes, err := proof.Inclusion(index, uint64(len(hashes)))
	if err != nil {
		return nil, waymark.Errorf(waymark.Invalid, "the tree has %d leaves, there is no leaf %d", len(hashes), index)
	}
	wanted := make(map[compact.NodeID][]byte, len(nodes.IDs))
	for _, id := range nodes.IDs {
		wanted[id] = nil
	}
	grow(hashes, wanted)
	path := make([][]byte, len(nodes.IDs))
	for i, id := range nodes.IDs {
		path[i] = wanted[id]
	}
	return nodes.Rehash(path, hasher.HashChildren)
}

// VerifyInclusion checks that the leaf with a hash is leaf index of the tree of size
// leaves with this root. It returns Invalid if the proof does not show it.
func VerifyInclusion(root, leafHash []byte, index, size uint64, path [][]byte) error {
	sized := len(leafHash) == HashSize && !slices.ContainsFunc(path, func(hash []byte) bool { return len(hash) != HashSize })
	if err := proof.VerifyInclusion(hasher, index, size, leafHash, path, root); err != nil || !sized {
		return waymark.Errorf(waymark.Invalid, "the proof does not show that leaf %d of %d is under this root", index, size)
	}
	return nil
}

// grow builds the tree over at least one leaf, notes the nodes that are wanted and
// returns the root.
func grow(hashes [][]byte, wanted map[compact.NodeID][]byte) []byte {
	note := func(id compact.NodeID, hash []byte) {
		if _, ok := wanted[id]; ok {
			wanted[id] = hash
		}
	}
	factory := compact.RangeFactory{Hash: hasher.HashChildren}
	tree := factory.NewEmptyRange(0)
	for _, hash := range hashes {
		if err := tree.Append(hash, note); err != nil { // one leaf after the other always fits
			panic("window: grow tree: " + err.Error())
		}
	}
	root, err := tree.GetRootHash(note)
	if err != nil { // it begins at leaf 0
		panic("window: close tree: " + err.Error())
	}
	return root
}
