package uplink

import (
	"encoding/hex"
	"strings"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/edge/outbox"
)

// question is what a device asks at each connection: whether the ledger has the oldest message that waits as the device's own. If it has another of
// that number, somebody else signs for the device: a second edge with this one's keys, or this one on an older copy of its store.
type question struct {
	device string
	number uint64
	digest string // of the device's own, in hex
}

// questionOf returns the question about a message.
func questionOf(device string, m outbox.Message) (question, error) {
	q := question{device: device, number: m.Number}
	message, err := attest.Parse(attest.Text(m.Raw))
	if err != nil {
		return q, err
	}
	digest, err := message.Digest()
	q.digest = hex.EncodeToString(digest[:])
	return q, err
}

// isFork reports whether what came down says that the ledger has another message. It is the word of the consortium's broker, as a
// PUBACK is: its operator alone may publish there.
func (q question) isFork(heard []byte) bool {
	m, err := attest.Parse(attest.Text(heard))
	if err != nil || m.Kind != attest.Commit {
		return false
	}
	r, err := waymark.ParseCommitReceipt(m.Payload)
	return err == nil && r.Device == q.device && r.Number == q.number && r.State == waymark.CommitRecorded && !strings.HasPrefix(q.digest, r.Digest)
}
