package custody_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/memledger"
	"github.com/waymark-ledger/waymark/chaincode/rules/custody"
	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/rules/registry"
	"github.com/waymark-ledger/waymark/chaincode/rules/telemetry"
	"github.com/waymark-ledger/waymark/chaincode/scenario"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// callers is how many act on one shipment at once.
const callers = 40

// one is an act of one caller: endorsed on the present state, and not committed.
type one func() (*memledger.Transaction, error)

// by is the act of a caller.
func by[Q waymark.Validator, R any](s *story, caller ledger.Caller, rule func(ledger.Ledger, Q) (R, error), request Q) one {
	return func() (*memledger.Transaction, error) {
		_, tx, err := scenario.Endorse(s.Consortium, caller, rule, request)
		return tx, err
	}
}

// newCrowd is a story in a consortium of forty members more.
func newCrowd(t *testing.T) (s *story, crowd []string) {
	t.Helper()
	s = newStory(t)
	for n := range callers {
		id := fmt.Sprintf("member-%d", n)
		scenario.Must(s.Consortium, s.As(id, waymark.Admin), registry.RegisterMember, waymark.RegisterMemberRequest{ID: id, Name: id})
		crowd = append(crowd, id)
	}
	return s, crowd
}

// gtinOf is the nth GTIN.
func gtinOf(n int) string {
	digits := fmt.Sprintf("0950600%06d", n)
	sum := 0
	for i, d := range digits {
		sum += int(d-'0') * (3 - 2*(i%2))
	}
	return fmt.Sprintf("%s%d", digits, (10-sum%10)%10)
}

// isClear reports whether a refusal tells the caller what is so: no fault of machinery.
func isClear(err error) bool {
	e := waymark.AsError(err)
	switch e.Code {
	case waymark.Forbidden, waymark.FailedPrecondition:
		return len(e.Reasons) > 0
	case waymark.AlreadyExists, waymark.NotFound:
		return true
	}
	return false
}

// TestFortyCallersAtOnce: of forty acts that exclude one another, endorsed on one and the
// same state, exactly one is committed. Each other is void, and tried anew it is the same
// result or a clear refusal.
func TestFortyCallersAtOnce(t *testing.T) {
	tests := map[string]struct {
		offered  bool // a handoff to the carrier is open
		endorsed int
		act      func(s *story, crowd []string, n int) one
	}{
		"one id by forty members": {false, callers, func(s *story, crowd []string, n int) one {
			r := createRequest("contested")
			r.Goods = s.Goods(crowd[n], gtinOf(n), "1") // each ships its own
			return by(s, s.operator(crowd[n]), custody.Create, r)
		}},
		"the same goods in forty shipments": {false, callers, func(s *story, _ []string, n int) one {
			request := createRequest("s2")
			request.ID = fmt.Sprintf("contested-%d", n)
			return by(s, s.operator("producer"), custody.Create, request)
		}},
		"offers to forty members": {false, callers, func(s *story, crowd []string, n int) one {
			return by(s, s.operator("producer"), custody.Offer, s.offerRequest(crowd[n]))
		}},
		"one offer forty times": {false, callers, func(s *story, _ []string, _ int) one {
			return by(s, s.operator("producer"), custody.Offer, s.offerRequest("carrier"))
		}},
		"acceptances by forty members": {true, 1, func(s *story, crowd []string, n int) one {
			return by(s, s.operator(append(crowd[1:], "carrier")[n]), custody.Accept, acceptRequest(1, ""))
		}},
		"forty reservations": {true, callers, func(s *story, _ []string, n int) one {
			return by(s, s.operator("carrier"), custody.Accept, acceptRequest(1, fmt.Sprintf("reservation %d", n)))
		}},
		"forty reasons to reject or cancel": {true, callers, func(s *story, _ []string, n int) one {
			request := waymark.EndHandoffRequest{Shipment: "s1", Number: 1, Reason: fmt.Sprintf("reason %d", n)}
			if n%2 == 0 {
				return by(s, s.operator("carrier"), custody.Reject, request)
			}
			return by(s, s.operator("producer"), custody.Cancel, request)
		}},
		"forty devices to attach": {false, callers, func(s *story, _ []string, n int) one {
			id := fmt.Sprintf("device-%d", n)
			s.Device(id, "producer")
			return by(s, s.operator("producer"), custody.Attach, attachRequest("s1", id))
		}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s, crowd := newCrowd(t)
			if test.offered {
				s.measure(500)
				s.offer("producer", "carrier")
			}
			var acts []one
			for n := range callers {
				acts = append(acts, test.act(s, crowd, n))
			}
			committed, endorsed := s.race(acts, 0)
			if len(committed) != 1 || endorsed != test.endorsed {
				t.Errorf("of %d acts %d were endorsed and %d committed", callers, endorsed, len(committed))
			}
			s.retry(acts)
		})
	}
}

// race endorses all acts on the present state and commits them one after another, the
// first one being that at first, and returns the places of those that were committed.
func (s *story) race(acts []one, first int) (committed []int, endorsed int) {
	s.T.Helper()
	transactions := make([]*memledger.Transaction, len(acts))
	for n, act := range acts {
		tx, err := act()
		if err == nil {
			transactions[n] = tx
			endorsed++
		} else if !isClear(err) {
			s.T.Errorf("act %d is refused unclearly: %v", n, err)
		}
	}
	for n := range acts {
		n = (first + n) % len(acts)
		if transactions[n] == nil || len(transactions[n].Writes()) == 0 {
			continue // refused, or a read
		}
		switch err := transactions[n].Commit(); {
		case err == nil:
			committed = append(committed, n)
		case !errors.Is(err, memledger.ErrInvalid):
			s.T.Errorf("act %d: %v", n, err)
		}
	}
	return committed, endorsed
}

// retry does every act anew, one after another, as gateways do after a conflict.
func (s *story) retry(acts []one) {
	s.T.Helper()
	for n, act := range acts {
		tx, err := act()
		if err == nil {
			err = tx.Commit()
		}
		if err != nil && !isClear(err) {
			s.T.Errorf("act %d tried anew: %v", n, err)
		}
	}
}

// fortyActs are different acts on one shipment, of which a handoff to the carrier is open,
// by everybody who can be thought of. answers are the places of those that end the handoff,
// accepts of those that accept it.
func fortyActs(s *story, crowd []string) (acts []one, answers, accepts []int) {
	producer, carrier := s.operator("producer"), s.operator("carrier")
	acts = []one{
		by(s, carrier, custody.Accept, acceptRequest(1, "")),
		by(s, carrier, custody.Accept, acceptRequest(1, "as found")),
		by(s, carrier, custody.Reject, endRequest(1)),
		by(s, producer, custody.Cancel, endRequest(1)),
		by(s, producer, custody.Accept, acceptRequest(1, "")),
		by(s, producer, custody.Reject, endRequest(1)),
		by(s, carrier, custody.Cancel, endRequest(1)),
		by(s, carrier, custody.Offer, s.offerRequest("retailer")),
		by(s, producer, custody.Offer, s.offerRequest("retailer")),
		by(s, producer, custody.Create, createRequest("s1")),
		by(s, producer, registry.SuspendDevice, waymark.DeviceStateRequest{Device: "logger-1", Reason: "lost"}),
	}
	for n := range 5 {
		id := fmt.Sprintf("device-%d", n)
		d := s.Device(id, "producer")
		acts = append(acts,
			by(s, producer, custody.Attach, attachRequest("s1", id)),
			by(s, s.As("carrier", waymark.Relay), telemetry.Record, waymark.RecordRequest{Messages: []string{d.Pack(4000)}}),
			by(s, s.As("producer", waymark.Relay), telemetry.Record, waymark.RecordRequest{Messages: []string{s.logger.Pack(500)}}))
	}
	for n, member := range []string{"producer", "carrier", "retailer", "auditor", crowd[0], crowd[1], crowd[2]} {
		acts = append(acts, by(s, s.As(member, waymark.Viewer), custody.Get, waymark.ShipmentQuery{Shipment: "s1"}),
			by(s, s.operator(crowd[n]), custody.Accept, acceptRequest(1, "mine")))
	}
	return acts, []int{0, 1, 2, 3}, []int{0, 1}
}

// TestFortyDifferentActsAtOnce: whichever comes first, the handoff ends in one way, and
// custody is with exactly one.
func TestFortyDifferentActsAtOnce(t *testing.T) {
	s, crowd := newCrowd(t)
	s.measure(500)
	s.offer("producer", "carrier")
	acts, answers, accepts := fortyActs(s, crowd)
	if len(acts) != callers {
		t.Fatalf("%d acts", len(acts))
	}
	base := s.World
	for first := range acts {
		s.World = base.Clone()
		if tx, err := acts[first](); err != nil || len(tx.Writes()) == 0 {
			continue // it cannot come first: it is refused, or a read
		}
		committed, _ := s.race(acts, first)
		ended := slices.DeleteFunc(slices.Clone(committed), func(n int) bool { return !slices.Contains(answers, n) })
		if len(ended) != 1 {
			t.Errorf("with act %d first the handoff ended by %v", first, ended)
			continue
		}
		custodian, leg := "producer", uint64(0)
		if slices.Contains(accepts, ended[0]) {
			custodian, leg = "carrier", 1
		}
		s.retry(acts)
		if c := s.view().Custody; c.Custodian != custodian || c.Leg != leg {
			t.Errorf("with act %d first, ended by act %d, custody is %+v", first, ended[0], c)
		}
	}
}
