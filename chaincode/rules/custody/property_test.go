package custody_test

import (
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/waymark-ledger/waymark/chaincode/rules/access"
	"github.com/waymark-ledger/waymark/chaincode/rules/custody"
	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/rules/title"
	"github.com/waymark-ledger/waymark/chaincode/scenario"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// act is what somebody tries.
type act struct {
	by          ledger.Caller
	action      waymark.Action
	number      uint64
	to          string
	reservation string
	kind        waymark.HoldKind
	hours       int
}

func drawAct(t *rapid.T) act {
	members := []string{"producer", "carrier", "retailer", "auditor", "stranger"}
	return act{
		by: ledger.Caller{Member: rapid.SampledFrom(members).Draw(t, "member"),
			Role: rapid.SampledFrom([]waymark.Role{waymark.Admin, waymark.Operator, waymark.Operator, waymark.Operator, waymark.Quality, waymark.Viewer, ""}).Draw(t, "role")},
		action: rapid.SampledFrom([]waymark.Action{
			waymark.ActOfferHandoff, waymark.ActOfferHandoff, waymark.ActOfferHandoff, waymark.ActAcceptHandoff, waymark.ActAcceptHandoff, waymark.ActAcceptHandoff,
			waymark.ActRejectHandoff, waymark.ActCancelHandoff, waymark.ActOfferTitle, waymark.ActOfferTitle, waymark.ActAcceptTitle, waymark.ActAcceptTitle,
			waymark.ActDeclineTitle, waymark.ActCancelTitle, waymark.ActSetHold, waymark.ActLiftHold, waymark.ActReadyShipment, waymark.ActVoidShipment, waymark.ActDetachDevice,
		}).Draw(t, "action"),
		number:      rapid.Uint64Range(1, 6).Draw(t, "number"),
		to:          rapid.SampledFrom(members).Draw(t, "to"),
		reservation: rapid.SampledFrom([]string{"", "scuffed"}).Draw(t, "reservation"),
		kind:        rapid.SampledFrom([]waymark.HoldKind{waymark.HoldPendingData, waymark.HoldQuarantine}).Draw(t, "kind"),
		hours:       rapid.SampledFrom([]int{0, 0, 0, 0, 0, 0, 1, 2}).Draw(t, "hours"),
	}
}

// likely replaces, in most acts, what was drawn by what can succeed: the newest handoff,
// and somebody who may act on what there is.
func (a act) likely(t *rapid.T, v *waymark.ShipmentView, offer *waymark.TitleOffer) act {
	if rapid.IntRange(0, 4).Draw(t, "likely") == 0 {
		return a
	}
	if n := len(v.Handoffs); n > 0 {
		a.number = uint64(n)
	}
	a.by.Role, a.reservation = waymark.Operator, "scuffed"
	switch a.action {
	case waymark.ActVoidShipment: // it would end most stories at once
		a.action = waymark.ActReadyShipment
		a.by.Member = v.Shipment.Consignor
	case waymark.ActOfferHandoff:
		a.by.Member = v.Custody.Custodian
	case waymark.ActAcceptHandoff, waymark.ActRejectHandoff:
		if n := len(v.Handoffs); n > 0 {
			a.by.Member = v.Handoffs[n-1].To
		}
	case waymark.ActOfferTitle:
		a.by.Member = v.Title.Holder
	case waymark.ActAcceptTitle, waymark.ActDeclineTitle:
		if offer != nil {
			a.by.Member, a.number = offer.To, offer.Number
		}
	case waymark.ActCancelTitle:
		if offer != nil {
			a.number = offer.Number
		}
	case waymark.ActLiftHold: // else nothing would move for long
		a.by = ledger.Caller{Member: "auditor", Role: waymark.Quality}
		if len(v.Holds) > 0 {
			a.kind = v.Holds[0].Kind
		}
	}
	return a
}

func (s *story) try(a act) error {
	end := waymark.EndHandoffRequest{Shipment: "s1", Number: a.number, Reason: "because"}
	endTitle := waymark.EndTitleOfferRequest{Shipment: "s1", Number: a.number, Reason: "because"}
	onHold := waymark.HoldRequest{Shipment: "s1", Kind: a.kind, Reason: "because"}
	switch until := s.Now.Add(time.Hour); a.action {
	case waymark.ActOfferHandoff:
		return do(s, a, custody.Offer, waymark.OfferHandoffRequest{Shipment: "s1", To: a.to, ExpiresAt: until})
	case waymark.ActAcceptHandoff:
		return do(s, a, custody.Accept, acceptRequest(a.number, a.reservation))
	case waymark.ActRejectHandoff:
		return do(s, a, custody.Reject, end)
	case waymark.ActCancelHandoff:
		return do(s, a, custody.Cancel, end)
	case waymark.ActOfferTitle:
		return do(s, a, title.Offer, waymark.OfferTitleRequest{Shipment: "s1", To: a.to, ExpiresAt: until})
	case waymark.ActAcceptTitle:
		return do(s, a, title.Accept, waymark.AcceptTitleRequest{Shipment: "s1", Number: a.number})
	case waymark.ActDeclineTitle:
		return do(s, a, title.Decline, endTitle)
	case waymark.ActCancelTitle:
		return do(s, a, title.Cancel, endTitle)
	case waymark.ActSetHold:
		return do(s, a, custody.Hold, onHold)
	case waymark.ActLiftHold:
		return do(s, a, custody.LiftHold, onHold)
	case waymark.ActReadyShipment:
		return do(s, a, custody.Ready, ready)
	case waymark.ActVoidShipment:
		return do(s, a, custody.Void, voided)
	default:
		return do(s, a, custody.Detach, detach)
	}
}

func do[Q waymark.Validator, R any](s *story, a act, rule func(ledger.Ledger, Q) (R, error), request Q) error {
	_, err := scenario.Submit(s.Consortium, a.by, rule, request)
	return err
}

// permitted asks the policies about an act on the state before it.
func (s *story) permitted(a act, v *waymark.ShipmentView) bool {
	now := access.Present{Custodian: v.Custody.Custodian, TitleHolder: v.Title.Holder}
	r := access.Request{Principal: access.Caller(a.by), Action: a.action, Resource: access.Shipment(v.Shipment, now)}
	switch a.action {
	case waymark.ActAcceptHandoff, waymark.ActRejectHandoff, waymark.ActCancelHandoff:
		if a.number > uint64(len(v.Handoffs)) {
			return false
		}
		r.Resource = access.Handoff(v.Handoffs[a.number-1])
	case waymark.ActAcceptTitle, waymark.ActDeclineTitle, waymark.ActCancelTitle:
		resource, err := title.OfferResource(s.World.Begin(s.Tx(a.by)), "s1", a.number)
		if err != nil {
			return false
		}
		r.Resource = resource
	case waymark.ActSetHold, waymark.ActLiftHold:
		resource, err := custody.HoldResource(s.World.Begin(s.Tx(a.by)), "s1", a.kind)
		if err != nil {
			s.T.Fatal(err)
		}
		r.Resource = resource
	case waymark.ActDetachDevice:
		r.Context.DeviceOwner = "producer"
	}
	return access.Decide(r, nil).Allowed
}

// offered is the last offer of title, nil before the first.
func (s *story) offered() *waymark.TitleOffer {
	s.T.Helper()
	return scenario.Must(s.Consortium, s.As("producer", waymark.Viewer), title.Get, waymark.ShipmentQuery{Shipment: "s1"}).Offer
}

// TestAnyHistoryOfCustody: whatever anybody tries, in any order, custody and title are
// each with one member, move by an offer and its acceptance alone, not while a hold
// stands, and need the members that they concern then.
func TestAnyHistoryOfCustody(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := newStory(t)
		s.measure(500)
		for range rapid.IntRange(5, 60).Draw(rt, "acts") {
			a := drawAct(rt).likely(rt, s.view(), s.offered())
			s.Now = s.Now.Add(time.Duration(a.hours) * 40 * time.Minute)
			before, offer := s.view(), s.offered()
			permitted := s.permitted(a, before)
			err := s.try(a)
			after := s.view()
			if err == nil && !permitted {
				rt.Fatalf("%+v had no permit", a)
			}
			checkAct(rt, a, before, after, err)
			checkTitle(rt, a, before, after, offer)
			s.checkQuorums(rt, after)
		}
	})
}

// checkAct keeps the promises about custody.
func checkAct(t *rapid.T, a act, before, after *waymark.ShipmentView, err error) {
	open := 0
	for _, h := range after.Handoffs {
		if h.State == waymark.HandoffOffered {
			open++
		}
	}
	changed := !reflect.DeepEqual(before.Handoffs, after.Handoffs) || !reflect.DeepEqual(before.Custody, after.Custody) ||
		!reflect.DeepEqual(before.Title, after.Title) || !reflect.DeepEqual(before.Holds, after.Holds)
	moved := before.Custody.Custodian != after.Custody.Custodian || before.Custody.Leg != after.Custody.Leg
	switch {
	case open > 1:
		t.Fatalf("%+v: %d handoffs are open", a, open)
	case err != nil && changed:
		t.Fatalf("%+v was refused (%v) and changed the shipment", a, err)
	case waymark.CodeOf(err) == waymark.Internal:
		t.Fatalf("%+v: %v", a, err)
	case before.Custody.State.Ended() && fmt.Sprint(before.Custody) != fmt.Sprint(after.Custody):
		t.Fatalf("%+v: after its end the shipment went from %+v to %+v", a, before.Custody, after.Custody)
	case !moved:
		return
	}
	offer, h := before.Handoffs[a.number-1], after.Handoffs[a.number-1]
	switch {
	case a.action != waymark.ActAcceptHandoff || a.by.Member != offer.To || after.Custody.Custodian != offer.To:
		t.Fatalf("%+v moved custody to %s, offered to %s", a, after.Custody.Custodian, offer.To)
	case offer.State != waymark.HandoffOffered || offer.From != before.Custody.Custodian || offer.Offered.Member != offer.From:
		t.Fatalf("custody moved on %+v, the custodian was %s", offer, before.Custody.Custodian)
	case h.Changed.Time.After(offer.ExpiresAt) || after.Custody.Leg != before.Custody.Leg+1:
		t.Fatalf("custody moved from %+v to %+v on %+v", before.Custody, after.Custody, h)
	case len(before.Holds) > 0:
		t.Fatalf("custody moved under %+v", before.Holds)
	}
}

// checkTitle keeps the promises about title.
func checkTitle(t *rapid.T, a act, before, after *waymark.ShipmentView, offer *waymark.TitleOffer) {
	switch {
	case before.Title.Holder == after.Title.Holder:
	case a.action != waymark.ActAcceptTitle || a.number != offer.Number || a.by.Member != offer.To || after.Title.Holder != offer.To:
		t.Fatalf("%+v moved title to %s, offered %+v", a, after.Title.Holder, offer)
	case offer.State != waymark.TitleOffered || offer.From != before.Title.Holder || offer.Offered.Member != offer.From:
		t.Fatalf("title moved on %+v, the holder was %s", offer, before.Title.Holder)
	case after.Title.Changed.Time.After(offer.ExpiresAt) || len(before.Holds) > 0 || before.Custody.State.Ended():
		t.Fatalf("title moved at %s on %+v under %+v, %s", after.Title.Changed.Time, offer, before.Holds, before.Custody.State)
	}
}

// checkQuorums wants custody and title to need whom they concern now, as the state says.
func (s *story) checkQuorums(t *rapid.T, v *waymark.ShipmentView) {
	atRest := []string{v.Custody.Custodian, v.Title.Holder, v.Shipment.Arbiter}
	want := map[ledger.Key][]string{ledger.CustodyKey("s1"): atRest, ledger.TitleKey("s1"): atRest}
	if n := len(v.Handoffs); n > 0 {
		switch h := v.Handoffs[n-1]; h.State {
		case waymark.HandoffOffered:
			want[ledger.CustodyKey("s1")] = []string{h.From, h.To, v.Shipment.Arbiter}
		case waymark.HandoffExpired: // as before its time, until title has moved
			delete(want, ledger.CustodyKey("s1"))
		}
	}
	if o := s.offered(); o != nil {
		switch o.State {
		case waymark.TitleOffered:
			want[ledger.TitleKey("s1")] = []string{o.From, o.To, v.Shipment.Arbiter}
		case waymark.TitleExpired:
			delete(want, ledger.TitleKey("s1"))
		}
	}
	for key, members := range want {
		members = slices.Compact(slices.Sorted(slices.Values(members)))
		if len(members) == 1 {
			members = append(members, "retailer")
			slices.Sort(members)
		}
		if q, ok := s.World.Quorum(key); !ok || q.Need != 2 || !slices.Equal(q.Members, members) {
			t.Fatalf("%s needs %+v, want 2 of %v", key, q, members)
		}
	}
}
