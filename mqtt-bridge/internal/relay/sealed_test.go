package relay_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"slices"
	"strings"
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/gatewaytest"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// log is a logger that keeps every line, whatever its level.
func log() (*zap.Logger, *bytes.Buffer) {
	var lines bytes.Buffer
	encoder := zapcore.NewJSONEncoder(zap.NewProductionEncoderConfig())
	return zap.New(zapcore.NewCore(encoder, zapcore.Lock(zapcore.AddSync(&lines)), zap.DebugLevel)), &lines
}

// Disclosures reach the gateway as they were published, and no log.
func TestDisclosuresTravelWithTheirMessage(t *testing.T) {
	const secret = "planted-secret"
	for _, format := range []attest.Format{attest.JWS, attest.COSE} {
		d := gatewaytest.NewDevice(t, "logger-1", format)
		first, open, last := d.NextSealed(t, secret), d.Next(t), d.NextSealed(t, secret)
		logger, lines := log()
		r := newLoggingRig(t, roomy(), logger, func(r *rig) { r.add(t, d.ID, first, open, last, last) })
		r.drained(t)
		want := []string{string(first), attest.Text(open), string(last), string(last)}
		if got := slices.Concat(r.gateway.Batches()...); !slices.Equal(got, want) {
			t.Errorf("%s: submitted %q, want %q", format, got, want)
		}
		disclosed := r.gateway.Disclosed(d.ID)
		if len(disclosed) != 3 || !strings.Contains(disclosed[0], secret) || disclosed[1] != disclosed[2] {
			t.Errorf("%s: disclosed %q", format, disclosed)
		}
		if listed := r.quarantine(t); len(listed) != 0 {
			t.Errorf("%s: quarantine holds %+v", format, listed)
		}
		saysNothing(t, lines.String(), disclosed)
	}
}

// What the ledger refuses because of privacy goes where all else goes that it refuses,
// with every byte of it.
func TestRefusedForPrivacyGoesIntoQuarantine(t *testing.T) {
	for _, reason := range []string{waymark.ReasonExposed, waymark.ReasonDisclosure} {
		d, other := gatewaytest.NewDevice(t, "logger-1", attest.COSE), gatewaytest.NewDevice(t, "logger-2", attest.JWS)
		payload := d.NextSealed(t, "planted-secret")
		logger, lines := log()
		r := newLoggingRig(t, roomy(), logger, func(r *rig) {
			r.gateway.Reject(d.ID, reason)
			r.add(t, d.ID, payload)
			r.add(t, other.ID, next(t, other, 3)...)
		})
		r.drained(t)
		listed := r.quarantine(t)
		if len(listed) != 1 || listed[0].Code != waymark.Invalid || !slices.Equal(listed[0].Reasons, []string{reason}) ||
			!bytes.Equal(listed[0].Payload, payload) {
			t.Errorf("%s: quarantine holds %+v", reason, listed)
		}
		if got := r.gateway.Order(other.ID); len(got) != 3 {
			t.Errorf("%s: recorded %v of the other device", reason, got)
		}
		_, disclosures, err := attest.Split(string(payload))
		if err != nil {
			t.Fatal(err)
		}
		saysNothing(t, lines.String(), []string{string(disclosures[0])})
		if !strings.Contains(lines.String(), reason) { // it is a log of this message after all
			t.Errorf("%s is not in the log: %s", reason, lines)
		}
	}
}

// saysNothing checks that a text has no disclosure in it, in any usual spelling, nor a
// salt or a value of one.
func saysNothing(t *testing.T, text string, disclosures []string) {
	t.Helper()
	for _, d := range disclosures {
		_, salted, _ := strings.Cut(d, `"`)
		salt, _, _ := strings.Cut(salted, `"`)
		for _, form := range []string{d, salt, "planted-secret", base64.RawURLEncoding.EncodeToString([]byte(d)),
			base64.RawStdEncoding.EncodeToString([]byte(d)), hex.EncodeToString([]byte(d))} {
			if form == "" || strings.Contains(text, form) {
				t.Errorf("%q is in: %s", form, text)
			}
		}
	}
}
