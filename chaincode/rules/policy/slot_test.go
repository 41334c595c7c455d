package policy_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/memledger"
	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/rules/policy"
	"github.com/waymark-ledger/waymark/chaincode/scenario"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// putAtOnce endorses new policies of the producer on one state, commits them one after
// another, and returns how many were valid.
func putAtOnce(t *testing.T, c *scenario.Consortium, first, count int) (valid int) {
	t.Helper()
	var endorsed []*memledger.Transaction
	for n := range count {
		_, tx, err := scenario.Endorse(c, c.As("producer", waymark.Admin), policy.Put, put(fmt.Sprintf("p%d", first+n), grants("auditor")))
		if err != nil {
			t.Fatal(err)
		}
		endorsed = append(endorsed, tx)
	}
	for _, tx := range endorsed {
		switch err := tx.Commit(); {
		case err == nil:
			valid++
		case !errors.Is(err, memledger.ErrInvalid):
			t.Error(err)
		}
	}
	return valid
}

func policiesOf(c *scenario.Consortium, owner string) int {
	c.T.Helper()
	return len(scenario.Must(c, c.As("auditor", waymark.Viewer), policy.List, waymark.PoliciesQuery{Owner: owner}).Policies)
}

// TestPoliciesAtOnce: of the first ones of an author one is valid, for it says how many
// there were; of later ones most are, and the bound holds.
func TestPoliciesAtOnce(t *testing.T) {
	c := scenario.New(t)
	if valid := putAtOnce(t, c, 0, 5); valid != 1 {
		t.Errorf("of the first 5 %d are valid", valid)
	}
	if valid := putAtOnce(t, c, 10, 10); valid < 7 || policiesOf(c, "producer") != valid+1 {
		t.Errorf("of 10 more %d are valid, and there are %d policies", valid, policiesOf(c, "producer"))
	}
	admin := c.As("producer", waymark.Admin)
	for n := 100; policiesOf(c, "producer") < waymark.MaxOwnPolicies-1; n++ {
		scenario.Must(c, admin, policy.Put, put(fmt.Sprintf("p%d", n), grants("auditor")))
	}
	if valid := putAtOnce(t, c, 1000, 5); valid != 1 || policiesOf(c, "producer") != waymark.MaxOwnPolicies {
		t.Errorf("for the last slot %d are valid", valid)
	}
	scenario.Refused(c, admin, policy.Put, put("more", grants("auditor")), waymark.FailedPrecondition, waymark.ReasonLimit)
}

// TestPlacesOfDifferentAuthors: what one member delegates is no business of another's.
func TestPlacesOfDifferentAuthors(t *testing.T) {
	c := scenario.New(t)
	scenario.Must(c, c.As("producer", waymark.Admin), policy.Put, waymark.PutPolicyRequest{ID: "p", Text: grants("carrier"), Delegable: true})
	delegate := func(author, id string) *memledger.Transaction {
		_, tx, err := scenario.Endorse(c, c.As(author, waymark.Admin), policy.Delegate,
			waymark.DelegatePolicyRequest{Owner: "producer", From: waymark.PolicyRef{Author: "producer", ID: "p"}, ID: id, Text: grants("auditor")})
		if err != nil {
			t.Fatal(err)
		}
		return tx
	}
	for _, author := range []string{"carrier", "retailer"} { // each first one counts
		if err := delegate(author, "first").Commit(); err != nil {
			t.Fatal(err)
		}
	}
	_, own, err := scenario.Endorse(c, c.As("producer", waymark.Admin), policy.Put, put("own", grants("auditor")))
	if err != nil {
		t.Fatal(err)
	}
	for _, tx := range []*memledger.Transaction{delegate("carrier", "second"), delegate("retailer", "second"), own} {
		if err := tx.Commit(); err != nil {
			t.Error(err)
		}
	}
}

// TestPoliciesOfAnEarlierVersionCount: they have no slots, and take room all the same.
func TestPoliciesOfAnEarlierVersionCount(t *testing.T) {
	c := scenario.New(t)
	const old = waymark.MaxOwnPolicies - 2
	for n := range old {
		id := fmt.Sprintf("old-%d", n)
		fill(t, c, ledger.PolicyKey("producer", "producer", id), waymark.Policy{ID: id, Owner: "producer", Author: "producer", State: waymark.PolicyWithdrawn, Version: 1})
	}
	admin := c.As("producer", waymark.Admin)
	scenario.Must(c, admin, policy.Put, put("old-0", grants("auditor"))) // replaces one
	scenario.Must(c, admin, policy.Put, put("new-1", grants("auditor")))
	scenario.Must(c, admin, policy.Put, put("new-2", grants("auditor")))
	scenario.Refused(c, admin, policy.Put, put("new-3", grants("auditor")), waymark.FailedPrecondition, waymark.ReasonLimit)
	if n := policiesOf(c, "producer"); n != waymark.MaxOwnPolicies {
		t.Errorf("%d policies", n)
	}
}
