package rest

import (
	"net/http"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

func memberRoutes() []route {
	return []route{
		evaluates(route{
			method: http.MethodGet, path: "/v1/members/{id}", id: "getMember", tag: tagMembers,
			summary: "A member's record",
		}, waymark.MembersGet, waymark.Member{}, func(p path) waymark.MemberQuery {
			return waymark.MemberQuery{Member: p.id}
		}),
		submits(route{
			method: http.MethodPut, path: "/v1/members/{id}", id: "registerMember", tag: tagMembers,
			summary: "Register the caller's own member, or replace its record",
		}, waymark.MembersRegister, waymark.Member{}, func(p path, b memberBody) waymark.RegisterMemberRequest {
			return waymark.RegisterMemberRequest{ID: p.id, Name: b.Name, GLN: b.GLN, GatewayURL: b.GatewayURL}
		}, nil),
	}
}
