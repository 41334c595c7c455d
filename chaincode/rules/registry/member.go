package registry

import (
	"github.com/waymark-ledger/waymark/chaincode/rules/access"
	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// RegisterMember registers the caller's member, or replaces what it had
// registered. The same request again changes nothing.
func RegisterMember(l ledger.Ledger, r waymark.RegisterMemberRequest) (*waymark.Member, error) {
	tx := l.Tx()
	if err := access.Authorize(tx, waymark.ActRegisterMember, access.Member(r.ID)); err != nil {
		return nil, err
	}
	key := ledger.MemberKey(r.ID)
	old, err := ledger.Load[waymark.Member](l, key)
	if err != nil {
		return nil, err
	}
	m := waymark.Member{ID: r.ID, Name: r.Name, GLN: r.GLN, GatewayURL: r.GatewayURL, Registered: tx.Stamp(), Changed: tx.Stamp()}
	if old != nil {
		m.Registered = old.Registered
		if m.Name == old.Name && m.GLN == old.GLN && m.GatewayURL == old.GatewayURL {
			return old, nil
		}
	}
	if err := ledger.Save(l, key, &m); err != nil {
		return nil, err
	}
	return &m, l.Emit(waymark.EventMemberRegistered, waymark.MemberEvent{Member: m.ID})
}

// Member returns a member's record.
func Member(l ledger.Ledger, q waymark.MemberQuery) (*waymark.Member, error) {
	if err := access.Authorize(l.Tx(), waymark.ActReadMember, access.Member(q.Member)); err != nil {
		return nil, err
	}
	return RequireMember(l, q.Member)
}

// RequireMember loads a member, or returns NotFound.
func RequireMember(r ledger.Reader, id string) (*waymark.Member, error) {
	return ledger.Require[waymark.Member](r, ledger.MemberKey(id), "member "+id)
}
