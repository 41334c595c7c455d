package registry

import (
	"errors"
	"fmt"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/rules/access"
	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// MaxTransferOffer bounds how far ahead the offer of a device may expire.
const MaxTransferOffer = 90 * 24 * time.Hour

// OfferTransfer offers a device to another member. One offer at a time can be open;
// the same offer again changes nothing while it is.
func OfferTransfer(l ledger.Ledger, r waymark.OfferTransferRequest) (*waymark.Transfer, error) {
	tx := l.Tx()
	d, err := RequireDevice(l, r.Device)
	if err != nil {
		return nil, err
	}
	if err := access.Authorize(tx, waymark.ActOfferTransfer, access.Device(*d, tx.Time)); err != nil {
		return nil, err
	}
	last, err := ledger.Load[waymark.Transfer](l, ledger.TransferKey(d.ID))
	if err != nil {
		return nil, err
	}
	t := waymark.Transfer{Device: d.ID, From: d.Owner, To: r.To, ExpiresAt: ledger.Milliseconds(r.ExpiresAt),
		State: waymark.TransferOffered, Offered: tx.Stamp(), Changed: tx.Stamp()}
	if last != nil && last.State == waymark.TransferOffered {
		if last.To == t.To && last.ExpiresAt.Equal(t.ExpiresAt) {
			return last, nil
		}
		if !tx.Time.After(last.ExpiresAt) {
			return nil, waymark.Errorf(waymark.FailedPrecondition,
				"device %s is offered to %s: that must be answered, cancelled or expire first", d.ID, last.To).Because(waymark.ReasonTransferOpen)
		}
	}
	if err := checkTransferOffer(l, d, r); err != nil {
		return nil, err
	}
	return saveTransfer(l, &t, waymark.EventTransferOffered)
}

func checkTransferOffer(l ledger.Ledger, d *waymark.Device, r waymark.OfferTransferRequest) error {
	now := l.Tx().Time
	switch {
	case r.To == d.Owner:
		return waymark.InvalidField("/to", "must be another member than the owner")
	case !r.ExpiresAt.After(now) || r.ExpiresAt.After(now.Add(MaxTransferOffer)):
		return waymark.InvalidField("/expires_at", "must be after now and at most %d days ahead", MaxTransferOffer/(24*time.Hour))
	}
	if err := mayMove(l, d); err != nil {
		return err
	}
	_, err := RequireMember(l, r.To)
	return err
}

// mayMove refuses to move a device that is at its end, or that witnesses a shipment:
// there its owner answers for what it measures.
func mayMove(r ledger.Reader, d *waymark.Device) error {
	if err := notRetired(d); err != nil {
		return err
	}
	attached, err := ledger.Load[waymark.Attachment](r, ledger.AttachmentKey(d.ID))
	if err == nil && attached != nil {
		return waymark.Errorf(waymark.FailedPrecondition, "device %s witnesses shipment %s until that is accepted", d.ID, attached.Shipment).Because(waymark.ReasonAttached)
	}
	return err
}

// mayChangeHands is mayMove for the move itself, which is refused while anchored windows wait for their check: the owner
// has their messages, and windows of the next one would wait behind them.
func mayChangeHands(r ledger.Reader, d *waymark.Device) error {
	if err := mayMove(r, d); err != nil {
		return err
	}
	s, err := ledger.Load[waymark.Stream](r, ledger.StreamKey(d.ID))
	if err == nil && s != nil && s.Anchored != nil && len(s.Anchored.Unchecked) > 0 {
		return waymark.Errorf(waymark.FailedPrecondition, "%d anchored windows of device %s wait for their check: their owner has to check or forfeit them first",
			len(s.Anchored.Unchecked), d.ID).Because(waymark.ReasonUnchecked)
	}
	return err
}

// AcceptTransfer makes the member that a device is offered to its owner. The record
// and the stream go on; keys that edges of the old owner hold end, and so do the attributes that were its own. No anchored window may wait for its check. The same request again
// changes nothing.
func AcceptTransfer(l ledger.Ledger, r waymark.AcceptTransferRequest) (*waymark.Transfer, error) {
	t, err := answer(l, r.Device, waymark.ActAcceptTransfer)
	if err != nil || t.State == waymark.TransferAccepted {
		return t, err
	}
	if err := isOpen(t); err != nil {
		return nil, err
	}
	tx := l.Tx()
	if tx.Time.After(t.ExpiresAt) {
		return nil, waymark.Errorf(waymark.FailedPrecondition, "the offer of device %s expired at %s", t.Device, t.ExpiresAt.Format(time.RFC3339)).Because(waymark.ReasonTransferExpired)
	}
	d, err := RequireDevice(l, t.Device)
	if err != nil {
		return nil, err
	}
	if err := mayChangeHands(l, d); err != nil {
		return nil, err
	}
	// An edge of the old owner signs for nobody of the new one.
	endKeys(d, d.JudgedAt(tx.Time), func(k waymark.DeviceKey) bool { return k.Edge != "" })
	owned := tx.Stamp()
	d.Owner, d.Owned, d.Changed, d.Reason = t.To, &owned, owned, fmt.Sprintf("transferred from %s", t.From)
	d.Attributes = d.Attributes.Inherited()
	if err := ledger.Save(l, ledger.DeviceKey(d.ID), d); err != nil {
		return nil, err
	}
	// What the old owner wanted of the device is not delivered any more, and what it let be seen is not said any more.
	if err := errors.Join(l.Delete(ledger.OpenCommandsKey(d.ID)), l.Delete(ledger.PresenceKey(d.ID))); err != nil {
		return nil, err
	}
	t.State, t.Changed = waymark.TransferAccepted, owned
	return saveTransfer(l, t, waymark.EventTransferAccepted)
}

// DeclineTransfer ends an offer, by the member that the device was offered to. The
// same request again changes nothing.
func DeclineTransfer(l ledger.Ledger, r waymark.EndTransferRequest) (*waymark.Transfer, error) {
	return endTransfer(l, r, waymark.ActDeclineTransfer, waymark.TransferDeclined, waymark.EventTransferDeclined)
}

// CancelTransfer ends an offer, by the member that made it. The same request again
// changes nothing.
func CancelTransfer(l ledger.Ledger, r waymark.EndTransferRequest) (*waymark.Transfer, error) {
	return endTransfer(l, r, waymark.ActCancelTransfer, waymark.TransferCancelled, waymark.EventTransferCancelled)
}

func endTransfer(l ledger.Ledger, r waymark.EndTransferRequest, action waymark.Action, to waymark.TransferState, event string) (*waymark.Transfer, error) {
	t, err := answer(l, r.Device, action)
	if err != nil || t.State == to {
		return t, err
	}
	if err := isOpen(t); err != nil {
		return nil, err
	}
	t.State, t.Changed, t.Reason = to, l.Tx().Stamp(), r.Reason
	return saveTransfer(l, t, event)
}

// answer loads the last transfer of a device for an action that the caller may do.
func answer(l ledger.Ledger, device string, action waymark.Action) (*waymark.Transfer, error) {
	t, err := RequireTransfer(l, device)
	if err != nil {
		return nil, err
	}
	return t, access.Authorize(l.Tx(), action, access.Transfer(*t))
}

func isOpen(t *waymark.Transfer) error {
	if t.State == waymark.TransferOffered {
		return nil
	}
	return waymark.Errorf(waymark.FailedPrecondition, "the transfer of device %s is %s", t.Device, t.State).Because(waymark.ReasonTransferOpen)
}

// Transfer returns the last transfer of a device, to whoever may read the device.
func Transfer(l ledger.Ledger, q waymark.DeviceQuery) (*waymark.Transfer, error) {
	if _, err := Device(l, q); err != nil {
		return nil, err
	}
	return RequireTransfer(l, q.Device)
}

// RequireTransfer loads the last transfer of a device, or returns NotFound.
func RequireTransfer(r ledger.Reader, device string) (*waymark.Transfer, error) {
	return ledger.Require[waymark.Transfer](r, ledger.TransferKey(device), "transfer of device "+device)
}

func saveTransfer(l ledger.Ledger, t *waymark.Transfer, event string) (*waymark.Transfer, error) {
	if err := ledger.Save(l, ledger.TransferKey(t.Device), t); err != nil {
		return nil, err
	}
	return t, l.Emit(event, waymark.TransferEvent{Device: t.Device, From: t.From, To: t.To})
}
