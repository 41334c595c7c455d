package rest

import (
	"context"
	"net/http"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/client"
)

// queryPrefix asks for what begins so.
const queryPrefix = "prefix"

func leaseRoutes() []route {
	const one = "/v1/leases/{id}"
	return []route{
		keeping(route{
			method: http.MethodPut, path: one, id: "takeLease", tag: tagLeases, keeps: true, body: leaseBody{},
			summary: "Take a lease for some seconds, or renew it: a name that one holder at a time has",
			doc: documented{about: "For everybody with a credential. Leases are of the identity that acts for the caller: others have none of them, and may take the same names for themselves. " +
				"Time is that of the database that a member's gateways share, so a holder counts from before it asked. `already_exists`: another holder has it. " +
				"`resource_exhausted`: the identity has 1024."},
		}, func(p path, b leaseBody) waymark.LeaseRequest {
			return waymark.LeaseRequest{Name: p.id, Holder: b.Holder, Seconds: b.Seconds, Note: b.Note}
		}, takeLease, nil),
		keeping(route{
			method: http.MethodPost, path: one + "/release", id: "releaseLease", tag: tagLeases, keeps: true, body: holderBody{},
			summary: "Give a lease up before its time",
			doc:     documented{about: "For who acts as the identity that has it. `not_found`: this holder does not have it (any more)."},
		}, func(p path, b holderBody) waymark.ReleaseRequest {
			return waymark.ReleaseRequest{Name: p.id, Holder: b.Holder}
		}, func(ctx context.Context, s *service, ex *exchange, q waymark.ReleaseRequest) (client.Lease, error) {
			return s.leases.Release(ctx, ex.caller.Identity, q)
		}, nil),
		keeping(route{
			method: http.MethodGet, path: "/v1/leases", id: "listLeases", tag: tagLeases, prefix: true,
			summary: "The leases that are held now, of those of the identity that acts for the caller",
			doc:     documented{about: "For everybody with a credential."},
		}, func(p path, _ noBody) waymark.LeasesQuery { return waymark.LeasesQuery{Prefix: p.prefix} },
			func(ctx context.Context, s *service, ex *exchange, q waymark.LeasesQuery) (client.LeaseList, error) {
				return s.leases.List(ctx, ex.caller.Identity, q)
			}, nil),
	}
}

// takeLease tells the audit log of a lease when it is taken, and not each time that it is renewed.
func takeLease(ctx context.Context, s *service, ex *exchange, q waymark.LeaseRequest) (client.Lease, error) {
	l, renewed, err := s.leases.Take(ctx, ex.caller.Identity, q)
	ex.renewed = err == nil && renewed
	return l, err
}
