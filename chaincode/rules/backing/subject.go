package backing

import (
	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// subject are the members of payloads that name what an event is about.
type subject struct {
	txID, by string // of its transaction

	Member, Device, Shipment, Owner, Author, Authority, ID, GTIN, Act, Lot, Payment, Issuer, Currency, To string

	Number, First uint64
	Items         int
	Kind          waymark.HoldKind

	Devices     []string
	Windows     []waymark.WindowRef
	Excursions  []waymark.ExcursionRef
	Clashes     []waymark.ClashRef
	Messages    []waymark.MessageRef
	Discrepancy *waymark.DiscrepancyRef
	Escrow      *waymark.EscrowEvent
}

// one is that a record is among the writes.
func one(key ledger.Key) Record { return Record{Range: key.Range()} }

// all are that each of some records is.
func all(keys ...ledger.Key) (records []Record, err error) {
	for _, key := range keys {
		records = append(records, one(key))
	}
	return records, nil
}

func member(s subject) ([]Record, error)   { return all(ledger.MemberKey(s.Member)) }
func device(s subject) ([]Record, error)   { return all(ledger.DeviceKey(s.Device)) }
func presence(s subject) ([]Record, error) { return all(ledger.PresenceKey(s.Device)) }
func transfer(s subject) ([]Record, error) { return all(ledger.TransferKey(s.Device)) }
func streamed(s subject) ([]Record, error) { return all(ledger.StreamKey(s.Device)) }
func command(s subject) ([]Record, error)  { return all(ledger.CommandKey(s.Device, s.ID)) }
func policy(s subject) ([]Record, error)   { return all(ledger.PolicyKey(s.Owner, s.Author, s.ID)) }
func decision(s subject) ([]Record, error) { return all(ledger.DecisionKey(s.txID)) }

// devices are all that were registered together.
func devices(s subject) (records []Record, err error) {
	for _, id := range s.Devices {
		records = append(records, one(ledger.DeviceKey(id)))
	}
	return records, nil
}

func transferred(s subject) ([]Record, error) {
	return all(ledger.TransferKey(s.Device), ledger.DeviceKey(s.Device))
}

func authority(s subject) ([]Record, error) { return all(ledger.AuthorityKey(s.Owner, s.Authority)) }

// revocation is any of the owner's: the event does not name the key of the authority.
func revocation(s subject) ([]Record, error) {
	return []Record{{Range: ledger.Revocations(s.Owner)}}, nil
}

// recorded is of a batch each window and excursion, and the stream of each device that showed a clash.
func recorded(s subject) (records []Record, err error) {
	for _, w := range s.Windows {
		records = append(records, one(ledger.WindowKey(w.Device, w.First)))
	}
	for _, x := range s.Excursions {
		records = append(records, Record{Range: ledger.ExcursionsAt(x.Shipment, x.Device, x.First)})
	}
	for _, c := range s.Clashes {
		records = append(records, one(ledger.StreamKey(c.Device)))
	}
	return records, nil
}

// disclosed is what a member got, in its private collection: there is no public record of it.
func disclosed(s subject) (records []Record, err error) {
	for _, m := range s.Messages {
		records = append(records, Record{Range: ledger.DisclosureKey(m.Device, m.Sequence).Range(), Private: true, Holder: s.To})
	}
	return records, nil
}

func product(s subject) ([]Record, error) { return all(ledger.ProductKey(s.GTIN)) }
func act(s subject) ([]Record, error)     { return all(ledger.ActKey(s.Act)) }

// commissioned is a lot in bulk, or some of its items: the event says how many, and not which.
func commissioned(s subject) (records []Record, err error) {
	if s.Items > 0 {
		records = append(records, Record{Range: ledger.Items(s.GTIN)})
	}
	if s.Lot == "" {
		return records, nil
	}
	lot, err := lotOf(s)
	switch {
	case err != nil:
		return nil, err
	case s.Items > 0:
		return append(records, Record{Range: ledger.MembersOfLot(lot)}), nil
	}
	return append(records, one(ledger.GoodsKey(lot))), nil
}

func recalled(s subject) ([]Record, error) {
	lot, err := lotOf(s)
	if err != nil {
		return nil, err
	}
	return all(ledger.RecallKey(lot))
}

func lotOf(s subject) (waymark.Goods, error) {
	lot, err := waymark.ParseGoods(s.Lot)
	if err == nil && lot.Kind() != waymark.GoodsLot {
		err = errSubject
	}
	return lot, err
}

func created(s subject) ([]Record, error) {
	return all(ledger.ShipmentKey(s.Shipment), ledger.CustodyKey(s.Shipment), ledger.TitleKey(s.Shipment))
}

func custody(s subject) ([]Record, error) { return all(ledger.CustodyKey(s.Shipment)) }
func witness(s subject) ([]Record, error) { return all(ledger.WitnessKey(s.Shipment, s.Device)) }
func handoff(s subject) ([]Record, error) { return all(ledger.HandoffKey(s.Shipment, s.Number)) }
func hold(s subject) ([]Record, error)    { return all(ledger.HoldKey(s.Shipment, string(s.Kind))) }

// accepted is custody, too, which no two members write alone.
func accepted(s subject) ([]Record, error) {
	keys := []ledger.Key{ledger.HandoffKey(s.Shipment, s.Number), ledger.CustodyKey(s.Shipment)}
	if s.Discrepancy != nil {
		keys = append(keys, ledger.DiscrepancyKey(s.Shipment, s.Number))
	}
	return all(keys...)
}

func title(s subject) ([]Record, error) {
	return all(ledger.TitleOfferKey(s.Shipment, s.Number), ledger.TitleKey(s.Shipment))
}

func discrepancy(s subject) ([]Record, error) {
	return all(ledger.DiscrepancyKey(s.Shipment, s.Number))
}

func released(s subject) ([]Record, error) {
	return []Record{{Range: ledger.ExcursionsAt(s.Shipment, s.Device, s.First)}}, nil
}

// proposed is what both parties have in their private collections; the event names one. There is no public record of it.
func proposed(s subject) ([]Record, error) {
	terms := ledger.TermsKey(s.Shipment).Range()
	return []Record{{Range: terms, Private: true, Holder: s.Member}, {Range: terms, Private: true, Holder: s.Member, Other: true}}, nil
}

// purged is what a member had in its private collection. There is no public record of it.
func purged(s subject) ([]Record, error) {
	return []Record{{Range: ledger.TermsKey(s.Shipment).Range(), Private: true, Holder: s.Member}}, nil
}

func agreement(s subject) ([]Record, error)  { return all(ledger.AgreementKey(s.Shipment)) }
func escrow(s subject) ([]Record, error)     { return all(ledger.EscrowKey(s.Shipment)) }
func settlement(s subject) ([]Record, error) { return all(ledger.SettlementKey(s.Shipment)) }

// dispute is the escrow, too, if its end paid that out.
func dispute(s subject) ([]Record, error) {
	keys := []ledger.Key{ledger.DisputeKey(s.Shipment, s.Number)}
	if s.Escrow != nil {
		keys = append(keys, ledger.EscrowKey(s.Shipment))
	}
	return all(keys...)
}

func payment(s subject) ([]Record, error) { return all(ledger.PaymentKey(s.by, s.Payment)) }

// minted is the currency, too, of which there is more or less then.
func minted(s subject) ([]Record, error) {
	return all(ledger.PaymentKey(s.by, s.Payment), ledger.CurrencyKey(s.Issuer, s.Currency))
}
