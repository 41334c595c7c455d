package access

import (
	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// Policies reads all policies about the resources of owner, by author and id. The
// scan is bounded, and in a transaction that writes phantom-protected: a policy that
// comes, changes or goes before it commits invalidates it.
func Policies(r ledger.Reader, owner string) ([]waymark.Policy, error) {
	return ledger.List[waymark.Policy](r, ledger.Policies(owner), waymark.MaxOwnPolicies+waymark.MaxDelegated)
}

// Ask is Decide with the policies that the ledger holds. It reads them only where
// the baseline leaves the decision to the owner, and returns those it consulted.
func Ask(r ledger.Reader, q Request) (waymark.Decision, []waymark.Policy, error) {
	a := asker{reader: r, owner: q.Resource.Owner()}
	d := q.each(a.decide)
	return d, a.policies, a.err
}

// asker reads the policies of an owner when they are first needed.
type asker struct {
	reader   ledger.Reader
	owner    string
	grants   *Grants
	policies []waymark.Policy
	err      error // of reading them: no decision counts then
}

func (a *asker) decide(q Request) waymark.Decision {
	d, silent := judge(q)
	if !silent || a.err != nil {
		return d
	}
	if a.grants == nil {
		if a.policies, a.err = Policies(a.reader, a.owner); a.err != nil {
			return d
		}
		a.grants = NewGrants(a.owner, a.policies)
	}
	return a.grants.decide(q)
}

// Permit asks for the caller of the transaction, for a purpose, about an action that
// owners can grant. Unless it is permitted it returns Forbidden, with the deciding
// policies as reasons; otherwise the decision, whose obligations the answer carries.
func Permit(l ledger.Ledger, action waymark.Action, resource Entity, purpose string) (waymark.Decision, error) {
	q := RequestOf(l.Tx(), action, resource, purpose)
	d, _, err := Ask(l, q)
	if err != nil {
		return d, err
	}
	return d, require(q, d)
}

// RequestOf is the request of the caller of a transaction.
func RequestOf(tx ledger.Tx, action waymark.Action, resource Entity, purpose string) Request {
	return Request{
		Principal: Caller(tx.Caller), Action: action, Resource: resource,
		Context: waymark.DecisionContext{Purpose: purpose, Time: tx.Time, Holds: resource.Holds()},
	}
}

// Share is what a caller may have of some classes of telemetry.
type Share struct {
	Withheld    []waymark.DataClass       // denied, or to be redacted
	Decimals    map[waymark.DataClass]int // of those to be rounded
	Obligations []waymark.Obligation      // of all but the withheld ones: sorted, each once
}

// ShareOf asks the same for each of some classes of telemetry; for every class that the
// resource has if none is named. It returns Forbidden if all are denied.
func ShareOf(l ledger.Ledger, resource Entity, purpose string, classes []waymark.DataClass) (Share, error) {
	q := RequestOf(l.Tx(), waymark.ActReadTelemetry, resource, purpose)
	if len(classes) == 0 {
		classes = resource.Classes()
	}
	a := asker{reader: l, owner: resource.Owner()}
	s := Share{Decimals: map[waymark.DataClass]int{}, Obligations: []waymark.Obligation{}}
	var denials []error
	for _, class := range classes {
		q.Context.DataClass = class
		d := a.decide(q)
		if a.err != nil {
			return Share{}, a.err
		}
		if err := require(q, d); err != nil {
			denials = append(denials, err)
		}
		s.take(class, d)
	}
	if len(denials) == len(classes) {
		return Share{}, denials[0]
	}
	s.Obligations = waymark.SortObligations(s.Obligations)
	return s, nil
}

// take adds what was decided about a class.
func (s *Share) take(class waymark.DataClass, d waymark.Decision) {
	if !d.Allowed || d.Redacts(class) {
		s.Withheld = append(s.Withheld, class)
		return
	}
	if n, rounds := d.Decimals(class); rounds {
		s.Decimals[class] = n
	}
	s.Obligations = append(s.Obligations, d.Obligations...)
}
