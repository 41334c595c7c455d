package rest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/internal/anchored"
	"github.com/waymark-ledger/waymark/gateway/internal/bodies"
	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
)

// Bodies reads the bodies of anchored windows.
type Bodies interface {
	// Messages returns the messages of a window with a body, by number, as the device signed them. What is wrong with the body
	// is a bodies.Fault.
	Messages(ctx context.Context, w waymark.Window) ([]string, error)
}

// messagesOf are the messages of an anchored window, of which the caller must be shown all.
func (s *service) messagesOf(ctx context.Context, as ledger.Identity, w waymark.Window) ([]string, error) {
	messages, err := s.bodies.Messages(ctx, w)
	var fault bodies.Fault
	if errors.As(err, &fault) {
		return nil, s.faulty(ctx, as, w, fault, err)
	}
	return messages, err
}

// faulty says what is wrong with the body of a window, and who can do something about it.
func (s *service) faulty(ctx context.Context, as ledger.Identity, w waymark.Window, fault bodies.Fault, err error) error {
	what := fmt.Sprintf("messages %d to %d of device %s are anchored in body %s", w.First, w.Last, w.Device, w.Body)
	switch fault {
	case anchored.Elsewhere:
		return fmt.Errorf("%w: %w", waymark.Errorf(waymark.NotFound, "%s, which is in the store of member %s alone: ask its gateway%s", what, w.Owner, s.gatewayOf(ctx, as, w.Owner)), err)
	case bodies.Missing:
		return fmt.Errorf("%w: %w", waymark.Errorf(waymark.NotFound, "%s, which is missing from the store of member %s: its operator can tell by `gateway fsck`", what, w.Owner), err)
	case bodies.Deleted:
		return &httpError{http.StatusGone, waymark.Errorf(waymark.NotFound, "%s, which member %s has deleted", what, w.Owner)}
	default: // it is altered, or the window was not made from it
		return &httpError{http.StatusBadGateway, waymark.Errorf(waymark.Internal, "%s, which is not what was recorded (%s): the operator of member %s can tell by `gateway fsck`", what, fault, w.Owner)}
	}
}

// gatewayOf is where a member's gateway is, as it says itself: empty if it does not.
func (s *service) gatewayOf(ctx context.Context, as ledger.Identity, member string) string {
	answered, err := s.ledger.Evaluate(ctx, ledger.Call{As: as, Transaction: waymark.MembersGet, Request: waymark.MemberQuery{Member: member}})
	var m waymark.Member
	if err != nil || json.Unmarshal(answered, &m) != nil || m.GatewayURL == "" {
		return ""
	}
	return ", " + m.GatewayURL
}
