package custody

import (
	"strconv"

	"github.com/waymark-ledger/waymark/chaincode/internal/goods"
	"github.com/waymark-ledger/waymark/chaincode/internal/ledger"
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
	var things []waymark.Goods
	behind := map[waymark.Goods]bool{}
	for _, e := range exceptions {
		thing := waymark.MustGoods(e.Goods)
		things, behind[thing] = append(things, thing), e.Reason.Stays()
		if e.Reason == waymark.ExceptionWrongItem {
			things = append(things, waymark.MustGoods(e.Found))
		}
	}
	spots, err := goods.Spots(r, shipment, things)
	if err != nil {
		return err
	}
	left := map[waymark.Goods]int64{} // of each lot, in thousandths
	for i, e := range exceptions {
		at := exceptionAt(i)
		if err := fits(at, e, spots[0], behind, left); err != nil {
			return err
		}
		if spots = spots[1:]; e.Reason != waymark.ExceptionWrongItem {
			continue
		}
		if spots[0].Inside {
			return misplaced(at+"/found", e.Found+" is of the shipment")
		}
		spots = spots[1:]
	}
	return nil
}

// fits checks one exception against where its thing is. behind are the things that stay
// behind, left what the exceptions before it have left of lots.
func fits(at string, e waymark.Exception, spot goods.Spot, behind map[waymark.Goods]bool, left map[waymark.Goods]int64) error {
	thing := waymark.MustGoods(e.Goods)
	isLot := thing.Kind() == waymark.GoodsLot
	if e.Reason == waymark.ExceptionOver {
		if spot.Inside && !isLot { // of a lot there can be too much
			return misplaced(at+"/goods", e.Goods+" is of the shipment")
		}
		return nil
	}
	if !spot.Inside {
		return misplaced(at+"/goods", e.Goods+" is not in the shipment")
	}
	for _, container := range spot.Containers {
		if behind[container] {
			return misplaced(at+"/goods", e.Goods+" stays behind with "+container.String())
		}
	}
	if !isLot {
		return nil
	}
	if _, begun := left[thing]; !begun {
		left[thing] = spot.Amount
	}
	amount, err := waymark.Thousandths(e.Quantity)
	if err != nil {
		return err
	}
	if left[thing] -= amount; left[thing] < 0 {
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
