package relay_test

import (
	"strings"
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/gatewaytest"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"
)

// The log says what to do about a device or a key that the ledger does not know, and nothing
// about what no operator can mend.
func TestTheLogSaysWhatToDo(t *testing.T) {
	for name, tt := range map[string]struct {
		code    waymark.Code
		reasons []string
		want    string // what the remedy begins with
	}{
		"no such device": {code: waymark.NotFound, want: "have the device registered"},
		"no such edge":   {code: waymark.Forbidden, reasons: []string{waymark.ReasonEdge}, want: "have the edge"},
		"no such key":    {code: waymark.Unauthenticated, reasons: []string{waymark.ReasonKey}, want: "have the key registered"},
		"counts anew":    {code: waymark.AlreadyExists, reasons: []string{waymark.ReasonJumpBack}, want: "the device counts anew"},
		"a fork":         {code: waymark.AlreadyExists, reasons: []string{waymark.ReasonFork}, want: "the device used a number twice"},
		"many gaps":      {code: waymark.FailedPrecondition, reasons: []string{waymark.ReasonGaps}, want: "have the device send"},
		"a bad message":  {code: waymark.Unauthenticated, reasons: []string{waymark.ReasonSignature}},
	} {
		t.Run(name, func(t *testing.T) {
			core, lines := observer.New(zap.InfoLevel)
			d := gatewaytest.NewDevice(t, "logger-1", attest.JWS)
			r := newLoggingRig(t, roomy(), zap.New(core), func(r *rig) {
				r.gateway.RejectAs(d.ID, tt.code, tt.reasons...)
				r.add(t, "logger-1", next(t, d, 1)...)
			})
			r.drained(t)
			said := lines.FilterMessage("message rejected by the ledger").All()
			if len(said) != 1 {
				t.Fatalf("%d lines", len(said))
			}
			got, _ := said[0].ContextMap()["remedy"].(string)
			if !strings.HasPrefix(got, tt.want) || (got == "") != (tt.want == "") {
				t.Errorf("remedy %q, want %q", got, tt.want)
			}
		})
	}
}
