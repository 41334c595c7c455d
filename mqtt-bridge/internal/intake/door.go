package intake

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/chaincode/waymark/senml"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/spool"
)

// maxKept bounds what is kept of a message that is too large to be one: some
// brokers let hundreds of megabytes through.
const maxKept = 4 * waymark.MaxMessageBytes

// inspect makes the spool's message of an arrival. What no ledger could ever
// record gets its verdict here, and so costs the ledger nothing.
func inspect(a Arrival) spool.Message {
	m := spool.Message{Device: a.Device, Received: a.Received, Payload: a.Payload}
	if len(a.Payload) > maxKept {
		m.Payload = bytes.Clone(a.Payload[:maxKept])
	}
	if err := waymark.ValidateID("/topic", a.Device); err != nil {
		m.Device = "" // it may be of any length
		m.Verdict = verdict(spool.WrongDevice, "the topic names no possible device", a.Received)
		return m
	}
	m.Verdict = examine(a)
	return m
}

func examine(a Arrival) *spool.Verdict {
	if len(a.Payload) > waymark.MaxMessageBytes {
		return verdict(spool.TooLarge, fmt.Sprintf("the message has %d bytes, at most %d are allowed (SHA-256 %x; at most %d bytes are kept)",
			len(a.Payload), waymark.MaxMessageBytes, sha256.Sum256(a.Payload), maxKept), a.Received)
	}
	text := attest.Text(a.Payload)
	if len(text) > waymark.MaxMessageBytes {
		return verdict(spool.TooLarge, fmt.Sprintf("the message has %d bytes as text, at most %d are allowed",
			len(text), waymark.MaxMessageBytes), a.Received)
	}
	parsed, err := parse(text)
	if err != nil {
		return verdict(spool.Unreadable, err.Error(), a.Received)
	}
	if parsed.Device != a.Device {
		return verdict(spool.WrongDevice, fmt.Sprintf("the message is of device %s, the topic of %s",
			parsed.Device, a.Device), a.Received)
	}
	return nil
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
