package telemetry

import (
	"cmp"
	"slices"

	"github.com/waymark-ledger/waymark/chaincode/rules/condition"
	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/anchor"
)

// A device that witnesses a shipment with conditions anchors only what these allow. Whatever a run says that it
// measured, a relay that lies could leave out just what a condition judges, and no endorser would see that but by the
// sample: so consignor and consignee have to agree on it.

// fetchJudging reads what devices of runs witness, and by what that is judged.
func (b *batch) fetchJudging(all []given) error {
	var attachments, judging []ledger.Key
	for _, e := range all {
		if e.run != nil {
			attachments = append(attachments, ledger.AttachmentKey(e.run.Device))
		}
	}
	if err := b.ledger.Fetch(attachments...); err != nil {
		return err
	}
	for _, key := range attachments {
		a, err := ledger.Load[waymark.Attachment](b.ledger, key)
		if err != nil {
			return err
		}
		if a != nil {
			judging = append(judging, ledger.ShipmentKey(a.Shipment), ledger.ExposureKey(a.Shipment, a.Device))
		}
	}
	return b.ledger.Fetch(judging...)
}

// unjudged checks that no condition of the shipment that the device witnesses asks for the messages of a run in full.
func (b *batch) unjudged(s *session, r anchor.Run) error {
	a, err := ledger.Load[waymark.Attachment](b.ledger, ledger.AttachmentKey(s.device.ID))
	if err != nil || a == nil {
		return err
	}
	shipment, err := ledger.Require[waymark.Shipment](b.ledger, ledger.ShipmentKey(a.Shipment), "shipment "+a.Shipment)
	if err != nil {
		return err
	}
	rules, err := condition.NewRules(shipment.Conditions)
	if err != nil {
		return err
	}
	exposure, err := ledger.Load[condition.Exposure](b.ledger, ledger.ExposureKey(a.Shipment, a.Device))
	if err != nil {
		return err
	}
	if exposure == nil {
		exposure = &condition.Exposure{}
	}
	for _, rule := range rules {
		if err := allows(rule, r); err != nil {
			return err
		}
		if s.goesOn(a, rule, exposure) {
			return waymark.Errorf(waymark.FailedPrecondition, "an excursion of %s goes on: send the messages in full until one ends it", rule.Name).Because(waymark.ReasonExcursionOpen)
		}
	}
	return nil
}

// allows checks a run by one rule.
func allows(rule condition.Rule, r anchor.Run) error {
	for _, l := range r.Lines {
		for _, e := range l.Series {
			if err := rule.Allows(e.Name, e.Unit, e.Min, e.Max); err != nil {
				return err
			}
		}
	}
	return nil
}

// goesOn reports whether an excursion of a rule does, by what is recorded and by what this transaction has recorded
// so far.
func (s *session) goesOn(a *waymark.Attachment, rule condition.Rule, recorded *condition.Exposure) bool {
	_, open := recorded.OpenOf(rule.ID)
	_, ahead := counted(s, a, rule)
	slices.SortFunc(ahead, func(a, b condition.Message) int { return cmp.Compare(a.Number, b.Number) })
	for _, m := range ahead {
		for _, sample := range rule.Samples(m.Readings) {
			open = sample.Outside
		}
	}
	return open
}
