package access

import (
	"crypto/sha256"
	_ "embed" // the baseline is part of the chaincode
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/cedar-policy/cedar-go"
	"github.com/waymark-ledger/waymark/chaincode/internal/ledger"
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
	// DeviceOwner is the context of AttachDevice: who owns the device. Empty otherwise.
	DeviceOwner string
}

// Decide returns what the baseline says. It is a pure function: default deny,
// forbid wins, and a policy whose evaluation fails denies.
func Decide(r Request) waymark.Decision {
	context := cedar.RecordMap{}
	if r.DeviceOwner != "" {
		context["deviceOwner"] = member(r.DeviceOwner)
	}
	decision, diagnostic := cedar.Authorize(baseline, cedar.EntityMap{
		r.Principal.entity.UID: r.Principal.entity,
		r.Resource.entity.UID:  r.Resource.entity,
	}, cedar.Request{
		Principal: r.Principal.entity.UID,
		Action:    cedar.NewEntityUID("Waymark::Action", cedar.String(r.Action)),
		Resource:  r.Resource.entity.UID,
		Context:   cedar.NewRecord(context),
	})
	return explain(decision, diagnostic)
}

// explain sorts the reasons, which Cedar gives in map order. A forbid that fails
// to evaluate is skipped by Cedar, so any failure denies.
func explain(decision cedar.Decision, diagnostic cedar.Diagnostic) waymark.Decision {
	d := waymark.Decision{Allowed: decision == cedar.Allow && len(diagnostic.Errors) == 0, Reasons: []string{}}
	for _, e := range diagnostic.Errors {
		d.Reasons = append(d.Reasons, string(e.PolicyID))
	}
	if len(diagnostic.Errors) == 0 {
		for _, r := range diagnostic.Reasons {
			d.Reasons = append(d.Reasons, string(r.PolicyID))
		}
	}
	slices.Sort(d.Reasons)
	if len(d.Reasons) == 0 {
		d.Reasons = []string{waymark.DefaultDeny}
	}
	return d
}

// Authorize asks Decide for the caller of the transaction and returns Forbidden,
// with the deciding rules as reasons, unless it permits.
func Authorize(tx ledger.Tx, action waymark.Action, resource Entity) error {
	return AuthorizeRequest(Request{Principal: Caller(tx.Caller), Action: action, Resource: resource})
}

// AuthorizeRequest is Authorize for any request.
func AuthorizeRequest(r Request) error {
	d := Decide(r)
	if d.Allowed {
		return nil
	}
	return waymark.Errorf(waymark.Forbidden, "%s may not %s %s: %s",
		r.Principal.entity.UID.ID, r.Action, r.Resource.entity.UID.ID, strings.Join(d.Reasons, ", ")).Because(d.Reasons...)
}

// Baseline returns the rulebook as the chaincode carries it.
func Baseline() *waymark.Baseline {
	sum := sha256.Sum256([]byte(baselineText))
	return &waymark.Baseline{Policy: baselineText, Schema: schemaText, SHA256: hex.EncodeToString(sum[:])}
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
	}
	return set
}
