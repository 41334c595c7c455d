package anchored

import (
	"context"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/internal/bodies"
)

// Elsewhere is the fault of a body that is in the store of another member, which owned the device when it was recorded.
const Elsewhere bodies.Fault = "elsewhere"

// Reader reads the anchored windows of a member for callers. It decides nothing: who may have what of them is asked first. It keeps
// nothing either, so that what is answered is what the store has, and is safe for concurrent use.
type Reader struct {
	Member  string
	Channel string
	Bodies  Bodies // nil if there is no store
}

// Messages returns the messages of a window with a body, by number, as the device signed them. Root and digests of the window
// follow from them. It fails with a bodies.Fault, which may be NotOurs or Elsewhere, or as the store does: with Unavailable.
func (r *Reader) Messages(ctx context.Context, w waymark.Window) ([]string, error) {
	opened, err := r.open(ctx, w)
	return opened.Texts, err
}

func (r *Reader) open(ctx context.Context, w waymark.Window) (Opened, error) {
	switch {
	case w.Owner != r.Member:
		return Opened{}, Elsewhere
	case r.Bodies == nil:
		return Opened{}, waymark.Errorf(waymark.Unavailable, "this gateway has no store of bodies: its operator has to name that of the member")
	}
	return NewOpener(r.Bodies, r.Channel).Open(ctx, w)
}
