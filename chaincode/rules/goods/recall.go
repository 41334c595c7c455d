package goods

import (
	"slices"
	"strings"

	"github.com/waymark-ledger/waymark/chaincode/rules/access"
	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// Recall sets the caller's member's recall of a lot. While it stands nothing that has the
// lot in it is packed, shipped, handed over or transformed, but back to who recalls it or
// owns the brand. The same request again changes nothing.
func Recall(l ledger.Ledger, r waymark.RecallRequest) (*waymark.LotRecalls, error) {
	recalls, at, err := recallable(l, r.Lot)
	if err != nil {
		return nil, err
	}
	by := l.Tx().Caller.Member
	if at >= 0 {
		old := recalls.Standing[at]
		if old.Reason == r.Reason && old.Reference == r.Reference {
			return recalls, nil
		}
		return nil, waymark.Errorf(waymark.AlreadyExists, "%s recalls lot %s already, for another reason: lift that first", by, recalls.Lot)
	}
	recalls.Standing = append(recalls.Standing, waymark.Recall{By: by, Reason: r.Reason, Reference: r.Reference, Set: l.Tx().Stamp()})
	slices.SortFunc(recalls.Standing, func(a, b waymark.Recall) int { return strings.Compare(a.By, b.By) })
	return recalls, saveRecalls(l, recalls, waymark.EventGoodsRecalled)
}

// LiftRecall ends the recall that the caller's member set. Where none of its own stands
// that changes nothing.
func LiftRecall(l ledger.Ledger, r waymark.LiftRecallRequest) (*waymark.LotRecalls, error) {
	recalls, at, err := recallable(l, r.Lot)
	if err != nil || at < 0 {
		return recalls, err
	}
	recalls.Standing = slices.Delete(recalls.Standing, at, at+1)
	recalls.Lifted = &waymark.Recall{By: l.Tx().Caller.Member, Reason: r.Reason, Set: l.Tx().Stamp()}
	return recalls, saveRecalls(l, recalls, waymark.EventRecallLifted)
}

// recallable returns the recalls of a known lot that the caller may recall, and where its
// own is among them, -1 if none stands.
func recallable(l ledger.Ledger, lot string) (*waymark.LotRecalls, int, error) {
	g := waymark.MustGoods(lot)
	p, err := RequireProduct(l, g.GTIN)
	if err != nil {
		return nil, 0, err
	}
	if err := access.Authorize(l.Tx(), waymark.ActRecallGoods, access.Product(*p)); err != nil {
		return nil, 0, err
	}
	if _, err := look(l).lot(g); err != nil {
		return nil, 0, err
	}
	recalls, err := ledger.Load[waymark.LotRecalls](l, ledger.RecallKey(g))
	if err != nil {
		return nil, 0, err
	}
	if recalls == nil {
		recalls = &waymark.LotRecalls{Lot: g.String(), Owner: p.Owner, Standing: []waymark.Recall{}}
	}
	at := slices.IndexFunc(recalls.Standing, func(r waymark.Recall) bool { return r.By == l.Tx().Caller.Member })
	return recalls, at, nil
}

func saveRecalls(l ledger.Ledger, recalls *waymark.LotRecalls, event string) error {
	if err := ledger.Save(l, ledger.RecallKey(waymark.MustGoods(recalls.Lot)), recalls); err != nil {
		return err
	}
	return l.Emit(event, waymark.RecallEvent{Lot: recalls.Lot, By: l.Tx().Caller.Member})
}
