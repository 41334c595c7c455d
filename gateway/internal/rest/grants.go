package rest

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"

	"github.com/gin-gonic/gin"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
)

// grantRoutes are about the policies by which owners grant access to what is theirs.
func grantRoutes() []route { return slices.Concat(grantReads(), grantWrites(), grantQuestions()) }

func grantReads() []route {
	const one = "/v1/policies/owners/{owner}/authors/{author}/{id}"
	return []route{
		evaluates(route{
			method: http.MethodGet, path: "/v1/policies", id: "listPolicies", tag: tagPolicies,
			summary: "The policies about the resources of the caller's own member, delegated and withdrawn ones included",
		}, waymark.PoliciesList, waymark.PolicyList{}, policiesQuery),
		evaluates(route{
			method: http.MethodGet, path: "/v1/policies/owners/{owner}", id: "listPoliciesOf", tag: tagPolicies,
			summary: "The policies about the resources of any member",
		}, waymark.PoliciesList, waymark.PolicyList{}, policiesQuery),
		evaluates(route{
			method: http.MethodGet, path: one, id: "getPolicy", tag: tagPolicies,
			summary: "A policy, by the owner of the resources, its author and its id",
		}, waymark.PoliciesGet, waymark.Policy{}, policyQuery),
		evaluates(route{
			method: http.MethodGet, path: one + "/history", id: "getPolicyHistory", tag: tagPolicies,
			summary: "The versions of a policy, oldest first",
		}, waymark.PoliciesHistory, waymark.PolicyHistory{}, policyQuery),
		{
			method: http.MethodGet, path: "/v1/policies/templates", id: "listTemplates", tag: tagPolicies,
			summary: "The templates that policies can be made of",
			result:  waymark.TemplateList{},
			doc:     documented{rules: []waymark.Transaction{waymark.PoliciesTemplates}},
			serve: func(s *service, c *gin.Context) error {
				return answer(c.Request.Context(), s, c, waymark.PoliciesTemplates, nil)
			},
		},
		listDecisions(),
		evaluates(route{
			method: http.MethodGet, path: "/v1/policies/decisions/{tx_id}", id: "getDecision", tag: tagPolicies,
			summary: "A recorded decision with all that it came from",
		}, waymark.PoliciesReceipt, waymark.DecisionReceipt{}, func(p path) waymark.ReceiptQuery {
			return waymark.ReceiptQuery{TxID: p.txID}
		}),
	}
}

func listDecisions() route {
	return lists(route{
		method: http.MethodGet, path: "/v1/policies/decisions", id: "listDecisions", tag: tagPolicies,
		summary: "The recorded decisions, oldest first",
		paged:   Page{Entries: "Decisions", All: "Decisions"},
		doc:     documented{about: "The caller sees what getDecision would show."},
	}, func(ctx context.Context, m Model, as ledger.Identity, q waymark.DecisionsQuery) (waymark.DecisionList, error) {
		return m.Decisions(ctx, as, q)
	})
}

func policiesQuery(p path) waymark.PoliciesQuery { return waymark.PoliciesQuery{Owner: p.owner} }

func policyQuery(p path) waymark.PolicyQuery {
	return waymark.PolicyQuery{Owner: p.owner, Author: p.author, ID: p.id}
}

func grantWrites() []route {
	return []route{
		submits(route{
			method: http.MethodPut, path: "/v1/policies/{id}", id: "putPolicy", tag: tagPolicies,
			summary: "Make or replace a policy about the resources of the caller's member",
		}, waymark.PoliciesPut, waymark.Policy{}, func(p path, b policyBody) waymark.PutPolicyRequest {
			return waymark.PutPolicyRequest{ID: p.id, Text: b.Text, Delegable: b.Delegable}
		}, nil),
		submits(route{
			method: http.MethodPut, path: "/v1/policies/{id}/template", id: "putTemplate", tag: tagPolicies,
			summary: "Make or replace a policy of a template",
		}, waymark.PoliciesPutTemplate, waymark.Policy{}, func(p path, b templateBody) waymark.PutTemplateRequest {
			return waymark.PutTemplateRequest{ID: p.id, Template: b.Template, Parameters: b.Parameters, Delegable: b.Delegable}
		}, nil),
		submits(route{
			method: http.MethodPut, path: "/v1/policies/{id}/delegation", id: "delegatePolicy", tag: tagPolicies,
			summary: "Pass on to others what another member's policy grants to the caller's",
		}, waymark.PoliciesDelegate, waymark.Policy{}, func(p path, b delegationBody) waymark.DelegatePolicyRequest {
			return waymark.DelegatePolicyRequest{Owner: b.Owner, From: b.From, ID: p.id, Text: b.Text, Delegable: b.Delegable}
		}, nil),
		submits(route{
			method: http.MethodPost, path: "/v1/policies/{id}/withdraw", id: "withdrawPolicy", tag: tagPolicies,
			summary: "Withdraw a policy that the caller's member wrote, or that is about its resources",
		}, waymark.PoliciesWithdraw, waymark.Policy{}, func(p path, b withdrawalBody) waymark.WithdrawPolicyRequest {
			return waymark.WithdrawPolicyRequest{ID: p.id, Owner: b.Owner, Author: b.Author, Reason: b.Reason}
		}, nil),
	}
}

func grantQuestions() []route {
	return []route{
		asks[waymark.DryRunRequest](route{
			method: http.MethodPost, path: "/v1/policies:dry-run", id: "dryRunPolicy", tag: tagPolicies,
			summary: "Who would gain or lose what if a policy were put or withdrawn",
		}, waymark.PoliciesDryRun, waymark.DryRun{}),
		submits(route{
			method: http.MethodPost, path: "/v1/policies:authorize", id: "authorize", tag: tagPolicies,
			summary: "What policies:check answers, recorded on the ledger so that anybody can come to it again",
		}, waymark.PoliciesAuthorize, waymark.DecisionReceipt{}, func(_ path, q waymark.CheckRequest) waymark.CheckRequest {
			return q
		}, func(_ waymark.CheckRequest, result json.RawMessage) string {
			var receipt struct {
				TxID string `json:"tx_id"`
			}
			if err := json.Unmarshal(result, &receipt); err != nil {
				return "/v1/policies/decisions"
			}
			return "/v1/policies/decisions/" + receipt.TxID
		}),
	}
}
