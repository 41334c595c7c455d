package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/test/internal/app"
)

func (s *story) members(ctx context.Context) error {
	s.chapter("Four members, each with a gateway, a peer and an orderer of its own")
	for _, id := range slices.Sorted(maps.Keys(s.apps)) {
		m, err := s.apps[id].Client.Member(ctx, waymark.MemberQuery{Member: id})
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
		d, err := s.apps["producer"].RegisterDevice(ctx, waymark.RegisterDeviceRequest{Registration: registration, Activate: true})
		if err != nil {
			return err
		}
		s.done(d.Transaction, "%s, owner %s", d.Result.ID, d.Result.Owner)
		if l.session, err = l.Connect(ctx, s.broker()); err != nil {
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
	created, err := s.apps["producer"].CreateShipment(ctx, request)
	if err != nil {
		return err
	}
	s.done(created.Transaction, "%s", s.shipment)
	for _, l := range s.loggers {
		attached, err := s.apps["producer"].AttachDevice(ctx, waymark.AttachDeviceRequest{Shipment: s.shipment, Device: l.ID()})
		if err != nil {
			return err
		}
		s.done(attached.Transaction, "%s rides along as witness", l.ID())
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
	_, err := s.apps["retailer"].AcceptHandoff(ctx, waymark.AcceptHandoffRequest{Shipment: s.shipment, Number: 1})
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
	view, err := s.apps["retailer"].Shipment(ctx, waymark.ShipmentQuery{Shipment: s.shipment})
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
	h, err := do(ctx, s, s.apps[from].OfferHandoff, waymark.OfferHandoffRequest{Shipment: s.shipment, To: to, ExpiresAt: time.Now().Add(time.Hour)},
		"%s offers handoff %d to %s", from, number, to)
	if err == nil && h.Number != number {
		err = fmt.Errorf("the offer is number %d, want %d", h.Number, number)
	}
	return err
}

// accept accepts as the readings allow: plainly where they conform, else it must be
// refused first, and then goes through with a reservation.
func (s *story) accept(ctx context.Context, by string, number uint64, state waymark.ConditionState) error {
	request := waymark.AcceptHandoffRequest{Shipment: s.shipment, Number: number}
	if state != waymark.ConditionConformant {
		_, err := s.apps[by].AcceptHandoff(ctx, request)
		reason := map[waymark.ConditionState]string{waymark.ConditionNonConformant: "excursion", waymark.ConditionUnknown: "no-witness"}[state]
		if err := s.refused(fmt.Sprintf("the %s accepts although the conditions are %s", by, state), err, waymark.FailedPrecondition, reason); err != nil {
			return err
		}
		request.Reservation = "temperature: to be examined before use"
	}
	how := ""
	if request.Reservation != "" {
		how = ", with reservation"
	}
	h, err := do(ctx, s, s.apps[by].AcceptHandoff, request, "%s accepts%s: %s", by, how, state)
	if err == nil && (h.Condition != state || h.State != waymark.HandoffAccepted) {
		err = fmt.Errorf("handoff %d is %s with conditions %s, want accepted with %s", number, h.State, h.Condition, state)
	}
	return err
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
