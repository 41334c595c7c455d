package access

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"

	"github.com/cedar-policy/cedar-go"
	"github.com/cedar-policy/cedar-go/types"
	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// NewReceipt makes the receipt of a decision that this transaction came to by the
// policies that Ask consulted.
func NewReceipt(tx ledger.Tx, q Request, d waymark.Decision, consulted []waymark.Policy) (*waymark.DecisionReceipt, error) {
	entities, err := json.Marshal(q.parties())
	if err != nil {
		return nil, fmt.Errorf("encode entities: %w", err)
	}
	r := &waymark.DecisionReceipt{
		TxID: tx.ID, Principal: q.Principal.Ref(), Action: q.Action, Resource: q.Resource.Ref(), Context: q.Context, Decision: d,
		Baseline: Baseline().SHA256, Policies: []waymark.PolicyVersion{},
		Entities: string(entities), EntitiesSHA256: hexSHA256(string(entities)), Recorded: tx.Stamp(),
	}
	for _, p := range consulted {
		if p.State == waymark.PolicyActive {
			r.Policies = append(r.Policies, waymark.PolicyVersion{Owner: p.Owner, Author: p.Author, ID: p.ID,
				Version: p.Version, SHA256: p.SHA256, Delegable: p.Delegable, From: p.From})
		}
	}
	r.PolicySet, err = policySet(r)
	return r, err
}

// parties are principal and resource, which is all that a receipt holds of entities:
// the action is the schema's.
func (r Request) parties() cedar.EntityMap {
	return cedar.EntityMap{r.Principal.entity.UID: r.Principal.entity, r.Resource.entity.UID: r.Resource.entity}
}

// policySet is the hash of what was consulted.
func policySet(r *waymark.DecisionReceipt) (string, error) {
	var text strings.Builder
	text.WriteString(r.Baseline + "\n")
	for _, p := range r.Policies {
		line, err := json.Marshal(p)
		if err != nil {
			return "", fmt.Errorf("encode policy: %w", err)
		}
		text.Write(append(line, '\n'))
	}
	return hexSHA256(text.String()), nil
}

// Replay comes to the decision of a receipt again, from nothing but the receipt and
// the texts of policies, in any order and with others among them. It returns an error
// that says what does not hold: a hash, a text that is missing, or the answer.
func Replay(receipt waymark.DecisionReceipt, texts []string) error {
	if own := Baseline().SHA256; receipt.Baseline != own {
		return fmt.Errorf("the receipt is of another baseline, %s, than this program's, %s", receipt.Baseline, own)
	}
	set, err := policySet(&receipt)
	if err != nil {
		return err
	}
	if set != receipt.PolicySet {
		return fmt.Errorf("the policies of the receipt have the hash %s, it says %s", set, receipt.PolicySet)
	}
	q, err := replayed(receipt)
	if err != nil {
		return err
	}
	policies, err := consulted(receipt, texts)
	if err != nil {
		return err
	}
	if _, silent := judge(q); !silent && len(policies) > 0 {
		return fmt.Errorf("the baseline decides alone, and the receipt names policies")
	}
	if d := Decide(q, policies); !reflect.DeepEqual(d, receipt.Decision) {
		return fmt.Errorf("the decision is %+v, the receipt says %+v", d, receipt.Decision)
	}
	return nil
}

// consulted puts the texts back into the policies of a receipt.
func consulted(receipt waymark.DecisionReceipt, texts []string) ([]waymark.Policy, error) {
	byHash := map[string]string{}
	for _, text := range texts {
		byHash[hexSHA256(text)] = text
	}
	var policies []waymark.Policy
	for _, v := range receipt.Policies {
		text, found := byHash[v.SHA256]
		if !found {
			return nil, fmt.Errorf("no text has the hash %s of policy %s/%s, version %d", v.SHA256, v.Author, v.ID, v.Version)
		}
		policies = append(policies, waymark.Policy{Owner: v.Owner, Author: v.Author, ID: v.ID, Version: v.Version,
			SHA256: v.SHA256, Text: text, State: waymark.PolicyActive, Delegable: v.Delegable, From: v.From})
	}
	return policies, nil
}

// replayed makes the request of a receipt.
func replayed(receipt waymark.DecisionReceipt) (Request, error) {
	q := Request{Action: receipt.Action, Context: receipt.Context}
	if receipt.Entities == "" {
		return q, fmt.Errorf("the receipt of a denial holds no more than the hash of the entities: its resource's owner can have one with them")
	}
	if sum := hexSHA256(receipt.Entities); sum != receipt.EntitiesSHA256 {
		return q, fmt.Errorf("the entities have the hash %s, the receipt says %s", sum, receipt.EntitiesSHA256)
	}
	var entities cedar.EntityMap
	if err := json.Unmarshal([]byte(receipt.Entities), &entities); err != nil {
		return q, fmt.Errorf("read entities: %w", err)
	}
	var principal, resource bool
	q.Principal.entity, principal = entities[uidOf(receipt.Principal)]
	q.Resource.entity, resource = entities[uidOf(receipt.Resource)]
	if !principal || !resource {
		return q, fmt.Errorf("the entities hold no %s %q or no %s %q",
			receipt.Principal.Type, receipt.Principal.ID, receipt.Resource.Type, receipt.Resource.ID)
	}
	again, err := json.Marshal(q.parties())
	if err != nil || string(again) != receipt.Entities {
		return q, fmt.Errorf("the entities are not principal and resource in canonical form")
	}
	return q, nil
}

func uidOf(r waymark.EntityRef) cedar.EntityUID {
	return cedar.NewEntityUID(types.EntityType(r.Type), cedar.String(r.ID))
}
