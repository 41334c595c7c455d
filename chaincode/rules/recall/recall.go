package recall

import (
	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// Of returns the recalls that stand of some lots, by their canonical ids. A recall
// that is set or lifted before the transaction commits invalidates it.
func Of(r ledger.Reader, lots []string) ([]waymark.LotRecalls, error) {
	keys := make([]ledger.Key, 0, len(lots))
	for _, lot := range lots {
		keys = append(keys, ledger.RecallKey(waymark.MustGoods(lot)))
	}
	recalled := []waymark.LotRecalls{}
	if len(keys) == 0 {
		return recalled, nil
	}
	records, err := ledger.LoadMany[waymark.LotRecalls](r, keys)
	if err != nil {
		return nil, err
	}
	for _, record := range records {
		if record != nil && len(record.Standing) > 0 {
			recalled = append(recalled, *record)
		}
	}
	return recalled, nil
}

// Lots returns those of some lots that are recalled; nil if none is.
func Lots(r ledger.Reader, lots []string) ([]string, error) {
	recalled, err := Of(r, lots)
	return Names(recalled), err
}

// Names are the lots of recalls; nil if there are none.
func Names(recalls []waymark.LotRecalls) []string {
	var lots []string
	for _, lot := range recalls {
		lots = append(lots, lot.Lot)
	}
	return lots
}

// Check returns FailedPrecondition if any of some lots is recalled and may not go
// to a member; to nobody, if that is empty.
func Check(r ledger.Reader, lots []string, to string) error {
	recalled, err := Of(r, lots)
	if err != nil {
		return err
	}
	for _, lot := range recalled {
		if !lot.Admits(to) {
			return waymark.Errorf(waymark.FailedPrecondition, "lot %s is recalled by %s: %s",
				lot.Lot, lot.Standing[0].By, lot.Standing[0].Reason).Because(waymark.ReasonRecall)
		}
	}
	return nil
}
