package main

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/test/internal/app"
	"github.com/waymark-ledger/waymark/test/internal/device"
)

func (s *story) members(ctx context.Context) error {
	s.chapter("Four members, each with a gateway, a peer and an orderer of its own")
	for _, id := range slices.Sorted(maps.Keys(s.apps)) {
		m, err := app.Read[waymark.Member](ctx, s.apps[id], "/v1/members/"+id)
		if err != nil {
			return err
		}
		s.say("    %-9s %-16s GLN %s  %s", m.ID, m.Name, m.GLN, m.GatewayURL)
	}
	return nil
}

func (s *story) register(ctx context.Context) error {
	s.chapter("The producer registers %d loggers: each proves that it holds its key", len(s.loggers))
	for _, l := range s.loggers {
		registration, err := l.Registration()
		if err != nil {
			return err
		}
		d, commit, err := app.Write[waymark.Device](ctx, s.apps["producer"], http.MethodPost, "/v1/devices",
			waymark.RegisterDeviceRequest{Registration: registration, Activate: true})
		if err != nil {
			return err
		}
		s.done(commit, "%s, owner %s", d.ID, d.Owner)
		if l.session, err = l.Connect(ctx, device.Broker{URL: s.network.MQTT.URL, CAFile: s.network.MQTT.CAFile}); err != nil {
			return err
		}
	}
	return nil
}

func (s *story) create(ctx context.Context) error {
	s.chapter("The producer creates a shipment for the retailer: three items, %s to %s degrees Celsius", minimum, maximum)
	goods, made, err := app.Commission(ctx, s.network, "producer", s.name+"-1", s.name+"-2", s.name+"-3")
	if err != nil {
		return err
	}
	s.done(made, "three items of product %s made known", app.GTIN)
	request := waymark.CreateShipmentRequest{
		ID: s.shipment, Consignee: "retailer", Arbiter: "auditor", Goods: goods,
		Conditions: []waymark.Condition{{Name: "temperature", Unit: "Cel", Minimum: minimum, Maximum: maximum}},
	}
	_, commit, err := app.Write[waymark.Shipment](ctx, s.apps["producer"], http.MethodPost, "/v1/shipments", request)
	if err != nil {
		return err
	}
	s.done(commit, "%s", s.shipment)
	for _, l := range s.loggers {
		_, commit, err := app.Write[waymark.Attachment](ctx, s.apps["producer"], http.MethodPost, s.path("/devices"), map[string]string{"device": l.ID()})
		if err != nil {
			return err
		}
		s.done(commit, "%s rides along as witness", l.ID())
	}
	return nil
}

func (s *story) firstLeg(ctx context.Context) error {
	s.chapter("The loggers measure, sign and publish over MQTT, before the goods leave")
	return s.publish(ctx, func(j journey) []sample { return j.before })
}

func (s *story) secondLeg(ctx context.Context) error {
	s.chapter("On the way the loggers go on")
	return s.publish(ctx, func(j journey) []sample { return j.after })
}

func (s *story) handToCarrier(ctx context.Context) error {
	s.chapter("The producer hands the goods to the carrier")
	if err := s.offer(ctx, "producer", "carrier", 1); err != nil {
		return err
	}
	_, _, err := app.Write[waymark.Handoff](ctx, s.apps["retailer"], http.MethodPost, s.path("/handoffs/1/accept"), struct{}{})
	if err := s.refused("the retailer accepts what was offered to the carrier", err, waymark.Forbidden, "only-offeree-answers-handoff"); err != nil {
		return err
	}
	return s.accept(ctx, "carrier", 1, s.expected(false))
}

func (s *story) handToRetailer(ctx context.Context) error {
	s.chapter("The carrier hands the goods to the retailer")
	if err := s.offer(ctx, "carrier", "retailer", 2); err != nil {
		return err
	}
	if err := s.accept(ctx, "retailer", 2, s.expected(true)); err != nil {
		return err
	}
	view, err := app.Read[waymark.ShipmentView](ctx, s.apps["retailer"], s.path(""))
	if err != nil {
		return err
	}
	for _, e := range view.Excursions {
		s.say("    excursion: %s, %d readings of %s to %s %s", e.Device, e.Readings, e.Min, e.Max, e.Unit)
	}
	s.say("    the shipment is %s, custodian %s, condition %s", view.Custody.State, view.Custody.Custodian, view.Condition)
	want := waymark.ShipmentAccepted
	if s.expected(true) != waymark.ConditionConformant {
		want = waymark.ShipmentDiscrepant
	}
	if view.Custody.State != want || view.Custody.Custodian != "retailer" || view.Condition != s.expected(true) {
		return fmt.Errorf("the shipment is not as the readings say: want %s with the retailer, %s", want, s.expected(true))
	}
	return nil
}

func (s *story) offer(ctx context.Context, from, to string, number uint64) error {
	h, commit, err := app.Write[waymark.Handoff](ctx, s.apps[from], http.MethodPost, s.path("/handoffs"),
		map[string]any{"to": to, "expires_at": time.Now().Add(time.Hour).UTC()})
	if err != nil {
		return err
	}
	if h.Number != number {
		return fmt.Errorf("the offer is number %d, want %d", h.Number, number)
	}
	s.done(commit, "%s offers handoff %d to %s", from, number, to)
	return app.Settle(ctx, commit.TxID, slices.Collect(maps.Values(s.apps))...)
}

// accept accepts as the readings allow: plainly where they conform, else it must be
// refused first, and then goes through with a reservation.
func (s *story) accept(ctx context.Context, by string, number uint64, state waymark.ConditionState) error {
	path := s.path(fmt.Sprintf("/handoffs/%d/accept", number))
	request := map[string]string{}
	if state != waymark.ConditionConformant {
		_, _, err := app.Write[waymark.Handoff](ctx, s.apps[by], http.MethodPost, path, request)
		reason := map[waymark.ConditionState]string{waymark.ConditionNonConformant: "excursion", waymark.ConditionUnknown: "no-witness"}[state]
		if err := s.refused(fmt.Sprintf("the %s accepts although the conditions are %s", by, state), err, waymark.FailedPrecondition, reason); err != nil {
			return err
		}
		request["reservation"] = "temperature: to be examined before use"
	}
	h, commit, err := app.Write[waymark.Handoff](ctx, s.apps[by], http.MethodPost, path, request)
	if err != nil {
		return err
	}
	if h.Condition != state || h.State != waymark.HandoffAccepted {
		return fmt.Errorf("handoff %d is %s with conditions %s, want accepted with %s", number, h.State, h.Condition, state)
	}
	how := ""
	if h.Reservation != "" {
		how = ", with reservation"
	}
	s.done(commit, "%s accepts%s: %s", by, how, h.Condition)
	return app.Settle(ctx, commit.TxID, slices.Collect(maps.Values(s.apps))...)
}

// expected is the verdict on what the loggers have measured: on the first leg, or on
// both. Each leg needs data of its own; an excursion stays one.
func (s *story) expected(both bool) waymark.ConditionState {
	var first, second []sample
	for _, l := range s.loggers {
		first = append(first, l.trip.before...)
		second = append(second, l.trip.after...)
	}
	if !both || verdict(first) == waymark.ConditionNonConformant {
		return verdict(first)
	}
	return verdict(second)
}

func (s *story) path(rest string) string { return "/v1/shipments/" + s.shipment + rest }
