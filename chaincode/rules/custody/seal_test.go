package custody_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/rules/custody"
	"github.com/waymark-ledger/waymark/chaincode/scenario"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

func TestSealsAreFoundIntact(t *testing.T) {
	tests := map[string]struct {
		logger, scanner string // what they find
		refused         bool   // without a reservation
		want            string // the seals that custody keeps
	}{
		"one finds all":             {"", "S1=intact S2=intact", false, "S1=intact S2=intact"},
		"each finds one":            {"S1=intact", "S2=intact", false, "S1=intact S2=intact"},
		"one is not looked at":      {"", "S1=intact", true, "S1=intact S2=intact"},
		"nobody looks":              {"", "", true, "S1=intact S2=intact"},
		"one is broken":             {"", "S1=intact S2=broken", true, "S1=intact S2=broken"},
		"one is missing":            {"", "S1=missing S2=intact", true, "S1=missing S2=intact"},
		"the worse word counts":     {"S1=intact S2=intact", "S1=broken S2=intact", true, "S1=broken S2=intact"},
		"the worst word counts":     {"S1=missing S2=intact", "S1=broken S2=intact", true, "S1=missing S2=intact"},
		"a new one joins":           {"", "S1=intact S2=intact S3=applied", false, "S1=intact S2=intact S3=intact"},
		"both apply it":             {"S3=applied", "S1=intact S2=intact S3=applied", false, "S1=intact S2=intact S3=intact"},
		"applied is no finding":     {"", "S1=intact S2=applied", true, "S1=intact S2=intact"},
		"broken as it was applied":  {"S3=applied", "S1=intact S2=intact S3=broken", true, "S1=intact S2=intact S3=broken"},
		"one that nobody knows":     {"", "S1=intact S2=intact S9=broken", false, "S1=intact S2=intact"},
		"replaced at the same time": {"", "S1=broken S2=intact S3=applied", true, "S1=broken S2=intact S3=intact"},
		"in the order of the words": {"S4=applied", "S1=intact S2=intact S3=applied", false, "S1=intact S2=intact S4=intact S3=intact"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := newAttestedStory(t, sealed)
			words := []string{s.logger.Attest(s.handoff, seals(test.logger)), s.scanner.Attest(s.handoff, seals(test.scanner))}
			reservation := ""
			if test.refused {
				s.refused(s.request("", words...), waymark.FailedPrecondition, "seal")
				reservation = "as found"
			}
			h := s.take(s.request(reservation, words...))
			if got := s.view().Cargo.Seals; !slices.Equal(got, seals(test.want)) || slices.Contains(h.Reasons, "seal") != test.refused {
				t.Errorf("seals %+v, accepted as %s %v", got, h.Condition, h.Reasons)
			}
		})
	}
}

// A seal that was found broken has been reserved for: the next handoff looks for those
// that are left, and for the one that was put in its place.
func TestASealIsReservedForOnce(t *testing.T) {
	s := newAttestedStory(t, sealed)
	s.take(s.request("S1 broken", s.logger.Attest(s.handoff, nil), s.scanner.Attest(s.handoff, seals("S1=broken S2=intact S3=applied"))))
	s.measure(500)
	s.open("carrier", "retailer")
	word := func(found string) []string {
		return []string{s.logger.Attest(s.handoff, nil), s.scanner.Attest(s.handoff, seals(found))}
	}
	s.refused(s.request("", word("S2=intact")...), waymark.FailedPrecondition, "seal")
	s.refused(s.request("", word("S1=intact S3=intact")...), waymark.FailedPrecondition, "seal")
	if h := s.take(s.request("", word("S1=applied S2=intact S3=intact")...)); h.Condition != waymark.ConditionConformant {
		t.Errorf("accepted as %s %v", h.Condition, h.Reasons)
	}
	if got := s.view().Cargo.Seals; !slices.Equal(got, seals("S1=broken S2=intact S3=intact")) {
		t.Errorf("seals %+v", got)
	}
	s.expectCustody("retailer", 2, waymark.ShipmentDiscrepant)
}

// A sealed shipment need not be attested: what counts is that its seals are found.
func TestSealsAskForNoWitness(t *testing.T) {
	s := newAttestedStory(t, func(r *waymark.CreateShipmentRequest) { r.Attested, r.Seals = false, []string{"S1"} })
	s.refused(s.request(""), waymark.FailedPrecondition, "seal")
	s.take(s.request("", s.scanner.Attest(s.handoff, seals("S1=intact"))))
}

func TestSealsAreBounded(t *testing.T) {
	s := newAttestedStory(t, sealed)
	var found []waymark.Seal
	for n := range waymark.MaxSeals {
		found = append(found, waymark.Seal{ID: fmt.Sprintf("N%d", n), State: waymark.SealApplied})
	}
	r := s.request("too many", s.logger.Attest(s.handoff, nil), s.scanner.Attest(s.handoff, found))
	s.refused(r, waymark.FailedPrecondition, waymark.ReasonLimit)
	r.Attestations[1] = s.scanner.Attest(s.handoff, found[2:])
	s.take(r)
	if n := len(s.view().Cargo.Seals); n != waymark.MaxSeals {
		t.Errorf("%d seals", n)
	}
	for name, ids := range map[string][]string{"twice": {"S1", "S1"}, "no id": {"a b"}, "too many": make([]string, waymark.MaxSeals+1)} {
		request := createRequest("s2")
		request.Seals = ids
		if err := request.Validate(); waymark.CodeOf(err) != waymark.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAShipmentIsNotCreatedAgainWithOtherSeals(t *testing.T) {
	s := newAttestedStory(t, sealed)
	same := createRequest("s1")
	same.Attested, same.Seals = true, []string{"S1", "S2"}
	scenario.Must(s.Consortium, s.operator("producer"), custody.Create, same)
	for name, change := range map[string]func(*waymark.CreateShipmentRequest){
		"other seals": func(r *waymark.CreateShipmentRequest) { r.Seals = []string{"S1"} },
		"no seals":    func(r *waymark.CreateShipmentRequest) { r.Seals = nil },
		"unattested":  func(r *waymark.CreateShipmentRequest) { r.Attested = false },
		"a window":    func(r *waymark.CreateShipmentRequest) { r.ClaimSeconds = 60 },
	} {
		r := same
		change(&r)
		if _, err := scenario.Submit(s.Consortium, s.operator("producer"), custody.Create, r); waymark.CodeOf(err) != waymark.AlreadyExists {
			t.Errorf("%s: %v", name, err)
		}
	}
}
