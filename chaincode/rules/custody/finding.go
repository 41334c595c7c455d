package custody

import (
	"slices"

	"github.com/waymark-ledger/waymark/chaincode/rules/condition"
	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/rules/registry"
	"github.com/waymark-ledger/waymark/chaincode/rules/shipment"
	"github.com/waymark-ledger/waymark/chaincode/rules/stream"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// MaxExcursions bounds the excursions of one shipment that are read and shown.
// The verdict needs only one.
const MaxExcursions = 500

// found is what the ledger holds about the conditions of a shipment.
type found struct {
	state       waymark.ConditionState // at an acceptance with what the word of devices leaves open
	reasons     []string
	verdict     waymark.Verdict // on the conditions alone
	attachments []waymark.Attachment
	witnesses   []condition.Witness
	excursions  []waymark.Excursion
	more        bool // there are excursions beyond those
}

// findings reads what bears on the conditions of a shipment. The scan of the
// excursions is phantom-protected, and exposures and streams are read: a message that commits
// before the transaction that relies on this invalidates it, so that nothing can slip past. c says who asks: an acceptor
// with what its own blocks say, or a reader.
func findings(l ledger.Ledger, now *shipment.State, c condition.Case) (*found, error) {
	s, begun := &now.Shipment, now.Cargo.Begun(now.Shipment)
	excursions, more, err := ledger.Some[waymark.Excursion](l, ledger.Excursions(s.ID), MaxExcursions)
	if err != nil {
		return nil, err
	}
	attachments, witnesses, err := witnessesOf(l, s.ID)
	if err != nil {
		return nil, err
	}
	for i, e := range excursions {
		excursions[i].State = condition.StateOf(e, slices.ContainsFunc(witnesses, func(w condition.Witness) bool { return w.Attachment.Device == e.Device }))
	}
	left, err := leftOf(l, attachments)
	if err != nil {
		return nil, err
	}
	f := &found{attachments: attachments, witnesses: witnesses, excursions: excursions, more: more}
	c.Profile, c.Conditions, c.At, c.Begun, c.Leg = s.ProfileRef(), s.Conditions, l.Tx().Time, begun, begun
	c.Witnesses, c.Left, c.Excursions, c.More = witnesses, left, excursions, more
	if last := lastAccepted(now.Handoffs); last != nil {
		c.Leg, c.Before = last.Changed.Time, last.Verdict
	}
	f.verdict, err = condition.Judge(c)
	f.state, f.reasons = f.verdict.State, f.verdict.Reasons
	return f, err
}

// witnessed reads what is known of an attached device.
func witnessed(r ledger.Reader, a waymark.Attachment) (*condition.Witness, error) {
	at, err := stream.Load(r, a.Device)
	if err != nil {
		return nil, err
	}
	device, err := registry.RequireDevice(r, a.Device)
	if err != nil {
		return nil, err
	}
	unsound, err := unsound(r, device, a)
	if err != nil {
		return nil, err
	}
	exposure, err := exposureOf(r, a)
	return &condition.Witness{Attachment: a, Device: *device, Stream: at, Unsound: unsound, Exposure: exposure}, err
}

// unsound reports whether a certificate is revoked that a key of the device, or of an edge that could sign
// for it, came with since it was attached, or such an edge is not as it was. One of which the attachment does
// not say how it was is not.
func unsound(r ledger.Reader, device *waymark.Device, a waymark.Attachment) (bool, error) {
	unsound, err := registry.RevokedSince(r, device, a.Attached.Time)
	for _, id := range device.Edges(a.Attached.Time) {
		if unsound || err != nil {
			break
		}
		unsound, err = edgeUnsound(r, id, a)
	}
	return unsound, err
}

func edgeUnsound(r ledger.Reader, id string, a waymark.Attachment) (bool, error) {
	edge, err := registry.RequireDevice(r, id)
	if err != nil {
		return false, err
	}
	if edge.State != waymark.DeviceActive || edge.Changed.TxID != a.EdgeChange(id) {
		return true, nil
	}
	return registry.RevokedSince(r, edge, a.Attached.Time)
}

// edgesOf returns the edges that can sign for a device at the time of the transaction, and the transactions of their
// last changes.
func edgesOf(l ledger.Ledger, d *waymark.Device) ([]waymark.AttachedEdge, error) {
	var edges []waymark.AttachedEdge
	for _, id := range d.Edges(l.Tx().Time) {
		edge, err := registry.RequireDevice(l, id)
		if err != nil {
			return nil, err
		}
		edges = append(edges, waymark.AttachedEdge{Edge: edge.ID, Changed: edge.Changed.TxID})
	}
	return edges, nil
}

// exposureOf reads what an attached device told, or had told when it was detached.
func exposureOf(r ledger.Reader, a waymark.Attachment) (condition.Exposure, error) {
	exposure, err := ledger.Load[condition.Exposure](r, ledger.ExposureKey(a.Shipment, a.Device))
	if err != nil || exposure == nil {
		return condition.Exposure{}, err
	}
	return *exposure, nil
}

// leftOf returns the devices that were detached, with what they had told: it does not change
// any more, so that reading it conflicts with nothing.
func leftOf(r ledger.Reader, attachments []waymark.Attachment) ([]condition.Witness, error) {
	var left []condition.Witness
	for _, a := range attachments {
		if a.Detached == nil {
			continue
		}
		exposure, err := exposureOf(r, a)
		if err != nil {
			return nil, err
		}
		left = append(left, condition.Witness{Attachment: a, Exposure: exposure})
	}
	return left, nil
}

// lastAccepted is the handoff with which the present leg began, nil on the first.
func lastAccepted(handoffs []waymark.Handoff) *waymark.Handoff {
	for i := len(handoffs) - 1; i >= 0; i-- {
		if handoffs[i].State == waymark.HandoffAccepted {
			return &handoffs[i]
		}
	}
	return nil
}

// witnessesOf returns every attachment to a shipment, and the witnesses that it has now.
func witnessesOf(r ledger.Reader, id string) ([]waymark.Attachment, []condition.Witness, error) {
	attachments, err := ledger.List[waymark.Attachment](r, ledger.Witnesses(id), waymark.MaxWitnesses)
	if err != nil {
		return nil, nil, err
	}
	var witnesses []condition.Witness
	for _, a := range attachments {
		if err := ledger.CheckOwn(ledger.WitnessKey(id, a.Device), a.Shipment == id); err != nil {
			return nil, nil, err
		}
		if a.Detached != nil {
			continue
		}
		w, err := witnessed(r, a)
		if err != nil {
			return nil, nil, err
		}
		witnesses = append(witnesses, *w)
	}
	return attachments, witnesses, nil
}
