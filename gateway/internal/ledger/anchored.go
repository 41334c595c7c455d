package ledger

import "github.com/waymark-ledger/waymark/chaincode/waymark"

// Unchecked is an anchored window that waits for its check.
type Unchecked struct {
	Window waymark.Window
	Block  uint64 // that recorded it
}

// Anchored is an anchored window by the numbers of its first and its last message, and the block that recorded it.
type Anchored struct {
	First uint64
	Last  uint64
	Block uint64
}
