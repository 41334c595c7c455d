package policy

import (
	"crypto/sha256"
	"encoding/binary"

	"github.com/waymark-ledger/waymark/chaincode/internal/access"
	"github.com/waymark-ledger/waymark/chaincode/internal/ledger"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// places are as many as there may be policies of one author about the resources of an
// owner, or of all that delegate together. A new policy takes one for good: a withdrawn
// policy keeps its id, since it can be put again. Two new policies of one moment conflict
// only if they come to the same place, and the bound holds all the same.
type places struct {
	owner  string
	author string // empty: of all delegated policies
	limit  int
}

// placesFor are those of which a new policy takes one each: delegated policies have a
// bound of their own, so that others can take no room from the owner.
func placesFor(p *waymark.Policy) []places {
	if p.Author == p.Owner {
		return []places{{p.Owner, p.Author, waymark.MaxOwnPolicies}}
	}
	return []places{{p.Owner, p.Author, waymark.MaxAuthorPolicies}, {p.Owner, "", waymark.MaxDelegated}}
}

// older counts the policies that were there before the first place was taken: earlier
// versions had no places. There are so many places fewer.
type older struct {
	Policies int `json:"policies"`
}

// place is what a new policy is to take.
type place struct {
	of     places
	number uint64
	first  *older // comes with the first place, nil later
}

// findPlaces finds a place of each kind for a new policy, or returns FailedPrecondition
// if there are as many policies as there may be.
func findPlaces(r ledger.Reader, p *waymark.Policy) ([]place, error) {
	var found []place
	for _, of := range placesFor(p) {
		one, err := of.find(r, p.Ref())
		if err != nil {
			return nil, err
		}
		found = append(found, *one)
	}
	return found, nil
}

// find looks for a free place, from one on that depends on the policy's name: different
// policies look at different places first.
func (s places) find(r ledger.Reader, name waymark.PolicyRef) (*place, error) {
	before, err := ledger.Load[older](r, ledger.PlacesKey(s.owner, s.author))
	if err != nil {
		return nil, err
	}
	one := place{of: s}
	if before == nil {
		if before, err = s.count(r); err != nil {
			return nil, err
		}
		one.first = before
	}
	taken, count := uint64(before.Policies), uint64(max(s.limit-before.Policies, 0)) //nolint:gosec // neither is below 0
	sum := sha256.Sum256([]byte(name.Author + "/" + name.ID))
	start := binary.BigEndian.Uint64(sum[:])
	for n := range count {
		one.number = taken + (start%count+n)%count
		value, err := r.Get(ledger.PlaceKey(s.owner, s.author, one.number))
		if err != nil {
			return nil, err
		}
		if value == nil {
			return &one, nil
		}
	}
	return nil, waymark.Errorf(waymark.FailedPrecondition, "there are %d policies of %s about the resources of %s, as many as there may be: replace a withdrawn one",
		s.limit, s.whose(), s.owner).Because(waymark.ReasonLimit)
}

func (s places) whose() string {
	if s.author == "" {
		return "others"
	}
	return s.author
}

// count counts the policies that have no place.
func (s places) count(r ledger.Reader) (*older, error) {
	all, err := access.Policies(r, s.owner)
	if err != nil {
		return nil, err
	}
	var before older
	for _, p := range all {
		if p.Author == s.author || s.author == "" && p.Author != p.Owner {
			before.Policies++
		}
	}
	return &before, nil
}

// take writes that a policy has a place.
func (p place) take(l ledger.Ledger, name waymark.PolicyRef) error {
	if p.first != nil {
		if err := ledger.Save(l, ledger.PlacesKey(p.of.owner, p.of.author), p.first); err != nil {
			return err
		}
	}
	return ledger.Save(l, ledger.PlaceKey(p.of.owner, p.of.author, p.number), &name)
}
