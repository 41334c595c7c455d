package policy

import (
	"crypto/sha256"
	"encoding/binary"

	"github.com/waymark-ledger/waymark/chaincode/rules/access"
	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// slots are as many as there may be policies of one author about the resources of an
// owner, or of all that delegate together. A new policy takes one for good: a withdrawn
// policy keeps its id, since it can be put again. Two new policies of one moment conflict
// only if they come to the same slot, and the bound holds all the same.
type slots struct {
	owner  string
	author string // empty: of all delegated policies
	limit  int
}

// slotsFor are those of which a new policy takes one each: delegated policies have a
// bound of their own, so that others can take no room from the owner.
func slotsFor(p *waymark.Policy) []slots {
	if p.Author == p.Owner {
		return []slots{{p.Owner, p.Author, waymark.MaxOwnPolicies}}
	}
	return []slots{{p.Owner, p.Author, waymark.MaxAuthorPolicies}, {p.Owner, "", waymark.MaxDelegated}}
}

// older counts the policies that were there before the first slot was taken: earlier
// versions had no slots. There are so many slots fewer.
type older struct {
	Policies int `json:"policies"`
}

// slot is what a new policy is to take.
type slot struct {
	of     slots
	number uint64
	first  *older // comes with the first slot, nil later
}

// findSlots finds a slot of each kind for a new policy, or returns FailedPrecondition
// if there are as many policies as there may be.
func findSlots(r ledger.Reader, p *waymark.Policy) ([]slot, error) {
	var found []slot
	for _, of := range slotsFor(p) {
		one, err := of.find(r, p.Ref())
		if err != nil {
			return nil, err
		}
		found = append(found, *one)
	}
	return found, nil
}

// find looks for a free slot, from one on that depends on the policy's name: different
// policies look at different slots first.
func (s slots) find(r ledger.Reader, name waymark.PolicyRef) (*slot, error) {
	before, err := ledger.Load[older](r, ledger.SlotsKey(s.owner, s.author))
	if err != nil {
		return nil, err
	}
	one := slot{of: s}
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
		value, err := r.Get(ledger.SlotKey(s.owner, s.author, one.number))
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

func (s slots) whose() string {
	if s.author == "" {
		return "others"
	}
	return s.author
}

// count counts the policies that have no slot.
func (s slots) count(r ledger.Reader) (*older, error) {
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

// take writes that a policy has a slot.
func (p slot) take(l ledger.Ledger, name waymark.PolicyRef) error {
	if p.first != nil {
		if err := ledger.Save(l, ledger.SlotsKey(p.of.owner, p.of.author), p.first); err != nil {
			return err
		}
	}
	return ledger.Save(l, ledger.SlotKey(p.of.owner, p.of.author, p.number), &name)
}
