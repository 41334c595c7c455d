package custody

import (
	"slices"

	"github.com/waymark-ledger/waymark/chaincode/rules/condition"
	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/rules/registry"
	"github.com/waymark-ledger/waymark/chaincode/rules/shipment"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// discretion carries out on a shipment what a decision obliges to. What was found by
// readings is the shipment's, and stays: states, reasons, counts and times. Their values are
// of a data class, and are rounded or left out.
type discretion struct {
	decision waymark.Decision
	devices  map[string]*waymark.DeviceAttributes // by id; nil if nothing is to be rounded or left out
}

// findingsFor reads what bears on the conditions of a shipment, and how it may be told.
func findingsFor(l ledger.Ledger, now *shipment.State, decision waymark.Decision) (*found, discretion, error) {
	f, err := findings(l, now, condition.Case{Preview: true})
	if err != nil {
		return nil, discretion{}, err
	}
	d, err := discretionOf(l, decision, f.attachments)
	return f, d, err
}

// discretionOf reads in which classes the owners of attached devices put what these measure.
func discretionOf(r ledger.Reader, d waymark.Decision, attachments []waymark.Attachment) (discretion, error) {
	guards := func(o waymark.Obligation) bool { return o.Kind == waymark.Redact || o.Kind == waymark.Coarsen }
	if !slices.ContainsFunc(d.Obligations, guards) {
		return discretion{}, nil
	}
	devices := make(map[string]*waymark.DeviceAttributes, len(attachments))
	for _, a := range attachments {
		device, err := registry.RequireDevice(r, a.Device)
		if err != nil {
			return discretion{}, err
		}
		devices[a.Device] = device.Attributes
	}
	return discretion{d, devices}, nil
}

// value is one as it may be shown that devices measured: empty, or rounded, as their owners' classes
// of now or the unit's own have it, whichever leaves less.
func (d discretion) value(v waymark.Decimal, name, unit string, devices ...string) waymark.Decimal {
	if d.devices == nil || v == "" {
		return v
	}
	classes := []waymark.DataClass{waymark.ClassOf(unit)}
	for _, id := range devices {
		classes = append(classes, d.devices[id].ClassOf(name, unit))
	}
	for _, class := range classes {
		if d.decision.Redacts(class) {
			return ""
		}
		n, rounds := d.decision.Decimals(class)
		if !rounds || v == waymark.TooHot {
			continue
		}
		coarse, err := v.Coarse(unit, n)
		if err != nil {
			return "" // what cannot be rounded is not shown
		}
		v = coarse
	}
	return v
}

// view leaves what may be shown of a shipment.
func (d discretion) view(v *waymark.ShipmentView) error {
	if d.devices == nil {
		return nil
	}
	rules, err := condition.NewRules(v.Shipment.Conditions)
	if err != nil {
		return err
	}
	d.excursions(v.Excursions)
	d.verdict(rules, v.Verdict)
	for i := range v.Handoffs {
		d.verdict(rules, v.Handoffs[i].Verdict)
	}
	for _, a := range v.Attachments {
		if a.Heard != nil {
			a.Heard.Digest = []byte{}
		}
	}
	return nil
}

func (d discretion) excursions(excursions []waymark.Excursion) {
	for i := range excursions {
		e := &excursions[i]
		e.Min, e.Max = d.value(e.Min, e.Name, e.Unit, e.Device), d.value(e.Max, e.Name, e.Unit, e.Device)
	}
}

func (d discretion) verdict(rules []condition.Rule, v *waymark.Verdict) {
	if v == nil {
		return
	}
	measured := make(map[string]condition.Rule, len(rules))
	for _, r := range rules {
		measured[r.ID] = r
	}
	for _, f := range v.Rules {
		r := measured[f.Rule]
		for i := range f.Devices {
			found := &f.Devices[i]
			found.Mean = d.value(found.Mean, r.Name, r.Unit, found.Device)
			found.MeanKinetic = string(d.value(waymark.Decimal(found.MeanKinetic), r.Name, r.Unit, found.Device))
		}
	}
	for i := range v.Disagreements {
		apart := &v.Disagreements[i]
		r := measured[apart.Rule]
		apart.Apart = d.value(apart.Apart, r.Name, r.Unit, apart.Devices...)
	}
	for i := range v.Witnesses { // whoever has some of its messages could guess the others until it agrees
		v.Witnesses[i].Digest = []byte{}
	}
}
