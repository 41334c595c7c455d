package model_test

import (
	"encoding/hex"
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
)

// A message is found in whatever window and block it came, by who relays, of whatever member, and by nobody else.
func TestWhereAMessageIs(t *testing.T) {
	w := newWorld(t)
	var texts []string
	for n := range 250 {
		texts = append(texts, w.logger.Pack(int64(400+n)))
	}
	for _, some := range [][]string{texts[:1], texts[1:151], texts[152:]} { // one is missing
		w.record(some...)
		w.block()
	}
	m := w.modelOf(t, sqlite)
	for _, relay := range []struct {
		member string
		role   waymark.Role
	}{{"producer", waymark.Relay}, {"carrier", waymark.Relay}, {"auditor", waymark.Operator}} {
		for _, sequence := range []uint64{1, 2, 101, 102, 151, 153, 250} {
			found, err := m.Message(t.Context(), w.by(relay.member, relay.role), waymark.MessageQuery{Device: w.logger.ID, Sequence: sequence})
			must(t, err)
			block := map[bool]uint64{true: 1, false: 2}[sequence == 1]
			if sequence > 152 {
				block = 3
			}
			if found.Sequence != sequence || found.Device != w.logger.ID || found.Digest != digestOf(t, texts[sequence-1]) || found.BlockNumber != block ||
				found.TxID == "" || found.Key != "k1" || found.Recorded.IsZero() {
				t.Errorf("%s finds message %d: %+v", relay.member, sequence, found)
			}
		}
	}
	for _, test := range []struct {
		name     string
		role     waymark.Role
		device   string
		sequence uint64
		want     waymark.Code
	}{
		{"the one that is missing", waymark.Relay, w.logger.ID, 152, waymark.NotFound},
		{"one of the future", waymark.Relay, w.logger.ID, 251, waymark.NotFound},
		{"another device's", waymark.Relay, "logger-2", 1, waymark.NotFound},
		{"for its owner's viewer", waymark.Viewer, w.logger.ID, 1, waymark.Forbidden},
		{"for its owner's admin", waymark.Admin, w.logger.ID, 1, waymark.Forbidden},
	} {
		_, err := m.Message(t.Context(), w.by("producer", test.role), waymark.MessageQuery{Device: test.device, Sequence: test.sequence})
		if waymark.CodeOf(err) != test.want {
			t.Errorf("%s: %v, want %s", test.name, err, test.want)
		}
	}
}

// digestOf is what the ledger keeps of the digest of a message.
func digestOf(t *testing.T, text string) string {
	t.Helper()
	m, err := attest.Parse(text)
	must(t, err)
	digest, err := m.Digest()
	must(t, err)
	return hex.EncodeToString(digest[:waymark.DigestPrefix])
}
