package recount

import (
	"encoding/hex"
	"fmt"
	"slices"

	"github.com/waymark-ledger/waymark/chaincode/rules/condition"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// Again judges an accepted handoff of a shipment anew, the last one that has a verdict for number 0, and
// returns that verdict too. It fails if messages that it rests on are missing or are others.
func Again(s waymark.ShipmentView, number uint64, messages []Message) (kept, found waymark.Verdict, err error) {
	at, before, err := acceptance(s, number)
	if err != nil {
		return kept, found, err
	}
	found, err = judge(s, at, before, messages)
	return *at, found, err
}

func judge(s waymark.ShipmentView, kept *waymark.Verdict, before *waymark.Handoff, messages []Message) (waymark.Verdict, error) {
	rules, err := condition.NewRules(s.Shipment.Conditions)
	if err != nil {
		return waymark.Verdict{}, err
	}
	c := condition.Case{Profile: kept.Profile, Conditions: s.Shipment.Conditions, At: kept.At, Begun: s.Cargo.Begun(s.Shipment)}
	c.Leg = c.Begun
	if before != nil {
		c.Leg, c.Before = before.Changed.Time, before.Verdict
	}
	r := recount{view: s, kept: kept, rules: rules, messages: byDevice(messages)}
	for _, f := range kept.Witnesses {
		w, heard, err := r.witness(f)
		if err != nil {
			return waymark.Verdict{}, fmt.Errorf("device %s: %w", f.Device, err)
		}
		excursions, err := r.excursions(f, w.Attachment, heard)
		if err != nil {
			return waymark.Verdict{}, err
		}
		c.Excursions = append(c.Excursions, excursions...)
		c.Own = append(c.Own, own(f)...)
		if f.Detached {
			w.Attachment = w.Leaves(*w.Attachment.Detached)
			c.Left = append(c.Left, w)
			continue
		}
		c.Witnesses = append(c.Witnesses, w)
	}
	if slices.Contains(kept.Reasons, waymark.ReasonFork) && len(c.Witnesses) > 0 {
		c.Witnesses[0].Stream.MoreClashes = true
	}
	return condition.Judge(c)
}

// own is what the acceptor brought of a device, as far as the record tells: that it agreed, or nothing.
func own(f waymark.WitnessFinding) []waymark.OwnChecked {
	if f.Anchored == nil || !f.Anchored.Agreed {
		return nil
	}
	return []waymark.OwnChecked{{Device: f.Device, Checked: f.Anchored.Checked, Digest: hex.EncodeToString(f.Anchored.Digest)}}
}

// acceptance returns the verdict of a handoff and the acceptance before it, nil if it was the
// first.
func acceptance(s waymark.ShipmentView, number uint64) (kept *waymark.Verdict, before *waymark.Handoff, err error) {
	accepted := slices.DeleteFunc(slices.Clone(s.Handoffs), func(h waymark.Handoff) bool { return h.State != waymark.HandoffAccepted })
	for i := len(accepted) - 1; i >= 0; i-- {
		if h := accepted[i]; h.Verdict != nil && (number == 0 || h.Number == number) {
			if i > 0 {
				before = &accepted[i-1]
			}
			return h.Verdict, before, nil
		}
	}
	return nil, nil, fmt.Errorf("shipment %s has no such accepted handoff with a verdict", s.Shipment.ID)
}

// Compare returns the first part of a verdict in which another one differs, nil if none does. How
// many records an excursion has depends on how messages were batched, and is left out.
func Compare(kept, found waymark.Verdict) error {
	for _, part := range []struct {
		name        string
		kept, found any
	}{
		{"state", kept.State, found.State},
		{"reasons", kept.Reasons, found.Reasons},
		{"profile", kept.Profile, found.Profile},
		{"rules", uncounted(kept.Rules), uncounted(found.Rules)},
		{"witnesses", kept.Witnesses, found.Witnesses},
		{"disagreements", kept.Disagreements, found.Disagreements},
	} {
		if a, b := text(part.kept), text(part.found); a != b {
			return fmt.Errorf("%s: the record says %s, the messages %s", part.name, a, b)
		}
	}
	return nil
}

func uncounted(rules []waymark.RuleFinding) []waymark.RuleFinding {
	all := slices.Clone(rules)
	for i := range all {
		all[i].Excursions = min(all[i].Excursions, 1)
	}
	return all
}
