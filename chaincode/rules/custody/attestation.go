package custody

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"slices"
	"strconv"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/rules/condition"
	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/rules/registry"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
)

// nonceOf is the nonce of an offer. The transaction's id was not known before somebody
// made that transaction, so no attestation is older than the offer's proposal.
func nonceOf(tx ledger.Tx, shipment string, number uint64) string {
	sum := sha256.Sum256([]byte(tx.ID + "/" + shipment + "/" + strconv.FormatUint(number, 10)))
	return hex.EncodeToString(sum[:16])
}

// word is an attestation that its device has signed. What it says is not believed
// before believe.
type word struct {
	waymark.Attestation
	device *waymark.Device
	key    waymark.DeviceKey
	digest attest.Digest
}

// hear reads the attestations of an acceptance and checks that devices signed them, with
// keys that they have or had: an acceptance that is repeated may hold some of keys
// that were replaced meanwhile. Each device has one word.
func hear(l ledger.Ledger, texts []string) ([]word, error) {
	var words []word
	for i, text := range texts {
		w, err := listen(l, text)
		if err != nil {
			return nil, attestationError(i, err)
		}
		if slices.ContainsFunc(words, func(o word) bool { return o.device.ID == w.device.ID }) {
			return nil, attestationError(i, waymark.Errorf(waymark.Invalid, "is another one of device %s", w.device.ID))
		}
		words = append(words, *w)
	}
	return words, nil
}

func listen(l ledger.Ledger, text string) (*word, error) {
	m, err := attest.Parse(text)
	if err != nil {
		return nil, err
	}
	if channel := l.Tx().Channel; m.Kind != attest.Attestation || m.Consortium != channel {
		return nil, waymark.Errorf(waymark.Invalid, "must be a message of type %s for consortium %s", attest.Attestation, channel)
	}
	device, err := registry.RequireDevice(l, m.Device)
	if err != nil {
		return nil, err
	}
	key, digest, err := registry.Signed(device, m)
	if err != nil {
		return nil, err
	}
	a, err := waymark.ParseAttestation(m.Payload)
	return &word{a, device, key, digest}, err
}

// believe checks that what devices say counts at a handoff: that it is of this handoff
// and time, that each is to be believed, and has to do with the shipment.
func believe(l ledger.Ledger, h *waymark.Handoff, witnesses []condition.Witness, words []word) error {
	for i, w := range words {
		err := w.concerns(h, l.Tx().Time)
		if err == nil {
			err = registry.Speaks(l, w.device, w.key)
		}
		if err == nil && !w.near(h, witnesses) {
			err = waymark.Errorf(waymark.Forbidden, "device %s witnesses shipment %s no more than it belongs to %s or %s", w.device.ID, h.Shipment, h.From, h.To).Because(waymark.ReasonNotWitness)
		}
		if err != nil {
			return attestationError(i, err)
		}
	}
	return nil
}

// concerns checks that a word is of this handoff, and was given since it was offered. The
// time of the offer is a claim too, and the device's clock may be off as far again.
func (w word) concerns(h *waymark.Handoff, now time.Time) error {
	if w.Shipment != h.Shipment || w.Handoff != h.Number || w.Nonce != h.Nonce {
		return waymark.Errorf(waymark.Invalid, "is not of this handoff: the device must sign shipment %s, handoff %d and its nonce", h.Shipment, h.Number).Because(waymark.ReasonNonce)
	}
	early, late := h.Offered.Time.Add(-2*attest.MaxClockSkew), now.Add(attest.MaxClockSkew)
	if at := w.at(); at.Before(early) || at.After(late) {
		return waymark.Errorf(waymark.Invalid, "says %s, before the handoff was offered or in the future: set the device's clock", at.Format(time.RFC3339)).Because(waymark.ReasonTime)
	}
	return nil
}

// near reports whether the device witnesses the shipment, or belongs to either side.
func (w word) near(h *waymark.Handoff, witnesses []condition.Witness) bool {
	return w.device.Owner == h.From || w.device.Owner == h.To ||
		slices.ContainsFunc(witnesses, func(o condition.Witness) bool { return o.Attachment.Device == w.device.ID })
}

func (w word) at() time.Time { return time.Unix(w.At, 0).UTC() }

// evidenceOf is what the handoff keeps of the words.
func evidenceOf(words []word) []waymark.HandoffEvidence {
	var kept []waymark.HandoffEvidence
	for _, w := range words {
		kept = append(kept, waymark.HandoffEvidence{Device: w.device.ID, Key: w.key.ID, Edge: w.key.Edge, Digest: w.digest[:], Last: w.Last, Seals: w.Seals, At: w.at()})
	}
	return kept
}

// saidBefore reports whether a handoff was accepted with the very same words.
func saidBefore(h *waymark.Handoff, words []word) bool {
	return slices.EqualFunc(h.Attestations, words, func(kept waymark.HandoffEvidence, w word) bool {
		return bytes.Equal(kept.Digest, w.digest[:])
	})
}

// attestationError points at the attestation that is refused.
func attestationError(i int, err error) error {
	var refusal *waymark.Error
	if !errors.As(err, &refusal) {
		return err
	}
	pointed := *refusal
	pointed.Field = "/attestations/" + strconv.Itoa(i)
	return &pointed
}
