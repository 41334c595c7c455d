// Package policy holds the rules for the policies of owners, and answers questions
// about all policies: what they say, and what they decide or would.
package policy

import (
	"github.com/waymark-ledger/waymark/chaincode/rules/access"
	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// Baseline returns the consortium's rulebook.
func Baseline(l ledger.Ledger) (*waymark.Baseline, error) {
	if err := mayRead(l); err != nil {
		return nil, err
	}
	return access.Baseline(), nil
}

// Get returns a policy of an owner: every member may know who is granted what.
func Get(l ledger.Ledger, q waymark.PolicyQuery) (*waymark.Policy, error) {
	if err := mayRead(l); err != nil {
		return nil, err
	}
	return requirePolicy(l, q.Owner, q.Author, q.ID)
}

// List returns all policies about one member's resources, withdrawn ones included.
func List(l ledger.Ledger, q waymark.PoliciesQuery) (*waymark.PolicyList, error) {
	if err := mayRead(l); err != nil {
		return nil, err
	}
	owner := q.Owner
	if owner == "" {
		owner = l.Tx().Caller.Member
	}
	if err := waymark.ValidateID("/owner", owner); err != nil {
		return nil, err
	}
	policies, err := access.Policies(l, owner)
	return &waymark.PolicyList{Owner: owner, Policies: policies}, err
}

// History returns the versions of a policy, oldest first.
func History(l ledger.Ledger, q waymark.PolicyQuery) (*waymark.PolicyHistory, error) {
	if _, err := Get(l, q); err != nil {
		return nil, err
	}
	versions, err := ledger.Versions[waymark.Policy](l, ledger.PolicyKey(q.Owner, q.Author, q.ID), waymark.MaxPolicyVersions)
	return &waymark.PolicyHistory{Versions: versions}, err
}

func mayRead(l ledger.Ledger) error {
	return access.Authorize(l.Tx(), waymark.ActReadPolicy, access.Consortium(l.Tx().Channel))
}

func requirePolicy(r ledger.Reader, owner, author, id string) (*waymark.Policy, error) {
	return ledger.Require[waymark.Policy](r, ledger.PolicyKey(owner, author, id), "policy "+id+" of "+author+" about the resources of "+owner)
}
