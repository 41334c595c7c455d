package access

import (
	"iter"

	"github.com/cedar-policy/cedar-go"
	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// Grants are the policies about one owner's resources, ready to be asked.
type Grants struct {
	own       *cedar.PolicySet  // by the owner itself
	delegated []*grant          // by others
	known     map[string]*grant // by name
	broken    []string          // policies of the owner that cannot be read
}

// grant is one policy.
type grant struct {
	record      waymark.Policy
	policy      *cedar.Policy
	obligations []waymark.Obligation
}

// name is how reasons call the policy.
func (g *grant) name() string { return policyName(g.record.Ref()) }

func policyName(r waymark.PolicyRef) string { return r.Author + "/" + r.ID }

// All makes a grant a set of one policy.
func (g *grant) All() iter.Seq2[cedar.PolicyID, *cedar.Policy] {
	return func(yield func(cedar.PolicyID, *cedar.Policy) bool) {
		yield(cedar.PolicyID(g.name()), g.policy)
	}
}

// NewGrants takes from policies the active ones about the resources of owner. One of
// the owner's that cannot be read denies all, as if its evaluation failed; a delegated
// one grants nothing.
func NewGrants(owner string, policies []waymark.Policy) *Grants {
	g := &Grants{own: cedar.NewPolicySet(), known: map[string]*grant{}}
	for _, p := range policies {
		if p.Owner != owner || p.State != waymark.PolicyActive {
			continue
		}
		policy, obligations, err := parse(p.ID, p.Text)
		own := p.Author == owner
		if err != nil {
			if own {
				g.broken = append(g.broken, policyName(p.Ref()))
			}
			continue
		}
		g.add(&grant{p, policy, obligations}, own)
	}
	return g
}

// Len is how many policies there are.
func (g *Grants) Len() int { return len(g.known) }

func (g *Grants) add(p *grant, own bool) {
	if own {
		g.own.Add(cedar.PolicyID(p.name()), p.policy)
	} else if p.policy.Effect() == cedar.Permit { // nobody can forbid what is another's
		g.delegated = append(g.delegated, p)
	}
	g.known[p.name()] = p
}

// Decide is Decide with these policies.
func (g *Grants) Decide(r Request) waymark.Decision {
	return r.each(func(r Request) waymark.Decision {
		d, silent := judge(r)
		if !silent {
			return d
		}
		return g.decide(r)
	})
}

// each decides a request; one for telemetry without a class for each class that there
// is, and all must be permitted.
func (r Request) each(decide func(Request) waymark.Decision) waymark.Decision {
	if r.Action != waymark.ActReadTelemetry || r.Context.DataClass != "" {
		return decide(r)
	}
	allowed := waymark.Decision{Allowed: true}
	denied := waymark.Decision{Obligations: []waymark.Obligation{}}
	var permits, denials []string
	for _, class := range r.Resource.Classes() {
		r.Context.DataClass = class
		d := decide(r)
		if d.Allowed {
			permits = append(permits, d.Reasons...)
			allowed.Obligations = append(allowed.Obligations, d.Obligations...)
		} else {
			denials = append(denials, d.Reasons...)
		}
	}
	if len(denials) > 0 {
		return withReasons(denied, denials)
	}
	allowed.Obligations = waymark.SortObligations(allowed.Obligations)
	return withReasons(allowed, permits)
}

// decide is the owner's stage.
func (g *Grants) decide(r Request) waymark.Decision {
	return (&inquiry{grants: g, request: r, barred: map[string]bool{}}).decide()
}

// inquiry is one question to the owner's stage.
type inquiry struct {
	grants  *Grants
	request Request
	barred  map[string]bool // members whom the owner's own policies bar, as far as asked
}

// decide: a failure of an owner's policy denies, then its forbids, then what is
// permitted by the owner or, within what the owner permits, passed on.
func (q *inquiry) decide() waymark.Decision {
	denied := waymark.Decision{Obligations: []waymark.Obligation{}}
	decision, diagnostic := authorize(q.grants.own, q.request)
	if failed := append(failures(diagnostic), q.grants.broken...); len(failed) > 0 {
		return withReasons(denied, failed)
	}
	ids := determining(diagnostic)
	if decision == cedar.Deny && len(ids) > 0 {
		return withReasons(denied, ids)
	}
	for _, g := range q.permitting() {
		ids = append(ids, g.name())
	}
	if len(ids) == 0 {
		return withReasons(denied, nil)
	}
	d := withReasons(waymark.Decision{Allowed: true}, ids)
	for _, id := range d.Reasons {
		d.Obligations = append(d.Obligations, q.grants.known[id].obligations...)
	}
	d.Obligations = waymark.SortObligations(d.Obligations)
	return d
}

// permitting returns the delegated policies that permit, each with all that it
// passes on from.
func (q *inquiry) permitting() []*grant {
	var all []*grant
	for _, g := range q.grants.delegated {
		if !permits(g, q.request) {
			continue
		}
		if chain, ok := q.granted(g, 1); ok {
			all = append(append(all, g), chain...)
		}
	}
	return all
}

// granted reports whether the author of a delegated policy is itself granted what is
// asked, by the policy that it passes on from, and returns that with all before it.
// The author is asked for as itself, in the role of who asks and through no
// application; the owner's forbids bind it as anybody.
func (q *inquiry) granted(g *grant, depth int) ([]*grant, bool) {
	from := q.grants.known[policyName(g.record.From)]
	if from == nil || !from.record.Delegable || depth > waymark.MaxDelegationDepth {
		return nil, false
	}
	asked := q.request
	asked.Principal = Caller(ledger.Caller{Member: g.record.Author, Role: waymark.Role(q.request.Principal.attribute("role"))})
	if !permits(from, asked) || q.bars(g.record.Author, asked) {
		return nil, false
	}
	if from.record.Author == from.record.Owner {
		return []*grant{from}, true
	}
	chain, ok := q.granted(from, depth+1)
	return append(chain, from), ok
}

// permits reports whether a policy is a permit that applies. One that fails does not.
func permits(g *grant, r Request) bool {
	decision, _ := authorize(g, r)
	return decision == cedar.Allow
}

// bars reports whether an owner's own policies forbid a member what is asked, or fail.
func (q *inquiry) bars(member string, asked Request) bool {
	barred, known := q.barred[member]
	if !known {
		decision, diagnostic := authorize(q.grants.own, asked)
		barred = len(diagnostic.Errors) > 0 || decision == cedar.Deny && len(diagnostic.Reasons) > 0
		q.barred[member] = barred
	}
	return barred
}
