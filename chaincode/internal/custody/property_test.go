package custody_test

import (
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/waymark-ledger/waymark/chaincode/internal/access"
	"github.com/waymark-ledger/waymark/chaincode/internal/custody"
	"github.com/waymark-ledger/waymark/chaincode/internal/ledger"
	"github.com/waymark-ledger/waymark/chaincode/internal/scenario"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// act is what somebody tries.
type act struct {
	by          ledger.Caller
	action      waymark.Action
	number      uint64
	to          string
	reservation string
	hours       int
}

func drawAct(t *rapid.T) act {
	members := []string{"producer", "carrier", "retailer", "auditor", "stranger"}
	return act{
		by: ledger.Caller{Member: rapid.SampledFrom(members).Draw(t, "member"),
			Role: rapid.SampledFrom([]waymark.Role{waymark.Admin, waymark.Operator, waymark.Operator, waymark.Viewer, waymark.Relay, ""}).Draw(t, "role")},
		action: rapid.SampledFrom([]waymark.Action{waymark.ActOfferHandoff, waymark.ActOfferHandoff, waymark.ActAcceptHandoff, waymark.ActAcceptHandoff,
			waymark.ActRejectHandoff, waymark.ActCancelHandoff}).Draw(t, "action"),
		number:      rapid.Uint64Range(1, 6).Draw(t, "number"),
		to:          rapid.SampledFrom(members).Draw(t, "to"),
		reservation: rapid.SampledFrom([]string{"", "scuffed"}).Draw(t, "reservation"),
		hours:       rapid.IntRange(0, 2).Draw(t, "hours"),
	}
}

// newest replaces the drawn number in most acts, so that more of them succeed.
func (a act) newest(t *rapid.T, handoffs []waymark.Handoff) act {
	if n := len(handoffs); n > 0 && rapid.IntRange(0, 4).Draw(t, "newest") > 0 {
		a.number = uint64(n)
	}
	return a
}

func (s *story) try(a act) (*waymark.Handoff, error) {
	end := waymark.EndHandoffRequest{Shipment: "s1", Number: a.number, Reason: "because"}
	switch a.action {
	case waymark.ActOfferHandoff:
		return scenario.Submit(s.Consortium, a.by, custody.Offer, waymark.OfferHandoffRequest{Shipment: "s1", To: a.to, ExpiresAt: s.Now.Add(time.Hour)})
	case waymark.ActAcceptHandoff:
		return scenario.Submit(s.Consortium, a.by, custody.Accept, acceptRequest(a.number, a.reservation))
	case waymark.ActRejectHandoff:
		return scenario.Submit(s.Consortium, a.by, custody.Reject, end)
	default:
		return scenario.Submit(s.Consortium, a.by, custody.Cancel, end)
	}
}

// permitted asks the policies about an act on the state before it.
func permitted(a act, v *waymark.ShipmentView) bool {
	resource := access.Shipment(v.Shipment, v.Custody.Custodian, nil)
	if a.action != waymark.ActOfferHandoff {
		if a.number > uint64(len(v.Handoffs)) {
			return false
		}
		resource = access.Handoff(v.Handoffs[a.number-1])
	}
	return access.Decide(access.Request{Principal: access.Caller(a.by), Action: a.action, Resource: resource}, nil).Allowed
}

func TestAnyHistoryOfCustody(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := newStory(t)
		s.measure(500)
		for range rapid.IntRange(1, 30).Draw(rt, "acts") {
			before := s.view()
			a := drawAct(rt).newest(rt, before.Handoffs)
			s.Now = s.Now.Add(time.Duration(a.hours) * 40 * time.Minute)
			h, err := s.try(a)
			checkAct(rt, a, before, s.view(), h, err)
		}
	})
}

// checkAct keeps the promises about custody.
func checkAct(t *rapid.T, a act, before, after *waymark.ShipmentView, h *waymark.Handoff, err error) {
	open := 0
	for _, h := range after.Handoffs {
		if h.State == waymark.HandoffOffered {
			open++
		}
	}
	changed := !reflect.DeepEqual(before.Handoffs, after.Handoffs) || !reflect.DeepEqual(before.Custody, after.Custody)
	moved := before.Custody.Custodian != after.Custody.Custodian || before.Custody.Leg != after.Custody.Leg
	switch {
	case open > 1:
		t.Fatalf("%+v: %d handoffs are open", a, open)
	case err != nil && changed:
		t.Fatalf("%+v was refused (%v) and changed the shipment", a, err)
	case err == nil && !permitted(a, before):
		t.Fatalf("%+v had no permit", a)
	case waymark.CodeOf(err) == waymark.Internal:
		t.Fatalf("%+v: %v", a, err)
	case !moved:
		return
	}
	offer := before.Handoffs[h.Number-1]
	switch {
	case a.action != waymark.ActAcceptHandoff || a.by.Member != offer.To || after.Custody.Custodian != offer.To:
		t.Fatalf("%+v moved custody to %s, offered to %s", a, after.Custody.Custodian, offer.To)
	case offer.State != waymark.HandoffOffered || offer.From != before.Custody.Custodian || offer.Offered.Member != offer.From:
		t.Fatalf("custody moved on %+v, the custodian was %s", offer, before.Custody.Custodian)
	case h.Changed.Time.After(offer.ExpiresAt) || after.Custody.Leg != before.Custody.Leg+1:
		t.Fatalf("custody moved from %+v to %+v on %+v", before.Custody, after.Custody, h)
	}
}
