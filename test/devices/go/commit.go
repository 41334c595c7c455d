package main

import (
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
)

// Bridge is what a device is given of its operator's bridge, as `mqtt-bridge key` prints it.
type Bridge struct {
	ID    string      `json:"iss"`
	KeyID string      `json:"kid"`
	JWK   waymark.JWK `json:"jwk"`
}

// Inquiry asks the bridge what became of a message; it is published as it is, and answered on the down topic.
func (d *Device) Inquiry(number uint64) ([]byte, error) {
	signed, err := d.sign(attest.Inquiry, waymark.Inquiry{Number: number})
	return signed.Raw, err
}

// Oldest returns the number of the oldest message that waits, 0 if none does.
func (d *Device) Oldest() (uint64, error) {
	if len(d.state.Waiting) == 0 {
		return 0, nil
	}
	number, _, err := identify(d.state.Waiting[0])
	return number, err
}

// Hear reads a commit receipt. What this bridge has not signed, or not for this device, is an error: it is passed over.
func (d *Device) Hear(payload []byte, b Bridge) (waymark.CommitReceipt, error) {
	m, err := attest.Parse(attest.Text(payload))
	if err != nil {
		return waymark.CommitReceipt{}, err
	}
	if m.Device != b.ID || m.KeyID != b.KeyID || m.Consortium != d.Consortium || m.Kind != attest.Commit {
		return waymark.CommitReceipt{}, errors.New("it is no commit receipt of this bridge")
	}
	if _, err := m.Verify(b.JWK); err != nil {
		return waymark.CommitReceipt{}, err
	}
	r, err := waymark.ParseCommitReceipt(m.Payload)
	if err == nil && r.Device != d.ID {
		err = fmt.Errorf("it is for device %s", r.Device)
	}
	return r, err
}

// Free forgets the message that a receipt is about, and reports whether it may: the ledger has it, or another of its number, so that
// this one is refused for good; or the bridge's operator has it, with the reason. Any other is to be published and asked for again.
func (d *Device) Free(r waymark.CommitReceipt) (bool, error) {
	s := d.state
	for i, raw := range s.Waiting {
		number, digest, err := identify(raw)
		if err != nil {
			return false, err
		}
		if number != r.Number {
			continue
		}
		mine := r.Digest != "" && strings.HasPrefix(digest, r.Digest)
		if r.State != waymark.CommitRecorded && (r.State != waymark.CommitQuarantined || !mine) {
			return false, nil
		}
		s.Waiting = slices.Delete(slices.Clone(s.Waiting), i, i+1)
		return true, d.save(s)
	}
	return false, nil
}

// identify returns a message's number, and its digest in hex.
func identify(raw []byte) (uint64, string, error) {
	m, err := attest.Parse(attest.Text(raw))
	if err != nil {
		return 0, "", err
	}
	digest, err := m.Digest()
	return m.Sequence, hex.EncodeToString(digest[:]), err
}
