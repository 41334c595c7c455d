package rest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/internal/anchored"
	"github.com/waymark-ledger/waymark/gateway/internal/bodies"
	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
)

// brokenBodies fails for each window.
type brokenBodies struct{ err error }

func (b brokenBodies) Messages(context.Context, waymark.Window) ([]string, error) { return nil, b.err }

// TestWhatIsWrongWithABody: a proof that cannot be made since the body is not there says what is missing, and who can tell more. Nothing else is fetched for it.
func TestWhatIsWrongWithABody(t *testing.T) {
	body := strings.Repeat("ab", 32)
	for name, tt := range map[string]struct {
		err    error
		status int
		code   waymark.Code
		names  string
	}{
		"missing":   {bodies.Missing, http.StatusNotFound, waymark.NotFound, "missing from the store of member carrier"},
		"deleted":   {bodies.Deleted, http.StatusGone, waymark.NotFound, "carrier has deleted"},
		"altered":   {bodies.Altered, http.StatusBadGateway, waymark.Internal, "the body is altered"},
		"not ours":  {fmt.Errorf("%w: message 7: %w", anchored.NotOurs, waymark.Errorf(waymark.Invalid, "no")), http.StatusBadGateway, waymark.Internal, "not-ours"},
		"elsewhere": {anchored.Elsewhere, http.StatusNotFound, waymark.NotFound, "ask its gateway, https://gateway.carrier.example"},
		"no store":  {waymark.Errorf(waymark.Unavailable, "no store"), http.StatusServiceUnavailable, waymark.Unavailable, "no store"},
	} {
		a := newAPI(t, func(l *limits) { l.bodies = brokenBodies{tt.err} })
		a.ledger.answer = func(q ledger.Call) (json.RawMessage, error) {
			var answer any
			switch q.Transaction {
			case waymark.TelemetryWindow:
				answer = waymark.Window{Device: "logger-1", Owner: "carrier", First: 7, Last: 9, Body: body}
			case waymark.MembersGet:
				answer = waymark.Member{ID: q.Request.(waymark.MemberQuery).Member, GatewayURL: "https://gateway.carrier.example"}
			default:
				return json.RawMessage(allowed), nil
			}
			encoded, err := json.Marshal(answer)
			return encoded, err
		}
		w := a.do("GET", "/v1/readings/logger-1:7:0/proof", "")
		var p struct {
			Code   waymark.Code
			Detail string
		}
		if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil || w.Code != tt.status || p.Code != tt.code || !strings.Contains(p.Detail, tt.names) {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
		if name != "no store" && !strings.Contains(p.Detail, "messages 7 to 9 of device logger-1 are anchored in body "+body) {
			t.Errorf("%s: it does not say of what: %s", name, p.Detail)
		}
		if slices.ContainsFunc(a.ledger.seen(), func(c call) bool { return c.Tx == "receipt" }) {
			t.Errorf("%s: a block was fetched", name)
		}
	}
}
