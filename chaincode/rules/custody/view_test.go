package custody_test

import (
	"slices"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/rules/custody"
	"github.com/waymark-ledger/waymark/chaincode/scenario"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// expectReaders checks who may get the shipment and its history: those of the
// four members and a stranger that are named, in each reading role.
func (s *story) expectReaders(readers ...string) {
	s.T.Helper()
	query := waymark.ShipmentQuery{Shipment: "s1"}
	for _, member := range []string{"producer", "carrier", "retailer", "auditor", "stranger"} {
		for _, role := range []waymark.Role{waymark.Admin, waymark.Operator, waymark.Viewer, waymark.Relay, ""} {
			by := s.As(member, role)
			if slices.Contains(readers, member) && role != waymark.Relay && role != "" {
				scenario.Must(s.Consortium, by, custody.Get, query)
				scenario.Must(s.Consortium, by, custody.History, query)
				continue
			}
			reason := waymark.DefaultDeny
			if role == waymark.Relay || role == "" {
				reason = "only-people-read-or-command"
			}
			scenario.Refused(s.Consortium, by, custody.Get, query, waymark.Forbidden, reason)
			scenario.Refused(s.Consortium, by, custody.History, query, waymark.Forbidden, reason)
		}
	}
}

func TestPartiesReadAShipment(t *testing.T) {
	s := newStory(t)
	s.measure(500)
	s.expectReaders("producer", "retailer", "auditor")
	number := s.offer("producer", "carrier")
	s.expectReaders("producer", "carrier", "retailer", "auditor")
	scenario.Must(s.Consortium, s.operator("carrier"), custody.Reject, endRequest(number))
	s.expectReaders("producer", "retailer", "auditor")
	s.accept("carrier", s.offer("producer", "carrier"), "")
	s.measure(500)
	s.accept("retailer", s.offer("carrier", "retailer"), "")
	s.expectReaders("producer", "carrier", "retailer", "auditor")
	scenario.Refused(s.Consortium, s.operator("producer"), custody.Get, waymark.ShipmentQuery{Shipment: "s9"}, waymark.NotFound, "")
	scenario.Refused(s.Consortium, s.operator("producer"), custody.History, waymark.ShipmentQuery{Shipment: "s9"}, waymark.NotFound, "")
}

func (s *story) history() (what, detail []string) {
	s.T.Helper()
	h := scenario.Must(s.Consortium, s.As("producer", waymark.Viewer), custody.History, waymark.ShipmentQuery{Shipment: "s1"})
	for _, e := range h.Entries {
		what, detail = append(what, e.What), append(detail, e.Detail)
	}
	return what, detail
}

func TestHistoryTellsEverything(t *testing.T) {
	s := newStory(t)
	step := func() { s.Now = s.Now.Add(time.Minute) }
	step()
	s.measure(500)
	s.offer("producer", "carrier")
	step()
	scenario.Must(s.Consortium, s.operator("carrier"), custody.Reject, endRequest(1))
	step()
	s.offer("producer", "carrier")
	s.Now = s.Now.Add(2 * time.Hour)
	s.offer("producer", "carrier")
	step()
	s.accept("carrier", 3, "")
	step()
	s.measure(900)
	step()
	s.offer("carrier", "retailer")
	step()
	s.accept("retailer", 4, "warm")
	what, detail := s.history()
	want := []string{"shipment.created", "shipment.device_attached", "handoff.offered", "handoff.rejected", "handoff.offered",
		"handoff.expired", "handoff.offered", "handoff.accepted", "excursion.recorded", "handoff.offered", "handoff.accepted", "discrepancy.opened"}
	if !slices.Equal(what, want) {
		t.Errorf("history\n got %v\nwant %v", what, want)
	}
	wantDetail := []string{"2 lines of goods from producer to retailer", "logger-1", "1, producer to carrier", "1, producer to carrier: changed plans",
		"2, producer to carrier", "2, producer to carrier", "3, producer to carrier", "3, producer to carrier, conditions conformant",
		"logger-1: 1 readings of temperature outside, 9 to 9 Cel", "4, carrier to retailer",
		"4, carrier to retailer, conditions non_conformant, with reservation: warm",
		"handoff 4: claims of retailer until 2026-03-08T10:07:02Z"}
	if !slices.Equal(detail, wantDetail) {
		t.Errorf("details\n got %q\nwant %q", detail, wantDetail)
	}
}

// TestHistoryKeepsTheOrderOfHandoffs: the members' clocks may differ by minutes,
// and an answer can never come before its offer.
func TestHistoryKeepsTheOrderOfHandoffs(t *testing.T) {
	s := newStory(t)
	s.Now = s.Now.Add(5 * time.Minute)
	s.offer("producer", "carrier")
	s.Now = s.Now.Add(-4 * time.Minute)
	scenario.Must(s.Consortium, s.operator("carrier"), custody.Reject, endRequest(1))
	s.offer("producer", "carrier")
	what, _ := s.history()
	want := []string{"shipment.created", "shipment.device_attached", "handoff.offered", "handoff.rejected", "handoff.offered"}
	if !slices.Equal(what, want) {
		t.Errorf("history\n got %v\nwant %v", what, want)
	}
}

// expectHistory compares what the history tells, in its order.
func (s *story) expectHistory(want ...string) {
	s.T.Helper()
	if what, _ := s.history(); !slices.Equal(what, want) {
		s.T.Errorf("history\n got %v\nwant %v", what, want)
	}
}
