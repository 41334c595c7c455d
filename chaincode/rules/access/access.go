package access

import (
	"crypto/sha256"
	_ "embed" // the baseline is part of the chaincode
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/cedar-policy/cedar-go"
	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

var (
	//go:embed baseline.cedar
	baselineText string
	//go:embed baseline.cedarschema
	schemaText string

	baseline = mustParse(baselineText)
)

// Request is what the decision function is asked.
type Request struct {
	Principal Entity
	Action    waymark.Action
	Resource  Entity
	Context   waymark.DecisionContext
}

// Decide returns what the baseline says, and where it is silent on an action that
// owners can grant, what the policies about the resource's owner say; policies
// about anybody else's resources have no part in it. It is a pure function: default
// deny, forbid wins, and a policy whose evaluation fails denies. A question for telemetry
// without a class is one for all that it has: each must be permitted.
func Decide(r Request, policies []waymark.Policy) waymark.Decision {
	return NewGrants(r.Resource.Owner(), policies).Decide(r)
}

// judge returns what the baseline says, and whether it leaves the decision to the
// owner: no permit, no forbid, no failure, and an action that can be granted.
func judge(r Request) (d waymark.Decision, silent bool) {
	decision, diagnostic := authorize(baseline, r)
	d = explain(decision, diagnostic)
	if d.Allowed {
		for _, id := range d.Reasons {
			d.Obligations = append(d.Obligations, mustOblige(id, baseline.Get(cedar.PolicyID(id)))...)
		}
		d.Obligations = waymark.SortObligations(d.Obligations)
	}
	silent = len(diagnostic.Errors) == 0 && len(diagnostic.Reasons) == 0 && Grantable(r.Action)
	return d, silent
}

// authorize evaluates policies for a request.
func authorize(policies cedar.PolicyIterator, r Request) (cedar.Decision, cedar.Diagnostic) {
	return cedar.Authorize(policies, r.entities(), r.request())
}

// entities are all that a request's policies can look at.
func (r Request) entities() cedar.EntityMap {
	action := actionEntity(r.Action)
	return cedar.EntityMap{
		r.Principal.entity.UID: r.Principal.entity,
		r.Resource.entity.UID:  r.Resource.entity,
		action.UID:             action,
	}
}

// request is the request as Cedar takes it, with the context that the schema has
// for its action.
func (r Request) request() cedar.Request {
	context := cedar.RecordMap{}
	switch {
	case Grantable(r.Action):
		holds := make([]cedar.Value, 0, len(r.Context.Holds))
		for _, h := range r.Context.Holds {
			holds = append(holds, cedar.String(h))
		}
		context["purpose"] = cedar.String(r.Context.Purpose)
		context["time"] = cedar.NewDatetime(r.Context.Time)
		context["dataClass"] = cedar.String(r.Context.DataClass)
		context["holds"] = cedar.NewSet(holds...)
	case r.Context.DeviceOwner != "":
		context["deviceOwner"] = member(r.Context.DeviceOwner)
	}
	return cedar.Request{
		Principal: r.Principal.entity.UID, Action: actionEntity(r.Action).UID,
		Resource: r.Resource.entity.UID, Context: cedar.NewRecord(context),
	}
}

// explain sorts the reasons, which Cedar gives in map order. A forbid that fails
// to evaluate is skipped by Cedar, so any failure denies.
func explain(decision cedar.Decision, diagnostic cedar.Diagnostic) waymark.Decision {
	d := waymark.Decision{
		Allowed: decision == cedar.Allow && len(diagnostic.Errors) == 0,
		Reasons: failures(diagnostic), Obligations: []waymark.Obligation{},
	}
	if len(diagnostic.Errors) == 0 {
		d.Reasons = determining(diagnostic)
	}
	return withReasons(d, d.Reasons)
}

// failures are the policies that could not be evaluated.
func failures(diagnostic cedar.Diagnostic) []string {
	ids := make([]string, 0, len(diagnostic.Errors))
	for _, e := range diagnostic.Errors {
		ids = append(ids, string(e.PolicyID))
	}
	return ids
}

// determining are the policies that decided: the forbids, or else the permits.
func determining(diagnostic cedar.Diagnostic) []string {
	ids := make([]string, 0, len(diagnostic.Reasons))
	for _, r := range diagnostic.Reasons {
		ids = append(ids, string(r.PolicyID))
	}
	return ids
}

// withReasons sorts the reasons, each once; where there are none it is the default.
func withReasons(d waymark.Decision, ids []string) waymark.Decision {
	d.Reasons = slices.Clone(ids)
	slices.Sort(d.Reasons)
	d.Reasons = slices.Compact(d.Reasons)
	if len(d.Reasons) == 0 {
		d.Reasons = []string{waymark.DefaultDeny}
	}
	return d
}

// Authorize asks the baseline for the caller of the transaction and returns
// Forbidden, with the deciding rules as reasons, unless it permits. Where owners
// can grant the action, ask Permit.
func Authorize(tx ledger.Tx, action waymark.Action, resource Entity) error {
	return AuthorizeRequest(Request{Principal: Caller(tx.Caller), Action: action, Resource: resource})
}

// AuthorizeRequest is Authorize for any request.
func AuthorizeRequest(r Request) error { return require(r, Decide(r, nil)) }

// require returns Forbidden, with the reasons, for a decision that denies.
func require(r Request, d waymark.Decision) error {
	if d.Allowed {
		return nil
	}
	return waymark.Errorf(waymark.Forbidden, "%s may not %s %s: %s",
		r.Principal.entity.UID.ID, r.Action, r.Resource.entity.UID.ID, strings.Join(d.Reasons, ", ")).Because(d.Reasons...)
}

// Baseline returns the rulebook as the chaincode carries it.
func Baseline() *waymark.Baseline {
	return &waymark.Baseline{Policy: baselineText, Schema: schemaText, SHA256: hexSHA256(baselineText)}
}

func hexSHA256(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// mustParse parses the embedded policies under their own ids. It panics on a
// fault, which the package's tests would have met first.
func mustParse(text string) *cedar.PolicySet {
	list, err := cedar.NewPolicyListFromBytes("baseline.cedar", []byte(text))
	if err != nil {
		panic("access: parse baseline: " + err.Error())
	}
	set := cedar.NewPolicySet()
	for i, policy := range list {
		id := policy.Annotations()["id"]
		if id == "" || !set.Add(cedar.PolicyID(id), policy) {
			panic(fmt.Sprintf("access: policy %d of the baseline has no id of its own", i))
		}
		mustOblige(string(id), policy)
	}
	return set
}

// mustOblige returns the obligations of a policy of the baseline.
func mustOblige(id string, policy *cedar.Policy) []waymark.Obligation {
	obligations, err := annotations(id, policy)
	if err != nil {
		panic(fmt.Sprintf("access: policy %s of the baseline: %v", id, err))
	}
	return obligations
}
