package anchored_test

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/anchor"
	"github.com/waymark-ledger/waymark/gateway/internal/anchored"
	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
)

// handing is a ledger on which a shipment with one witness is accepted, whose anchored messages are checked up to one of them.
type handing struct {
	*consortium
	plain    bool // no condition is anchored
	checked  uint64
	behind   int   // how often the model has not the last window yet
	model    error // of all that it is asked
	view     error
	moves    int // how often a check comes in between
	accepted []waymark.AcceptHandoffRequest
	evals    int
}

func (h *handing) AnchoredConditions(context.Context, string) (bool, error) {
	return !h.plain && h.model == nil, h.model
}

func (h *handing) Checked(_ context.Context, device string, after, last uint64) (all []ledger.Anchored, err error) {
	for _, u := range h.streams[device] {
		if w := u.Window; w.First > after && w.Last <= last {
			all = append(all, ledger.Anchored{First: w.First, Last: w.Last, Block: u.Block})
		}
	}
	if h.behind > 0 && len(all) > 0 {
		h.behind--
		all = all[:len(all)-1]
	}
	return all, h.model
}

func (h *handing) Evaluate(context.Context, ledger.Call) (json.RawMessage, error) {
	h.evals++
	view := waymark.ShipmentView{Verdict: &waymark.Verdict{Witnesses: []waymark.WitnessFinding{{Device: "other"}, {Device: "d", Anchored: &waymark.AnchoredFinding{Checked: h.checked}}}}}
	value, err := json.Marshal(view)
	if err != nil {
		h.t.Fatal(err)
	}
	return value, h.view
}

func (h *handing) Submit(_ context.Context, call ledger.Call) (ledger.Committed, error) {
	request, is := call.Request.(waymark.AcceptHandoffRequest)
	if !is {
		return ledger.Committed{}, nil
	}
	h.accepted = append(h.accepted, request)
	if h.moves > 0 {
		h.moves--
		h.checked = 6
		return ledger.Committed{}, waymark.Errorf(waymark.Conflict, "moved").Because(waymark.ReasonMoved)
	}
	return ledger.Committed{}, nil
}

// TestAnAcceptanceBringsItsOwnBlocks: of the peer of its member, whatever the check says.
func TestAnAcceptanceBringsItsOwnBlocks(t *testing.T) {
	brought := []waymark.OwnChecked{{Device: "x"}}
	tests := map[string]struct {
		change   func(*handing)
		brings   []waymark.OwnChecked // by its caller
		want     uint64               // how far, 0 for nothing that it says
		as       []waymark.OwnChecked
		tries    int
		code     waymark.Code
		unwanted bool // the ledger is not asked for the shipment
	}{
		"checked":               {want: 6, tries: 1},
		"up to another":         {change: func(h *handing) { h.checked = 3 }, want: 3, tries: 1},
		"a check between":       {change: func(h *handing) { h.checked, h.moves = 3, 2 }, want: 6, tries: 3},
		"too many checks":       {change: func(h *handing) { h.moves = 99 }, want: 6, tries: 8, code: waymark.Conflict},
		"no anchored condition": {change: func(h *handing) { h.plain = true }, tries: 1, unwanted: true},
		"of its caller":         {brings: brought, as: brought, tries: 1, unwanted: true},
		"the model is behind":   {change: func(h *handing) { h.behind = 2 }, want: 6, tries: 1},
		"the model stays so":    {change: func(h *handing) { h.behind = 99 }, code: waymark.Unavailable},
		"no model":              {change: func(h *handing) { h.model = waymark.Errorf(waymark.Unavailable, "not whole") }, code: waymark.Unavailable},
		"no peer":               {change: func(h *handing) { h.view = waymark.Errorf(waymark.Unavailable, "no peer") }, code: waymark.Unavailable},
		"no such shipment":      {change: func(h *handing) { h.view = waymark.Errorf(waymark.NotFound, "none") }, tries: 1},
		"not to be read":        {change: func(h *handing) { h.view = waymark.Errorf(waymark.Forbidden, "no") }, tries: 1},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := &handing{consortium: newConsortium(t), checked: 6}
				for range 3 {
					h.add("d", "producer", 3)
				}
				if test.change != nil {
					test.change(h)
				}
				a := anchored.NewAcceptor(h, h, anchored.NewWatch(h, nil, zap.NewNop(), prometheus.NewRegistry()))
				request := waymark.AcceptHandoffRequest{Shipment: "s1", Number: 1, Checked: test.brings}
				_, err := a.Submit(t.Context(), ledger.Call{Transaction: waymark.ShipmentsAccept, Request: request})
				if waymark.CodeOf(err) != test.code || len(h.accepted) != test.tries || (h.evals == 0) != test.unwanted {
					t.Fatalf("%v after %d tries and %d reads", err, len(h.accepted), h.evals)
				}
				want := test.as
				if test.want > 0 {
					want = []waymark.OwnChecked{{Device: "d", Checked: test.want, Digest: hex.EncodeToString(h.digest("d", test.want))}}
				}
				if n := len(h.accepted); n > 0 && !slices.Equal(h.accepted[n-1].Checked, want) {
					t.Errorf("it brings %+v, want %+v", h.accepted[n-1].Checked, want)
				}
			})
		})
	}
}

// digest is what the blocks themselves make of the windows up to a message.
func (h *handing) digest(device string, last uint64) (digest []byte) {
	for _, u := range h.streams[device] {
		if u.Window.Last <= last {
			for _, b := range h.blocks {
				if b.Number == u.Block {
					digest = anchor.Checked(digest, u.Window.First, u.Block, b.Hash)
				}
			}
		}
	}
	return digest
}

// TestADigestIsGoneOnWith where it was, also one of before that.
func TestADigestIsGoneOnWith(t *testing.T) {
	h := &handing{consortium: newConsortium(t)}
	for range 4 {
		h.add("d", "producer", 3)
	}
	a := anchored.NewAcceptor(h, h, anchored.NewWatch(h, nil, zap.NewNop(), prometheus.NewRegistry()))
	for _, checked := range []uint64{0, 6, 12, 3, 12} {
		h.checked = checked
		if _, err := a.Submit(t.Context(), ledger.Call{Transaction: waymark.ShipmentsAccept, Request: waymark.AcceptHandoffRequest{Shipment: "s1", Number: 1}}); err != nil {
			t.Fatal(err)
		}
		want := []waymark.OwnChecked{{Device: "d", Checked: checked, Digest: hex.EncodeToString(h.digest("d", checked))}}
		if got := h.accepted[len(h.accepted)-1].Checked; !slices.Equal(got, want) {
			t.Errorf("up to %d it brings %+v, want %+v", checked, got, want)
		}
	}
	if _, err := a.Submit(t.Context(), ledger.Call{Request: waymark.AttachDeviceRequest{}}); err != nil {
		t.Error(err)
	}
}
