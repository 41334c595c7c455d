package device

import (
	"encoding/hex"
	"strings"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
)

// Bridge is what a device is given of a bridge, as `mqtt-bridge key` prints it.
type Bridge struct {
	ID    string      `json:"iss"`
	KeyID string      `json:"kid"`
	JWK   waymark.JWK `json:"jwk"`
}

// Heard is what a bridge says to a device: one of the two.
type Heard struct {
	Commit  *waymark.CommitReceipt
	Command *waymark.DeliveredCommand
}

// Hear reads what came on the device's down topic. It returns Unauthenticated for what none of the bridges has
// signed, and Invalid for what is not for this device, or not known.
func (d *Device) Hear(payload []byte, bridges ...Bridge) (Heard, error) {
	m, err := attest.Parse(attest.Text(payload))
	if err != nil {
		return Heard{}, err
	}
	if err := signedBy(m, bridges); err != nil {
		return Heard{}, err
	}
	var heard Heard
	of := ""
	switch m.Kind {
	case attest.Commit:
		receipt, failed := waymark.ParseCommitReceipt(m.Payload)
		heard.Commit, of, err = &receipt, receipt.Device, failed
	case attest.Command:
		command, failed := waymark.ParseDeliveredCommand(m.Payload)
		heard.Command, of, err = &command, command.Device, failed
	default:
		err = waymark.Errorf(waymark.Invalid, "a bridge says nothing of type %s", m.Kind)
	}
	if err == nil && (of != d.ID() || m.Consortium != d.Consortium()) {
		err = waymark.Errorf(waymark.Invalid, "it is for device %s of consortium %s", of, m.Consortium)
	}
	if err != nil {
		return Heard{}, err
	}
	return heard, nil
}

func signedBy(m *attest.Message, bridges []Bridge) error {
	for _, b := range bridges {
		if m.Device == b.ID && m.KeyID == b.KeyID {
			_, err := m.Verify(b.JWK)
			return err
		}
	}
	return waymark.Errorf(waymark.Unauthenticated, "%s with key %s is no bridge that the device knows", m.Device, m.KeyID)
}

// Inquiry signs the question what became of a message. It belongs to no stream.
func (d *Device) Inquiry(format attest.Format, number uint64) (string, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.say(format, attest.Inquiry, waymark.Inquiry{Number: number})
}

// Free takes a message out of the outbox that the ledger has, or the quarantine, as a bridge has signed. It reports whether it did: it keeps
// one that is unknown, or of whose number another one is in quarantine. A message whose number another one has on the ledger is refused
// for good, and freed with a Conflict.
func (d *Device) Free(r waymark.CommitReceipt) (bool, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, m := range d.journal.outbox() {
		if m.Sequence != r.Number {
			continue
		}
		same := r.Digest != "" && strings.HasPrefix(hex.EncodeToString(m.Digest[:]), r.Digest)
		if !same && r.State != waymark.CommitRecorded {
			return false, nil
		}
		if err := d.journal.acknowledge(m.Sequence); err != nil {
			return false, err
		}
		if !same {
			return true, waymark.Errorf(waymark.Conflict, "the ledger has another message %d of device %s", r.Number, d.profile.ID)
		}
		return true, nil
	}
	return false, nil
}
