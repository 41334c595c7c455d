package ledger

import "github.com/waymark-ledger/waymark/chaincode/waymark"

// Unchecked is an anchored window that waits for its check.
type Unchecked struct {
	Window waymark.Window
	Block  uint64 // that recorded it
}
