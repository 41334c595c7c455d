package rest

import (
	"encoding/json"
	"net/http"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// authorityRoutes are about the device CAs of members: a member changes its own, and
// reads everybody's.
func authorityRoutes() []route {
	return []route{
		submits(route{
			method: http.MethodPost, path: "/v1/device-authorities", id: "putDeviceAuthority", tag: tagAuthorities,
			summary: "Register a device CA of this member, or change whether devices that join by it start active",
		}, waymark.DevicesPutAuthority, waymark.Authority{}, func(_ path, q waymark.PutAuthorityRequest) waymark.PutAuthorityRequest {
			return q
		}, authorityLocation),
		submits(route{
			method: http.MethodPost, path: "/v1/device-authorities/{authority}/withdraw", id: "withdrawDeviceAuthority", tag: tagAuthorities,
			summary: "End joins by a device CA for good; devices that joined stay",
		}, waymark.DevicesWithdrawAuthority, waymark.Authority{}, func(p path, b reasonBody) waymark.WithdrawAuthorityRequest {
			return waymark.WithdrawAuthorityRequest{Authority: p.authority, Reason: b.Reason}
		}, nil),
		submits(route{
			method: http.MethodPost, path: "/v1/device-authorities/{authority}/revoke", id: "revokeDeviceCertificate", tag: tagAuthorities,
			summary: "Revoke a certificate by its serial number: no join with it, no message of a key that came with it",
		}, waymark.DevicesRevokeCertificate, waymark.CertificateStatus{}, func(p path, b certificateBody) waymark.RevokeCertificateRequest {
			return waymark.RevokeCertificateRequest{Authority: p.authority, Serial: b.Serial, Reason: b.Reason}
		}, nil),
		evaluates(route{
			method: http.MethodGet, path: "/v1/members/{id}/device-authorities/{authority}", id: "getDeviceAuthority", tag: tagAuthorities,
			summary: "A device CA of a member",
		}, waymark.DevicesAuthority, waymark.Authority{}, func(p path) waymark.AuthorityQuery {
			return waymark.AuthorityQuery{Owner: p.id, Authority: p.authority}
		}),
		evaluates(route{
			method: http.MethodGet, path: "/v1/members/{id}/device-authorities/{authority}/certificates/{serial}", id: "getDeviceCertificate", tag: tagAuthorities,
			summary: "Whether a certificate under a device CA is revoked",
		}, waymark.DevicesCertificate, waymark.CertificateStatus{}, func(p path) waymark.CertificateQuery {
			return waymark.CertificateQuery{Owner: p.id, Authority: p.authority, Serial: p.serial}
		}),
	}
}

// authorityLocation is where an authority is. Its id is the hash of the certificate,
// and its owner the caller's member: the record tells both.
func authorityLocation(_ waymark.PutAuthorityRequest, result json.RawMessage) string {
	var authority struct {
		ID    string `json:"id"`
		Owner string `json:"owner"`
	}
	if err := json.Unmarshal(result, &authority); err != nil {
		return "/v1/device-authorities"
	}
	return "/v1/members/" + authority.Owner + "/device-authorities/" + authority.ID
}
