package custody

import (
	"slices"

	"github.com/waymark-ledger/waymark/chaincode/rules/condition"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// evidence returns the rules that what devices said at a handoff does not satisfy, in
// any order: each makes the verdict unknown at best.
func evidence(s *waymark.Shipment, witnesses []condition.Witness, words []word, sealed bool) []string {
	var reasons []string
	if s.Attested && !attested(witnesses, words) {
		reasons = append(reasons, waymark.ReasonNoAttestation)
	}
	if slices.ContainsFunc(witnesses, func(w condition.Witness) bool { return holdsBack(w, words) }) {
		reasons = append(reasons, waymark.ReasonGap)
	}
	if !sealed {
		reasons = append(reasons, waymark.ReasonSeal)
	}
	return reasons
}

// attested reports whether every witness has given its word, or if there is none, some
// device of either side.
func attested(witnesses []condition.Witness, words []word) bool {
	silent := func(w condition.Witness) bool { return wordOf(w, words) == nil }
	return len(words) > 0 && !slices.ContainsFunc(witnesses, silent)
}

// holdsBack reports whether a witness has signed messages that are not recorded.
func holdsBack(w condition.Witness, words []word) bool {
	said := wordOf(w, words)
	return said != nil && said.Last > w.Stream.Last
}

// wordOf returns what a witness said, nil if it said nothing.
func wordOf(w condition.Witness, words []word) *word {
	i := slices.IndexFunc(words, func(o word) bool { return o.device.ID == w.Attachment.Device })
	if i < 0 {
		return nil
	}
	return &words[i]
}

// because joins the verdict on the conditions with other rules that are not satisfied.
func (f *found) because(reasons []string) {
	if len(reasons) == 0 {
		return
	}
	f.reasons = append(slices.Clone(f.reasons), reasons...)
	slices.Sort(f.reasons)
	f.reasons = slices.Compact(f.reasons)
	if f.state != waymark.ConditionNonConformant {
		f.state = waymark.ConditionUnknown
	}
}
