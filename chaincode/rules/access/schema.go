package access

import (
	"github.com/cedar-policy/cedar-go"
	"github.com/cedar-policy/cedar-go/x/exp/schema"
	"github.com/cedar-policy/cedar-go/x/exp/schema/resolved"
	"github.com/cedar-policy/cedar-go/x/exp/schema/validate"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

var (
	// grantable are the actions of the schema's group, with the group as parent.
	grantable = mustGrantable(mustResolve())
	// grantValidator checks strictly against the schema with no other actions.
	grantValidator = newGrantValidator(mustResolve())
)

// grantGroup is the schema's group of the actions that owners can grant.
var grantGroup = uid("Action", "Grantable")

// Grantable reports whether owners can grant an action.
func Grantable(a waymark.Action) bool {
	_, ok := grantable[a]
	return ok
}

// GrantableActions returns every action that owners can grant.
func GrantableActions() []waymark.Action {
	var actions []waymark.Action
	for _, a := range waymark.Actions() {
		if Grantable(a) {
			actions = append(actions, a)
		}
	}
	return actions
}

func actionEntity(a waymark.Action) cedar.Entity {
	if e, ok := grantable[a]; ok {
		return e
	}
	return cedar.Entity{UID: uid("Action", string(a))}
}

// mustResolve reads the embedded schema. It panics on a fault, which the package's
// tests would have met first.
func mustResolve() *resolved.Schema {
	var s schema.Schema
	if err := s.UnmarshalCedar([]byte(schemaText)); err != nil {
		panic("access: parse schema: " + err.Error())
	}
	r, err := s.Resolve()
	if err != nil {
		panic("access: resolve schema: " + err.Error())
	}
	return r
}

func mustGrantable(s *resolved.Schema) map[waymark.Action]cedar.Entity {
	found := map[waymark.Action]cedar.Entity{}
	for id, action := range s.Actions { //determinism: a set is made
		if action.Entity.Parents.Contains(grantGroup) {
			found[waymark.Action(id.ID)] = cedar.Entity{UID: id, Parents: cedar.NewEntityUIDSet(grantGroup)}
		}
	}
	if len(found) == 0 {
		panic("access: the schema lets owners grant nothing")
	}
	return found
}

// newGrantValidator leaves only the group and its actions in a schema of its own.
func newGrantValidator(s *resolved.Schema) *validate.Validator {
	for id := range s.Actions { //determinism: what is left is the same
		if _, ok := grantable[waymark.Action(id.ID)]; !ok && id != grantGroup {
			delete(s.Actions, id)
		}
	}
	return validate.New(s, validate.WithStrict())
}
