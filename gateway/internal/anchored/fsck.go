package anchored

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/window"
	"github.com/waymark-ledger/waymark/gateway/internal/bodies"
	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
)

// Source gives the blocks of a ledger.
type Source interface {
	// Follow gives each block from a number on to take, in order, until take fails, the stream
	// breaks or ctx is done, and returns why.
	Follow(ctx context.Context, from uint64, take func(ledger.Block) error) error
}

// Devices tells what is registered.
type Devices interface {
	// Registered returns the record of a device, with all keys that it ever had.
	Registered(ctx context.Context, device string) (*waymark.Device, error)
}

// Overhaul looks over the bodies of a member's windows.
type Overhaul struct {
	Member  string // whose windows
	Channel string
	Bodies  Bodies
	Deep    Devices // whose keys must have signed each message; nil if signatures are not looked at
}

// Finding is what is wrong with the body of a window.
type Finding struct {
	Window waymark.Window
	Fault  bodies.Fault
	Detail string // more of it, or empty
}

// String names device, numbers, body and transaction.
func (f Finding) String() string {
	text := fmt.Sprintf("%s messages %d to %d: %s: body %s, transaction %s", f.Window.Device, f.Window.First, f.Window.Last, string(f.Fault), f.Window.Body, f.Window.Recorded.TxID)
	if f.Detail != "" {
		text += " (" + f.Detail + ")"
	}
	return text
}

// errEnd ends the walk at its last block.
var errEnd = errors.New("the last block")

// Run looks over the windows of the blocks below a height, which must be one at least, and tells of each that is not as it should be. It returns how many windows
// with a body there are of the member. It fails if blocks, the store or the devices cannot be read.
func (v Overhaul) Run(ctx context.Context, from Source, height uint64, tell func(Finding)) (windows int, err error) {
	o := NewOpener(v.Bodies, v.Channel)
	err = from.Follow(ctx, 0, func(b ledger.Block) error {
		for _, tx := range b.Transactions {
			recorded, err := windowsIn(tx, func(w waymark.Window) bool { return w.Owner == v.Member })
			if err != nil {
				return fmt.Errorf("block %d, transaction %s: %w", b.Number, tx.TxID, err)
			}
			windows += len(recorded)
			if err := v.lookOver(ctx, o, recorded, tell); err != nil {
				return err
			}
		}
		if b.Number+1 >= height {
			return errEnd
		}
		return nil
	})
	if errors.Is(err, errEnd) {
		err = nil
	}
	return windows, err
}

func (v Overhaul) lookOver(ctx context.Context, o *Opener, windows []waymark.Window, tell func(Finding)) error {
	for _, w := range windows {
		err := v.look(ctx, o, w)
		var fault bodies.Fault
		switch {
		case errors.As(err, &fault):
			detail, _ := strings.CutPrefix(err.Error(), fault.Error())
			tell(Finding{w, fault, strings.TrimPrefix(detail, ": ")})
		case err != nil:
			return fmt.Errorf("%s messages %d to %d: %w", w.Device, w.First, w.Last, err)
		}
	}
	return nil
}

func (v Overhaul) look(ctx context.Context, o *Opener, w waymark.Window) error {
	opened, err := o.Open(ctx, w)
	if err != nil || v.Deep == nil {
		return err
	}
	device, err := v.Deep.Registered(ctx, w.Device)
	if err != nil {
		return err
	}
	key, found := device.Key(w.Key)
	if !found {
		return fmt.Errorf("%w: the device has no key %s", NotOurs, w.Key)
	}
	return opened.Signed(key.JWK)
}

// windowsIn are those of the windows with a body that a transaction recorded.
func windowsIn(tx ledger.BlockTransaction, which func(waymark.Window) bool) (all []waymark.Window, err error) {
	if tx.Status != ledger.Valid {
		return nil, nil
	}
	for _, put := range tx.Writes {
		rest, is := strings.CutPrefix(put.Key, "window/")
		if !is || put.Value == nil {
			continue
		}
		device, _, _ := strings.Cut(rest, "/")
		w, err := window.Decode(device, put.Value)
		if err != nil {
			return all, fmt.Errorf("record %s: %w", put.Key, err)
		}
		if w.Body != "" && which(w) {
			all = append(all, w)
		}
	}
	return all, nil
}
