package shipment

import "github.com/waymark-ledger/waymark/chaincode/waymark"

// stored is a shipment as the ledger holds it. Earlier versions wrote items, of which
// nothing else knows.
type stored struct {
	waymark.Shipment
	Items []struct {
		GTIN   string `json:"gtin"`
		Serial string `json:"serial"`
	} `json:"items"`
}

// now is the shipment as it is written today: the items of an earlier version are lines of
// its goods, and its rules have ids.
func (s *stored) now() *waymark.Shipment {
	for _, item := range s.Items {
		s.Goods = append(s.Goods, waymark.Line{ID: waymark.Item(item.GTIN, item.Serial).String()})
	}
	if s.Lots == nil {
		s.Lots = []string{}
	}
	s.Conditions = waymark.Resolve(s.Conditions)
	return &s.Shipment
}
