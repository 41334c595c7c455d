package custody

import (
	"github.com/waymark-ledger/waymark/chaincode/rules/condition"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/profiles"
)

// agree puts the rules of a request into a shipment, resolved: those of the profile that it
// names, or those that it has written out. It returns Invalid for a profile that the catalogue
// does not have, and for rules that cannot be judged.
func agree(s *waymark.Shipment, r waymark.CreateShipmentRequest) error {
	conditions := r.Conditions
	if r.Profile != "" {
		p, found := profiles.Find(r.Profile)
		if !found {
			return waymark.InvalidField("/profile", "is no profile of the catalogue")
		}
		s.Profile, conditions = &waymark.ProfileRef{Name: p.Name, Version: p.Version}, p.Conditions
	}
	s.Conditions = waymark.Resolve(conditions)
	_, err := condition.NewRules(s.Conditions)
	return err
}

// agreeAgain is agree for a request made again: a profile is of the version that was agreed on,
// whatever the catalogue has now.
func agreeAgain(s *waymark.Shipment, r waymark.CreateShipmentRequest, old waymark.Shipment) error {
	if old.Profile != nil && old.Profile.Name == r.Profile {
		s.Profile, s.Conditions = old.Profile, old.Conditions
		return nil
	}
	return agree(s, r)
}
