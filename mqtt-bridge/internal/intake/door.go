package intake

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"strings"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/chaincode/waymark/senml"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/spool"
)

// maxKept bounds what is kept of a message that is too large to be one: some
// brokers let hundreds of megabytes through.
const maxKept = 4 * waymark.MaxMessageBytes

// inspect makes the spool's message of an arrival, with what it says if it is of no stream. What no ledger could ever
// record gets its verdict here, and so costs the ledger nothing.
func inspect(a Arrival) (spool.Message, *attest.Message) {
	m := spool.Message{Device: a.Device, Received: a.Received, Payload: a.Payload}
	if len(a.Payload) > maxKept {
		m.Payload = bytes.Clone(a.Payload[:maxKept])
	}
	if err := waymark.ValidateID("/topic", a.Device); err != nil {
		m.Device = "" // it may be of any length
		m.Verdict = verdict(spool.WrongDevice, "the topic names no possible device", a.Received)
		m.Verdict.Unregistered = true
		return m, nil
	}
	said, fault := examine(a)
	m.Verdict, m.Statement = fault, said != nil
	return m, said
}

// examine returns a message of no stream, or why nothing can be made of it.
func examine(a Arrival) (*attest.Message, *spool.Verdict) {
	if len(a.Payload) > waymark.MaxMessageBytes {
		v := verdict(spool.TooLarge, fmt.Sprintf("the message has %d bytes, at most %d are allowed, and at most %d are kept",
			len(a.Payload), waymark.MaxMessageBytes, maxKept), a.Received)
		if len(a.Payload) > maxKept {
			v.Whole = fmt.Sprintf("%x", sha256.Sum256(a.Payload))
		}
		return nil, v
	}
	text := attest.Text(a.Payload)
	if len(text) > waymark.MaxMessageBytes {
		return nil, verdict(spool.TooLarge, fmt.Sprintf("the message has %d bytes as text, at most %d are allowed",
			len(text), waymark.MaxMessageBytes), a.Received)
	}
	parsed, err := parse(text)
	if err != nil {
		return nil, verdict(spool.Unreadable, err.Error(), a.Received)
	}
	if parsed.Device != a.Device {
		return nil, verdict(spool.WrongDevice, fmt.Sprintf("the message is of device %s, the topic of %s",
			parsed.Device, a.Device), a.Received)
	}
	if parsed.Kind.Sequenced() {
		return nil, nil
	}
	if err := readStatement(parsed, text); err != nil {
		return nil, verdict(spool.Unreadable, err.Error(), a.Received)
	}
	return parsed, nil
}

// readStatement checks that a message of no stream is one that devices publish: what each of these
// kinds says is small and has one form.
func readStatement(m *attest.Message, text string) (err error) {
	switch m.Kind {
	case attest.Receipt:
		_, err = waymark.ParseCommandReceipt(m.Payload)
	case attest.Presence:
		_, err = waymark.ParsePresence(m.Payload)
	case attest.Inquiry:
		_, err = waymark.ParseInquiry(m.Payload)
	default:
		return waymark.Errorf(waymark.Invalid, "the message is of type %s, which is not taken here", m.Kind)
	}
	if err == nil && strings.Contains(text, "~") {
		err = waymark.Errorf(waymark.Invalid, "the message has disclosures, and no sealed readings")
	}
	return err //nolint:wrapcheck // it says all
}

// formatOf is the envelope of a message that can be read. A COSE_Sign1 in base64url, before its disclosures, has no dot.
func formatOf(payload []byte) attest.Format {
	message, _, _ := bytes.Cut(payload, []byte("~"))
	if bytes.HasPrefix(message, []byte("ey")) && bytes.Contains(message, []byte(".")) {
		return attest.JWS
	}
	return attest.COSE
}

// parse reads the message of a text that may have disclosures after it. Of those it looks
// at the form alone: what they open is for their holders, whose chaincode checks it.
func parse(text string) (*attest.Message, error) {
	message, disclosures, err := attest.Split(text)
	if err != nil {
		return nil, err
	}
	if n := len(disclosures); n > senml.MaxReadings {
		return nil, waymark.Errorf(waymark.Invalid, "the message has %d disclosures, at most %d are allowed", n, senml.MaxReadings)
	}
	return attest.Parse(message)
}

func verdict(code spool.Code, detail string, at time.Time) *spool.Verdict {
	return &spool.Verdict{Code: code, Detail: detail, Time: at.UTC()}
}
