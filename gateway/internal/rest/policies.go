package rest

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/gin-gonic/gin"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
)

func policyRoutes() []route {
	return []route{
		asks[waymark.CheckRequest](route{
			method: http.MethodPost, path: "/v1/policies:check", id: "checkPolicies", tag: tagPolicies,
			summary: "What the caller would be answered, and by which rules, without doing it",
		}, waymark.PoliciesCheck, waymark.Decision{}),
		{
			method: http.MethodGet, path: "/v1/policies/baseline", id: "getBaseline", tag: tagPolicies,
			summary: "The consortium's rulebook in Cedar, as the chaincode carries it",
			result:  waymark.Baseline{},
			doc:     documented{rules: []waymark.Transaction{waymark.PoliciesBaseline}},
			serve: func(s *service, c *gin.Context) error {
				return answer(c.Request.Context(), s, c, waymark.PoliciesBaseline, nil)
			},
		},
	}
}

// permit returns nil if the ledger's policies allow the role an action about the
// consortium. It is for what no contract function guards; those decide for
// themselves.
//
// Codes: Forbidden with the policies that decided; what the question is answered
// with, when it fails; Internal for an answer that is no decision.
func permit(ctx context.Context, s *service, as ledger.Identity, action waymark.Action) error {
	answered, err := s.ledger.Evaluate(ctx, ledger.Call{As: as, Transaction: waymark.PoliciesCheck, Request: waymark.CheckRequest{Action: action}})
	if err != nil {
		return err
	}
	var decision waymark.Decision
	if err := json.Unmarshal(answered, &decision); err != nil {
		return fmt.Errorf("decode decision on %s: %w", action, err)
	}
	if !decision.Allowed {
		return waymark.Errorf(waymark.Forbidden, "a policy denies the action %s", action).Because(decision.Reasons...)
	}
	return nil
}
