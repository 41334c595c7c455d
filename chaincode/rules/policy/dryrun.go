package policy

import (
	"cmp"
	"slices"

	"github.com/waymark-ledger/waymark/chaincode/rules/access"
	"github.com/waymark-ledger/waymark/chaincode/rules/custody"
	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// DryRun says who would gain or lose what on some resources if a policy were put or
// withdrawn: for every registered member in every role, through no application. Only
// who may put or withdraw it can ask.
func DryRun(l ledger.Ledger, r waymark.DryRunRequest) (*waymark.DryRun, error) {
	owner, before, after, err := change(l, r)
	if err != nil {
		return nil, err
	}
	questions, err := questionsOf(l, r, owner)
	if err != nil {
		return nil, err
	}
	members, err := ledger.List[waymark.Member](l, ledger.Members(), waymark.MaxDryRunMembers)
	if err != nil {
		return nil, err
	}
	if n := 2 * len(members) * len(waymark.Roles()) * len(questions) * after.Len(); n > waymark.MaxDryRunDecisions {
		return nil, waymark.Errorf(waymark.ResourceExhausted, "the dry run would evaluate policies %d times, at most %d are allowed: name fewer devices and shipments", n, waymark.MaxDryRunDecisions)
	}
	result := &waymark.DryRun{Changes: []waymark.AccessChange{}}
	for _, m := range members {
		for _, role := range waymark.Roles() {
			who := ledger.Caller{Member: m.ID, Role: role}
			result.Changes = append(result.Changes, compare(before, after, who, questions)...)
		}
	}
	slices.SortFunc(result.Changes, compareChanges)
	if len(result.Changes) > waymark.MaxDryRunChanges {
		result.Changes, result.More = result.Changes[:waymark.MaxDryRunChanges], true
	}
	return result, nil
}

// change returns the policies about an owner's resources without and with the change.
func change(l ledger.Ledger, r waymark.DryRunRequest) (owner string, before, after *access.Grants, err error) {
	var p *waymark.Policy
	if w := r.Withdraw; w != (waymark.DryRunWithdrawal{}) {
		if p, err = withdrawable(l, w.Owner, w.Author, w.ID); err == nil {
			p.State = waymark.PolicyWithdrawn
		}
	} else if p, err = draft(l, r.Put); err == nil {
		_, _, err = present(l, p)
	} else if e := waymark.AsError(err); e.Field != "" {
		err = waymark.InvalidField("/put"+e.Field, "%s", e.Message)
	}
	if err != nil {
		return "", nil, nil, err
	}
	policies, err := access.Policies(l, p.Owner)
	if err != nil {
		return "", nil, nil, err
	}
	others := slices.DeleteFunc(slices.Clone(policies), func(o waymark.Policy) bool { return o.Ref() == p.Ref() })
	return p.Owner, access.NewGrants(p.Owner, policies), access.NewGrants(p.Owner, append(others, *p)), nil
}

// question is what is asked for everybody.
type question struct {
	request access.Request
	change  waymark.AccessChange // that it would be, for somebody
}

// questionsOf makes the questions about the resources, which must be the owner's.
func questionsOf(l ledger.Ledger, r waymark.DryRunRequest, owner string) ([]question, error) {
	var all []question
	add := func(resource access.Entity, change waymark.AccessChange) error {
		if resource.Owner() != owner {
			return waymark.InvalidField("/devices", "and shipments must belong to %s, as %s does not", owner, change.Device+change.Shipment)
		}
		request := access.RequestOf(l.Tx(), change.Action, resource, r.Purpose)
		request.Context.DataClass = change.DataClass
		all = append(all, question{request, change})
		return nil
	}
	for _, id := range r.Devices {
		if err := addDevice(l, id, add); err != nil {
			return nil, err
		}
	}
	for _, id := range r.Shipments {
		resource, err := custody.ShipmentResource(l, id)
		if err != nil {
			return nil, err
		}
		if err := add(resource, waymark.AccessChange{Action: waymark.ActReadShipment, Shipment: id}); err != nil {
			return nil, err
		}
	}
	return all, nil
}

func addDevice(l ledger.Ledger, id string, add func(access.Entity, waymark.AccessChange) error) error {
	resource, err := commanded(l, id)
	if err != nil {
		return err
	}
	if err := add(resource, waymark.AccessChange{Action: waymark.ActCommandDevice, Device: id}); err != nil {
		return err
	}
	resource, err = telemetryOf(l, id, "")
	if err != nil {
		return err
	}
	for _, class := range resource.Classes() {
		if err := add(resource, waymark.AccessChange{Action: waymark.ActReadTelemetry, Device: id, DataClass: class}); err != nil {
			return err
		}
	}
	return nil
}

// compare asks everything for one caller.
func compare(before, after *access.Grants, who ledger.Caller, questions []question) []waymark.AccessChange {
	var changes []waymark.AccessChange
	for _, q := range questions {
		q.request.Principal = access.Caller(who)
		had, has := before.Decide(q.request).Allowed, after.Decide(q.request).Allowed
		if had != has {
			c := q.change
			c.Member, c.Role, c.Gains = who.Member, who.Role, has
			changes = append(changes, c)
		}
	}
	return changes
}

func compareChanges(a, b waymark.AccessChange) int {
	return cmp.Or(cmp.Compare(a.Member, b.Member), cmp.Compare(a.Role, b.Role), cmp.Compare(a.Action, b.Action),
		cmp.Compare(a.Device, b.Device), cmp.Compare(a.Shipment, b.Shipment), cmp.Compare(a.DataClass, b.DataClass))
}
