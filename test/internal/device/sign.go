package device

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/chaincode/waymark/senml"
)

// Message is a signed message of the device's stream.
type Message struct {
	attest.Signed
	Sequence uint64
}

// Sign signs readings as the next message of the stream and returns when the
// message and the chain state are on the disk. It returns Invalid for readings
// that the ledger would refuse for their form, and ErrRotating while a rotation is
// under way; it signs nothing then.
func (d *Device) Sign(format attest.Format, readings []senml.Reading) (Message, error) {
	return d.Seal(format, readings)
}

// Seal is Sign, but seals the readings of private measurements, each with a fresh salt.
// What is kept and published then is the text of the message with the disclosures after
// it, so that a device that publishes it again has the same bytes.
func (d *Device) Seal(format attest.Format, readings []senml.Reading, private ...string) (Message, error) {
	shown, disclosures, err := sealAll(format, readings, private)
	if err != nil {
		return Message{}, err
	}
	kind, payload, err := encode(format, shown)
	if err != nil {
		return Message{}, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.profile.NextKeyID != "" {
		return Message{}, ErrRotating
	}
	h := d.header(kind)
	h.Sequence, h.Previous = d.journal.last+1, d.journal.digest
	signed, err := attest.Sign(format, d.key, h, payload)
	if err != nil {
		return Message{}, fmt.Errorf("sign message %d: %w", h.Sequence, err)
	}
	if len(disclosures) > 0 {
		signed.Raw = []byte(attest.WithDisclosures(signed.Text(), disclosures))
	}
	if size := len(signed.Text()); size > waymark.MaxMessageBytes {
		return Message{}, waymark.Errorf(waymark.Invalid, "the message has %d bytes as text, at most %d are allowed: send fewer readings", size, waymark.MaxMessageBytes)
	}
	m := Message{Signed: signed, Sequence: h.Sequence}
	return m, d.journal.add(m)
}

// sealAll returns the readings as the pack shows them, and the disclosures of those that
// it sealed, in the notation of the envelope.
func sealAll(format attest.Format, readings []senml.Reading, private []string) (shown []senml.Reading, disclosures [][]byte, err error) {
	seal := senml.SealCBOR
	if format == attest.JWS {
		seal = senml.SealJSON
	}
	for _, r := range readings {
		if slices.Contains(private, r.Name) {
			sealed, disclosure, err := seal(r, senml.NewSalt())
			if err != nil {
				return nil, nil, fmt.Errorf("seal %s: %w", r.Name, err)
			}
			r, disclosures = sealed, append(disclosures, disclosure)
		}
		shown = append(shown, r)
	}
	return shown, disclosures, nil
}

// encode writes a pack in the notation that fits the envelope, and reads it
// back: a pack that the ledger cannot read must not take a number.
func encode(format attest.Format, readings []senml.Reading) (attest.Kind, []byte, error) {
	kind, write, read := attest.PackCBOR, senml.EncodeCBOR, senml.ParseCBOR
	if format == attest.JWS {
		kind, write, read = attest.PackJSON, senml.EncodeJSON, senml.ParseJSON
	}
	if len(readings) == 0 {
		return "", nil, waymark.Errorf(waymark.Invalid, "a pack holds at least one reading")
	}
	payload, err := write(readings)
	if err != nil {
		return "", nil, fmt.Errorf("encode pack: %w", err)
	}
	_, err = read(payload)
	return kind, payload, err
}

// header is the header of a message that is not part of the stream.
func (d *Device) header(kind attest.Kind) attest.Header {
	return attest.Header{Device: d.profile.ID, Consortium: d.profile.Consortium, KeyID: d.profile.KeyID, Kind: kind}
}

// Acknowledge takes a message out of the outbox: a broker has answered for it.
func (d *Device) Acknowledge(sequence uint64) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.journal.acknowledge(sequence)
}

// Login returns a password for the broker, good for lifetime from now.
func (d *Device) Login(now time.Time, lifetime time.Duration) (string, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	signed, err := attest.Sign(attest.JWS, d.key, d.header(attest.Connect), attest.NewLogin(now, lifetime))
	if err != nil {
		return "", fmt.Errorf("sign password: %w", err)
	}
	return signed.Text(), nil
}

// Receipt signs what the device says of a command. It belongs to no stream, so nothing
// is kept of it: sign it once and send the same text again until it is on the ledger.
func (d *Device) Receipt(r waymark.CommandReceipt) (string, error) {
	if err := r.Validate(); err != nil {
		return "", err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.say(attest.JWS, attest.Receipt, r)
}

// Attest signs what the device says at a handoff, with the number of the last message
// that it has signed: a.Last is not looked at. It belongs to no stream.
func (d *Device) Attest(format attest.Format, a waymark.Attestation) (string, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	a.Last = d.journal.last
	if err := a.Validate(); err != nil {
		return "", err
	}
	return d.say(format, attest.Attestation, a)
}

// say signs a statement that belongs to no stream.
func (d *Device) say(format attest.Format, kind attest.Kind, statement any) (string, error) {
	payload, err := json.Marshal(statement)
	if err != nil {
		return "", fmt.Errorf("encode %s: %w", kind, err)
	}
	signed, err := attest.Sign(format, d.key, d.header(kind), payload)
	if err != nil {
		return "", fmt.Errorf("sign %s: %w", kind, err)
	}
	return signed.Text(), nil
}

// Recover starts the chain again after its state was lost. recorded is the last
// number that the ledger has of this device. One number is left out and stays
// visible as a gap: what the device may have signed there cannot be known. The
// outbox is given up.
func (d *Device) Recover(recorded uint64) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if recorded+1 <= d.journal.last {
		recorded = d.journal.last
	}
	return d.journal.moveTo(recorded+1, attest.Digest{})
}
