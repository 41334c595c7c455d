package policy

import (
	"crypto/sha256"
	"encoding/hex"

	"github.com/waymark-ledger/waymark/chaincode/rules/access"
	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/rules/registry"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// Put makes or replaces a policy about the resources of the caller's member. The
// same text again changes nothing; put again, a withdrawn policy is active.
func Put(l ledger.Ledger, r waymark.PutPolicyRequest) (*waymark.Policy, error) {
	p, err := draft(l, r)
	if err != nil {
		return nil, err
	}
	old, free, err := present(l, p)
	if err != nil || old != nil && same(old, p) {
		return old, err
	}
	return save(l, p, old, free, waymark.EventPolicyPut)
}

// draft is the policy that a request would put, as the ledger would first hold it.
func draft(l ledger.Ledger, r waymark.PutPolicyRequest) (*waymark.Policy, error) {
	member := l.Tx().Caller.Member
	if err := mayWrite(l, member); err != nil {
		return nil, err
	}
	if err := access.CheckPolicy(r.ID, r.Text, r.Delegable, false); err != nil {
		return nil, err
	}
	return &waymark.Policy{ID: r.ID, Owner: member, Author: member, Text: r.Text, Delegable: r.Delegable, State: waymark.PolicyActive}, nil
}

// Delegate makes or replaces a policy that passes on what another one grants to the
// caller's member. The same request again changes nothing.
func Delegate(l ledger.Ledger, r waymark.DelegatePolicyRequest) (*waymark.Policy, error) {
	author := l.Tx().Caller.Member
	if err := mayWrite(l, r.Owner); err != nil {
		return nil, err
	}
	if r.Owner == author {
		return nil, waymark.InvalidField("/owner", "is the caller's own member: put a policy instead")
	}
	if err := access.CheckPolicy(r.ID, r.Text, r.Delegable, true); err != nil {
		return nil, err
	}
	p := &waymark.Policy{ID: r.ID, Owner: r.Owner, Author: author, Text: r.Text, Delegable: r.Delegable, From: r.From, State: waymark.PolicyActive}
	old, free, err := present(l, p)
	if err != nil || old != nil && same(old, p) {
		return old, err
	}
	if err := checkChain(l, p); err != nil {
		return nil, err
	}
	return save(l, p, old, free, waymark.EventPolicyDelegated)
}

// mayWrite checks that the caller may write policies about the resources of owner,
// and that both members are registered: their ids become parts of keys.
func mayWrite(l ledger.Ledger, owner string) error {
	author := l.Tx().Caller.Member
	if err := access.Authorize(l.Tx(), waymark.ActWritePolicy, access.Policy(owner, author)); err != nil {
		return err
	}
	for _, id := range []string{author, owner} {
		if err := waymark.ValidateID("", id); err != nil {
			return err
		}
		if _, err := registry.RequireMember(l, id); err != nil {
			return err
		}
	}
	return nil
}

// checkChain checks that what a policy passes on is active and may be passed on, and
// so on to the owner, within MaxDelegationDepth and not in a circle. Whether it still
// is, each decision sees for itself.
func checkChain(r ledger.Reader, p *waymark.Policy) error {
	from := p.From
	for range waymark.MaxDelegationDepth {
		if from == p.Ref() {
			return waymark.InvalidField("/from", "leads back to the policy itself")
		}
		g, err := requirePolicy(r, p.Owner, from.Author, from.ID)
		if err != nil {
			return err
		}
		if g.State != waymark.PolicyActive || !g.Delegable {
			return waymark.Errorf(waymark.FailedPrecondition, "policy %s of %s is %s and delegable %t: only an active delegable one can be passed on",
				g.ID, g.Author, g.State, g.Delegable).Because(waymark.ReasonDelegation)
		}
		if g.Author == g.Owner {
			return nil
		}
		from = g.From
	}
	return waymark.Errorf(waymark.FailedPrecondition, "there are %d delegations before this one already", waymark.MaxDelegationDepth).Because(waymark.ReasonDelegation)
}

// present returns the policy that p would replace, or if there is none the slots that p
// would take.
func present(r ledger.Reader, p *waymark.Policy) (old *waymark.Policy, free []slot, err error) {
	old, err = ledger.Load[waymark.Policy](r, ledger.PolicyKey(p.Owner, p.Author, p.ID))
	if err != nil || old != nil {
		return old, nil, err
	}
	free, err = findSlots(r, p)
	return nil, free, err
}

func same(old, p *waymark.Policy) bool {
	return old.State == p.State && old.Text == p.Text && old.Delegable == p.Delegable && old.From == p.From
}

// save writes p as the next version of old, or as a new policy that takes the free slots.
func save(l ledger.Ledger, p, old *waymark.Policy, free []slot, event string) (*waymark.Policy, error) {
	sum := sha256.Sum256([]byte(p.Text))
	p.SHA256, p.Version, p.Created, p.Changed = hex.EncodeToString(sum[:]), 1, l.Tx().Stamp(), l.Tx().Stamp()
	if old != nil {
		p.Version, p.Created = old.Version+1, old.Created
	}
	for _, one := range free {
		if err := one.take(l, p.Ref()); err != nil {
			return nil, err
		}
	}
	return p, write(l, p, event)
}

func write(l ledger.Ledger, p *waymark.Policy, event string) error {
	if err := ledger.Save(l, ledger.PolicyKey(p.Owner, p.Author, p.ID), p); err != nil {
		return err
	}
	return l.Emit(event, waymark.PolicyEvent{Owner: p.Owner, Author: p.Author, ID: p.ID, Version: p.Version})
}

// Withdraw ends a policy: by its author, or by the owner of the resources. What was
// passed on from it ends with it. The same request again changes nothing.
func Withdraw(l ledger.Ledger, r waymark.WithdrawPolicyRequest) (*waymark.Policy, error) {
	p, err := withdrawable(l, r.Owner, r.Author, r.ID)
	if err != nil {
		return nil, err
	}
	if p.State == waymark.PolicyWithdrawn {
		return p, nil
	}
	p.State, p.Reason, p.Changed = waymark.PolicyWithdrawn, r.Reason, l.Tx().Stamp()
	p.Version++
	return p, write(l, p, waymark.EventPolicyWithdrawn)
}

// withdrawable loads a policy that the caller may withdraw. Owner and author are its
// member where they are left out.
func withdrawable(l ledger.Ledger, owner, author, id string) (*waymark.Policy, error) {
	member := l.Tx().Caller.Member
	if owner == "" {
		owner = member
	}
	if author == "" {
		author = member
	}
	if err := access.Authorize(l.Tx(), waymark.ActWithdrawPolicy, access.Policy(owner, author)); err != nil {
		return nil, err
	}
	for _, m := range []string{owner, author} {
		if err := waymark.ValidateID("", m); err != nil {
			return nil, err
		}
	}
	return requirePolicy(l, owner, author, id)
}
