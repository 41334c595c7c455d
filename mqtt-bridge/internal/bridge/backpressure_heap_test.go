//go:build !race

// The race detector makes all that passes here take minutes, and a heap of its own: `make unit` runs this without it.

package bridge_test

import "testing"

// The gateway says 503, 429 and takes its time, for as long as devices publish and longer: acknowledgements
// wait, and what devices send stays in their connections: the bridge keeps within its memory, and then everything arrives, in order.
func TestHeldBackForLongWithinBoundedMemory(t *testing.T) {
	s := newSite(t)
	s.config.QueueBytes, s.config.QueueMessages = 4<<20, 128
	s.heldBack(t, 750) // 98 MB as they come
}
