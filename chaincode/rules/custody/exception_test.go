package custody_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/waymark-ledger/waymark/chaincode/rules/custody"
	"github.com/waymark-ledger/waymark/chaincode/rules/goods"
	"github.com/waymark-ledger/waymark/chaincode/scenario"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// linkOf is an item of the story's product: 1 and 2 are of the shipment.
func linkOf(serial string) string { return waymark.Item(scenario.GTIN, "s1-"+serial).String() }

func lotOf(lot string) string { return waymark.Goods{GTIN: scenario.GTIN, Lot: lot}.String() }

// partial is an acceptance of handoff number with exceptions.
func partial(number uint64, exceptions ...waymark.Exception) waymark.AcceptHandoffRequest {
	return waymark.AcceptHandoffRequest{Shipment: "s1", Number: number, Exceptions: exceptions}
}

func TestAcceptInPart(t *testing.T) {
	s := newStory(t)
	s.measure(500)
	number := s.offer("producer", "carrier")
	r := partial(number,
		waymark.Exception{Goods: linkOf("1"), Reason: waymark.ExceptionDamaged, Note: "a dent"},
		waymark.Exception{Goods: linkOf("2"), Reason: waymark.ExceptionWrongItem, Found: linkOf("9")},
		waymark.Exception{Goods: linkOf("3"), Reason: waymark.ExceptionOver})
	h := scenario.Must(s.Consortium, s.operator("carrier"), custody.Accept, r)
	if h.Condition != waymark.ConditionConformant || !h.Discrepant() || !slices.Equal(h.Exceptions, r.Exceptions) ||
		h.Counts != (waymark.ExceptionCounts{Damaged: 1, WrongItem: 1, Over: 1}) {
		t.Errorf("accepted %+v", h)
	}
	expectAgain(s, "carrier", custody.Accept, r, h)
	for name, other := range map[string]waymark.AcceptHandoffRequest{
		"without":      partial(number),
		"fewer":        partial(number, r.Exceptions[:2]...),
		"another note": partial(number, waymark.Exception{Goods: linkOf("1"), Reason: waymark.ExceptionDamaged}, r.Exceptions[1], r.Exceptions[2]),
		"words":        {Shipment: "s1", Number: number, Exceptions: r.Exceptions, Reservation: "and more"},
	} {
		if _, err := scenario.Submit(s.Consortium, s.operator("carrier"), custody.Accept, other); waymark.CodeOf(err) != waymark.FailedPrecondition {
			t.Errorf("%s: %v", name, err)
		}
	}
	if d := s.discrepancies(); len(d) != 1 || d[0].Handoff != number {
		t.Errorf("discrepancies %+v", d)
	}
	s.measure(500)
	s.accept("retailer", s.offer("carrier", "retailer"), "")
	s.expectCustody("retailer", 2, waymark.ShipmentDiscrepant)
}

// What stayed behind is of the shipment no more; what is damaged still is.
func TestWhatStayedBehindIsNotNamedAgain(t *testing.T) {
	s := newStory(t)
	s.measure(500)
	scenario.Must(s.Consortium, s.operator("carrier"), custody.Accept, partial(s.offer("producer", "carrier"),
		waymark.Exception{Goods: linkOf("1"), Reason: waymark.ExceptionMissing}, waymark.Exception{Goods: linkOf("2"), Reason: waymark.ExceptionDamaged}))
	s.measure(500)
	number := s.offer("carrier", "retailer")
	scenario.Refused(s.Consortium, s.operator("retailer"), custody.Accept, partial(number, waymark.Exception{Goods: linkOf("1"), Reason: waymark.ExceptionMissing}), waymark.FailedPrecondition, "exception")
	scenario.Must(s.Consortium, s.operator("retailer"), custody.Accept, partial(number, waymark.Exception{Goods: linkOf("2"), Reason: waymark.ExceptionDamaged},
		waymark.Exception{Goods: linkOf("1"), Reason: waymark.ExceptionOver, Note: "it came after all"}))
}

// Exceptions are a reservation, and still a verdict that is not conformant needs words.
func TestExceptionsDoNotExcuseTheConditions(t *testing.T) {
	s := newStory(t)
	s.measure(900)
	r := partial(s.offer("producer", "carrier"), waymark.Exception{Goods: linkOf("1"), Reason: waymark.ExceptionMissing})
	scenario.Refused(s.Consortium, s.operator("carrier"), custody.Accept, r, waymark.FailedPrecondition, "excursion")
	r.Reservation = "and warm"
	scenario.Must(s.Consortium, s.operator("carrier"), custody.Accept, r)
}

func TestExceptionsAreRefused(t *testing.T) {
	tests := map[string]struct {
		give   []waymark.Exception
		code   waymark.Code
		reason string
		field  string
	}{
		"an unknown reason":        {[]waymark.Exception{{Goods: linkOf("1"), Reason: "lost"}}, waymark.Invalid, "", "/exceptions/0/reason"},
		"no goods":                 {[]waymark.Exception{{Reason: waymark.ExceptionMissing}}, waymark.Invalid, "", "/exceptions/0/goods"},
		"no link":                  {[]waymark.Exception{{Goods: "box 1", Reason: waymark.ExceptionMissing}}, waymark.Invalid, "", "/exceptions/0/goods"},
		"a wrong check digit":      {[]waymark.Exception{{Goods: "https://id.gs1.org/01/09506000134353/21/1", Reason: waymark.ExceptionMissing}}, waymark.Invalid, "", "/exceptions/0/goods"},
		"so much of an item":       {[]waymark.Exception{{Goods: linkOf("1"), Quantity: "1", Reason: waymark.ExceptionMissing}}, waymark.Invalid, "", "/exceptions/0/quantity"},
		"so much of no number":     {[]waymark.Exception{{Goods: lotOf("L1"), Quantity: "much", Reason: waymark.ExceptionMissing}}, waymark.Invalid, "", "/exceptions/0/quantity"},
		"a lot, and not how much":  {[]waymark.Exception{{Goods: lotOf("L1"), Reason: waymark.ExceptionMissing}}, waymark.Invalid, "", "/exceptions/0/quantity"},
		"its own lot":              {[]waymark.Exception{{Goods: lotOf("L1"), Quantity: "1", Reason: waymark.ExceptionWrongLot, Found: lotOf("L1")}}, waymark.Invalid, "", "/exceptions/0/found"},
		"a lot of another product": {[]waymark.Exception{{Goods: linkOf("1"), Reason: waymark.ExceptionWrongLot, Found: "https://id.gs1.org/01/00012345600012/10/L1"}}, waymark.Invalid, "", "/exceptions/0/found"},
		"a container of a lot":     {[]waymark.Exception{{Goods: "https://id.gs1.org/00/106141412345678908", Reason: waymark.ExceptionWrongLot, Found: lotOf("L1")}}, waymark.Invalid, "", "/exceptions/0/goods"},
		"a lot that is not there":  {[]waymark.Exception{{Goods: lotOf("L1"), Quantity: "1", Reason: waymark.ExceptionMissing}}, waymark.FailedPrecondition, "exception", "/exceptions/0/goods"},
		"missing, and found":       {[]waymark.Exception{{Goods: linkOf("1"), Reason: waymark.ExceptionMissing, Found: linkOf("9")}}, waymark.Invalid, "", "/exceptions/0/found"},
		"over, and found":          {[]waymark.Exception{{Goods: linkOf("9"), Reason: waymark.ExceptionOver, Found: linkOf("8")}}, waymark.Invalid, "", "/exceptions/0/found"},
		"wrong, and nothing found": {[]waymark.Exception{{Goods: linkOf("1"), Reason: waymark.ExceptionWrongItem}}, waymark.Invalid, "", "/exceptions/0/found"},
		"no lot found":             {[]waymark.Exception{{Goods: linkOf("1"), Reason: waymark.ExceptionWrongLot}}, waymark.Invalid, "", "/exceptions/0/found"},
		"an item found as a lot":   {[]waymark.Exception{{Goods: linkOf("1"), Reason: waymark.ExceptionWrongLot, Found: linkOf("9")}}, waymark.Invalid, "", "/exceptions/0/found"},
		"named twice": {[]waymark.Exception{{Goods: linkOf("1"), Reason: waymark.ExceptionMissing}, {Goods: linkOf("1"), Reason: waymark.ExceptionDamaged}},
			waymark.Invalid, "", "/exceptions/1/goods"},
		"found in its own place": {[]waymark.Exception{{Goods: linkOf("1"), Reason: waymark.ExceptionWrongItem, Found: linkOf("1")}}, waymark.Invalid, "", "/exceptions/0/found"},
		"found twice": {[]waymark.Exception{{Goods: linkOf("1"), Reason: waymark.ExceptionWrongItem, Found: linkOf("9")}, {Goods: linkOf("9"), Reason: waymark.ExceptionOver}},
			waymark.Invalid, "", "/exceptions/1/goods"},
		"missing from elsewhere": {[]waymark.Exception{{Goods: linkOf("9"), Reason: waymark.ExceptionMissing}}, waymark.FailedPrecondition, "exception", "/exceptions/0/goods"},
		"damaged from elsewhere": {[]waymark.Exception{{Goods: linkOf("9"), Reason: waymark.ExceptionDamaged}}, waymark.FailedPrecondition, "exception", "/exceptions/0/goods"},
		"over and expected":      {[]waymark.Exception{{Goods: linkOf("1"), Reason: waymark.ExceptionOver}}, waymark.FailedPrecondition, "exception", "/exceptions/0/goods"},
		"replaced by its like":   {[]waymark.Exception{{Goods: linkOf("1"), Reason: waymark.ExceptionWrongItem, Found: linkOf("2")}}, waymark.FailedPrecondition, "exception", "/exceptions/0/found"},
		"too many":               {make([]waymark.Exception, waymark.MaxExceptions+1), waymark.Invalid, "", "/exceptions"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := newStory(t)
			s.measure(500)
			r := partial(s.offer("producer", "carrier"), test.give...)
			scenario.Refused(s.Consortium, s.operator("carrier"), custody.Accept, r, test.code, test.reason)
			_, _, err := scenario.Endorse(s.Consortium, s.operator("carrier"), custody.Accept, r)
			if e := waymark.AsError(err); e == nil || e.Field != test.field {
				t.Errorf("it points at %+v, want %s", e, test.field)
			}
			s.expectHandoff(1, waymark.HandoffOffered)
		})
	}
	s := newStory(t)
	s.measure(500)
	scenario.Must(s.Consortium, s.operator("carrier"), custody.Accept, partial(s.offer("producer", "carrier"),
		waymark.Exception{Goods: linkOf("1"), Reason: waymark.ExceptionWrongLot, Found: lotOf("L9")}, waymark.Exception{Goods: linkOf("2"), Reason: waymark.ExceptionWrongLot, Found: lotOf("L9")}))
}

// What stays behind is free in the hands of the member that offered, and can be shipped anew.
func TestWhatStaysBehindIsShippedAnew(t *testing.T) {
	s := newStory(t)
	s.measure(500)
	r := partial(s.offer("producer", "carrier"), waymark.Exception{Goods: "urn:epc:id:sgtin:9506000.013435.s1-1", Reason: waymark.ExceptionMissing})
	again := createRequest("s2")
	again.Goods = []waymark.Line{{ID: linkOf("1")}}
	scenario.Refused(s.Consortium, s.operator("producer"), custody.Create, again, waymark.FailedPrecondition, "goods-place")
	if h := scenario.Must(s.Consortium, s.operator("carrier"), custody.Accept, r); h.Exceptions[0].Goods != linkOf("1") {
		t.Errorf("exceptions %+v", h.Exceptions)
	}
	scenario.Must(s.Consortium, s.operator("producer"), custody.Create, again)
	again.ID, again.Goods = "s3", []waymark.Line{{ID: linkOf("2")}} // the carrier has it
	scenario.Refused(s.Consortium, s.operator("producer"), custody.Create, again, waymark.Forbidden, waymark.DefaultDeny)
}

// Of a lot so much is missing, so much is damaged, and so much was too much.
func TestExceptionsOfALotInBulk(t *testing.T) {
	s := newStory(t)
	scenario.Must(s.Consortium, s.operator("producer"), goods.Commission, waymark.CommissionRequest{Lot: lotOf("L1"), Quantity: "10", Unit: "KGM"})
	shipped := createRequest("s2")
	shipped.Conditions, shipped.Goods = nil, []waymark.Line{{ID: lotOf("L1"), Quantity: "8"}}
	scenario.Must(s.Consortium, s.operator("producer"), custody.Create, shipped)
	offer := s.offerRequest("carrier")
	offer.Shipment = "s2"
	number := scenario.Must(s.Consortium, s.operator("producer"), custody.Offer, offer).Number
	some := func(quantity waymark.Decimal, reason waymark.ExceptionReason) waymark.Exception {
		return waymark.Exception{Goods: lotOf("L1"), Quantity: quantity, Reason: reason}
	}
	r := partial(number, some("3", waymark.ExceptionMissing), some("5.5", waymark.ExceptionDamaged))
	r.Shipment = "s2"
	scenario.Refused(s.Consortium, s.operator("carrier"), custody.Accept, r, waymark.FailedPrecondition, "exception")
	r.Exceptions = []waymark.Exception{some("3.0", waymark.ExceptionMissing), some("5", waymark.ExceptionDamaged), some("1", waymark.ExceptionOver)}
	if h := scenario.Must(s.Consortium, s.operator("carrier"), custody.Accept, r); h.Exceptions[0].Quantity != "3" {
		t.Errorf("exceptions %+v", h.Exceptions)
	}
	shipped.ID, shipped.Goods = "s3", []waymark.Line{{ID: lotOf("L1"), Quantity: "5.001"}} // two that never left, and three that came to be left
	scenario.Refused(s.Consortium, s.operator("producer"), custody.Create, shipped, waymark.FailedPrecondition, "goods-amount")
	shipped.Goods[0].Quantity = "5"
	scenario.Must(s.Consortium, s.operator("producer"), custody.Create, shipped)
}

// TestAnyExceptionsPartitionTheGoods: whatever exceptions are accepted at two handoffs, each
// item of the shipment has stayed behind once or is still there.
func TestAnyExceptionsPartitionTheGoods(t *testing.T) {
	draw := rapid.Custom(func(rt *rapid.T) waymark.Exception {
		e := waymark.Exception{Goods: linkOf(rapid.SampledFrom([]string{"1", "2", "3", "4"}).Draw(rt, "goods")),
			Reason: rapid.SampledFrom(waymark.ExceptionReasons()).Draw(rt, "reason")}
		switch e.Reason {
		case waymark.ExceptionWrongItem:
			e.Found = linkOf(rapid.SampledFrom([]string{"1", "3", "4", "5"}).Draw(rt, "found"))
		case waymark.ExceptionWrongLot:
			e.Found = lotOf("L9")
		}
		return e
	})
	rapid.Check(t, func(rt *rapid.T) {
		s := newStory(t)
		inside := map[string]bool{linkOf("1"): true, linkOf("2"): true}
		for _, leg := range [][2]string{{"producer", "carrier"}, {"carrier", "retailer"}} {
			s.measure(500)
			r := partial(s.offer(leg[0], leg[1]), rapid.SliceOfN(draw, 0, 3).Draw(rt, "exceptions")...)
			want := fitsTable(r.Exceptions, inside)
			h, err := scenario.Submit(s.Consortium, s.operator(leg[1]), custody.Accept, r)
			if (err == nil) != want {
				rt.Fatalf("%+v of %v: %v", r.Exceptions, inside, err)
			}
			if err != nil {
				return
			}
			if h.Discrepant() != (len(r.Exceptions) > 0) || h.Counts != waymark.CountExceptions(r.Exceptions) {
				rt.Fatalf("accepted %+v", h)
			}
			for _, e := range h.Exceptions {
				if e.Reason.Stays() {
					delete(inside, e.Goods)
				}
			}
		}
	})
}

// fitsTable says whether exceptions fit what is there, by the table of the decision.
func fitsTable(exceptions []waymark.Exception, inside map[string]bool) bool {
	named := map[string]int{}
	for _, e := range exceptions {
		named[e.Goods]++
		if e.Reason == waymark.ExceptionWrongItem {
			named[e.Found]++
		}
		if inside[e.Goods] == (e.Reason == waymark.ExceptionOver) || e.Reason == waymark.ExceptionWrongItem && inside[e.Found] {
			return false
		}
	}
	for _, n := range named {
		if n > 1 {
			return false
		}
	}
	return true
}

// packed is a shipment s2 of one container, with items 1 and 2 of s2 in it, and its offer to
// the carrier.
func packed(t *testing.T) (s *story, container waymark.Goods, number uint64) {
	t.Helper()
	s, container = newStory(t), waymark.MustGoods("https://id.gs1.org/00/106141412345678908")
	scenario.Must(s.Consortium, s.operator("producer"), goods.Pack, waymark.PackRequest{ID: "p1", Container: container.String(), Lines: createRequest("s2").Goods})
	r := createRequest("s2")
	r.Conditions, r.Goods = nil, []waymark.Line{{ID: container.String()}}
	scenario.Must(s.Consortium, s.operator("producer"), custody.Create, r)
	offer := s.offerRequest("carrier")
	offer.Shipment = "s2"
	return s, container, scenario.Must(s.Consortium, s.operator("producer"), custody.Offer, offer).Number
}

// A thing in a container can be named; a container that is missing is missing with all in it.
func TestExceptionsOfWhatIsPacked(t *testing.T) {
	first, second := waymark.Item(scenario.GTIN, "s2-1").String(), waymark.Item(scenario.GTIN, "s2-2").String()
	tests := map[string]struct {
		give    func(container string) []waymark.Exception
		refused string // where, or not at all
		free    []string
	}{
		"one of it is missing": {func(string) []waymark.Exception {
			return []waymark.Exception{{Goods: first, Reason: waymark.ExceptionMissing}, {Goods: second, Reason: waymark.ExceptionDamaged}}
		}, "", []string{first}},
		"it is missing": {func(container string) []waymark.Exception {
			return []waymark.Exception{{Goods: container, Reason: waymark.ExceptionMissing}}
		}, "", []string{"container"}},
		"it is damaged, and one of it is": {func(container string) []waymark.Exception {
			return []waymark.Exception{{Goods: container, Reason: waymark.ExceptionDamaged}, {Goods: first, Reason: waymark.ExceptionDamaged}}
		}, "", nil},
		"it is missing, and one of it is": {func(container string) []waymark.Exception {
			return []waymark.Exception{{Goods: first, Reason: waymark.ExceptionMissing}, {Goods: container, Reason: waymark.ExceptionMissing}}
		}, "/exceptions/0/goods", nil},
		"it is missing, and one of it is damaged": {func(container string) []waymark.Exception {
			return []waymark.Exception{{Goods: container, Reason: waymark.ExceptionMissing}, {Goods: first, Reason: waymark.ExceptionDamaged}}
		}, "/exceptions/1/goods", nil},
		"one of it is too much": {func(string) []waymark.Exception {
			return []waymark.Exception{{Goods: first, Reason: waymark.ExceptionOver}}
		}, "/exceptions/0/goods", nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s, container, number := packed(t)
			r := partial(number, test.give(container.String())...)
			r.Shipment = "s2"
			_, err := scenario.Submit(s.Consortium, s.operator("carrier"), custody.Accept, r)
			if e := waymark.AsError(err); err != nil && (e.Field != test.refused || e.Reasons[0] != "exception") || (err == nil) != (test.refused == "") {
				t.Fatalf("accepted with %v, want a fault at %q", err, test.refused)
			}
			for _, thing := range test.free {
				if thing == "container" {
					thing = container.String()
				}
				again := createRequest("s3")
				again.Goods = []waymark.Line{{ID: thing}}
				scenario.Must(s.Consortium, s.operator("producer"), custody.Create, again)
			}
		})
	}
}
