package custody

import (
	"slices"
	"strconv"

	"github.com/waymark-ledger/waymark/chaincode/rules/goods"
	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// normal returns exceptions as they are kept.
func normal(exceptions []waymark.Exception) []waymark.Exception {
	var kept []waymark.Exception
	for _, e := range exceptions {
		kept = append(kept, e.Normal())
	}
	return kept
}

// placed checks that exceptions name what is of the shipment, or what is not, as their
// reasons want it; and of a lot no more than is there.
func placed(r ledger.Reader, shipment string, exceptions []waymark.Exception) error {
	if len(exceptions) == 0 {
		return nil
	}
	p := placement{behind: map[waymark.Goods]bool{}, taken: map[waymark.Goods]int64{}}
	var things, found []waymark.Goods
	for _, e := range exceptions {
		thing := waymark.MustGoods(e.Goods)
		things, p.behind[thing] = append(things, thing), e.Reason.Stays()
		if e.Reason == waymark.ExceptionWrongItem {
			found = append(found, waymark.MustGoods(e.Found))
		}
	}
	spots, err := goods.Spots(r, shipment, append(things, found...))
	if err != nil {
		return err
	}
	elsewhere := spots[len(things):]
	for i, e := range exceptions {
		if err := p.check(exceptionAt(i), e, spots[i]); err != nil {
			return err
		}
		if e.Reason != waymark.ExceptionWrongItem {
			continue
		}
		if elsewhere[0].Inside {
			return misplaced(exceptionAt(i)+"/found", e.Found+" is of the shipment")
		}
		elsewhere = elsewhere[1:]
	}
	return nil
}

// placement is what exceptions say together.
type placement struct {
	behind map[waymark.Goods]bool  // what stays with the member that offered
	taken  map[waymark.Goods]int64 // how much of lots they name so far, in thousandths
}

// check checks one exception against where its thing is.
func (p placement) check(at string, e waymark.Exception, spot goods.Spot) error {
	isLot := e.Quantity != ""
	switch {
	case e.Reason == waymark.ExceptionOver:
		if spot.Inside && !isLot { // of a lot there can be too much
			return misplaced(at+"/goods", e.Goods+" is of the shipment")
		}
		return nil
	case !spot.Inside:
		return misplaced(at+"/goods", e.Goods+" is not in the shipment")
	case isLot:
		return p.take(at, e, spot)
	}
	if i := slices.IndexFunc(spot.Containers, func(c waymark.Goods) bool { return p.behind[c] }); i >= 0 {
		return misplaced(at+"/goods", e.Goods+" stays behind with "+spot.Containers[i].String())
	}
	return nil
}

// take notes how much of a lot an exception names: together no more than is there.
func (p placement) take(at string, e waymark.Exception, spot goods.Spot) error {
	amount, err := waymark.Thousandths(e.Quantity)
	if err != nil {
		return err
	}
	lot := waymark.MustGoods(e.Goods)
	if p.taken[lot] += amount; p.taken[lot] > spot.Amount {
		return misplaced(at+"/quantity", "there is not so much of "+e.Goods+" in the shipment")
	}
	return nil
}

func misplaced(pointer, what string) error {
	refusal := waymark.Errorf(waymark.FailedPrecondition, "%s", what).Because(waymark.ReasonException)
	refusal.Field = pointer
	return refusal
}

func exceptionAt(i int) string { return "/exceptions/" + strconv.Itoa(i) }

// staying are what stays with the member that offered.
func staying(exceptions []waymark.Exception) []waymark.Line {
	var lines []waymark.Line
	for _, e := range exceptions {
		if e.Reason.Stays() {
			lines = append(lines, e.Line())
		}
	}
	return lines
}
