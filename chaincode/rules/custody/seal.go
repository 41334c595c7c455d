package custody

import (
	"slices"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// inspect returns the seals of a shipment as the words of an acceptance leave them, and
// whether all that should be there were found intact. One that was found broken or
// missing stays so and is looked for no more: a number is used once. A new one that was
// applied joins. Of two words the worse one counts.
func inspect(known []waymark.Seal, words []word) (seals []waymark.Seal, intact bool, err error) {
	seals, intact = slices.Clone(known), true
	for i, s := range known {
		if s.State != waymark.SealIntact {
			continue
		}
		state := worst(s.ID, words)
		intact = intact && state == waymark.SealIntact
		if state == waymark.SealBroken || state == waymark.SealMissing {
			seals[i].State = state
		}
	}
	for _, s := range joining(known, words) {
		intact = intact && s.State == waymark.SealIntact
		seals = append(seals, s)
	}
	if len(seals) > waymark.MaxSeals {
		return nil, false, waymark.Errorf(waymark.FailedPrecondition, "the shipment would have had %d seals, at most %d are kept", len(seals), waymark.MaxSeals).Because(waymark.ReasonLimit)
	}
	return seals, intact, nil
}

// joining are the seals that were applied and are not known yet, in the order of the words.
func joining(known []waymark.Seal, words []word) []waymark.Seal {
	var fresh []waymark.Seal
	for _, w := range words {
		for _, s := range w.Seals {
			same := func(o waymark.Seal) bool { return o.ID == s.ID }
			if s.State != waymark.SealApplied || slices.ContainsFunc(known, same) || slices.ContainsFunc(fresh, same) {
				continue
			}
			if s.State = worst(s.ID, words); s.State == waymark.SealApplied {
				s.State = waymark.SealIntact
			}
			fresh = append(fresh, s)
		}
	}
	return fresh
}

// worst is the worst that the words say of a seal, empty if they say nothing: missing,
// broken, intact, applied.
func worst(id string, words []word) waymark.SealState {
	order := []waymark.SealState{"", waymark.SealApplied, waymark.SealIntact, waymark.SealBroken, waymark.SealMissing}
	at := 0
	for _, w := range words {
		for _, s := range w.Seals {
			if s.ID == id {
				at = max(at, slices.Index(order, s.State))
			}
		}
	}
	return order[at]
}
