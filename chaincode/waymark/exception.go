package waymark

import (
	"slices"
	"strconv"
)

// MaxExceptions bounds the exceptions of one acceptance.
const MaxExceptions = 200

// ExceptionReason is what is wrong with a thing that an acceptor names.
type ExceptionReason string

// The reasons. A thing that is missing, or in whose place another was, stays with the
// offeror and is out of the shipment; one that is damaged or of another lot is received.
const (
	ExceptionMissing   ExceptionReason = "missing"
	ExceptionWrongItem ExceptionReason = "wrong_item"
	ExceptionDamaged   ExceptionReason = "damaged"
	ExceptionWrongLot  ExceptionReason = "wrong_lot"
	ExceptionOver      ExceptionReason = "over" // it was there and is not of the shipment
)

// ExceptionReasons returns every reason.
func ExceptionReasons() []ExceptionReason {
	return []ExceptionReason{ExceptionMissing, ExceptionWrongItem, ExceptionDamaged, ExceptionWrongLot, ExceptionOver}
}

// Stays reports whether a thing with this exception stays with the offeror.
func (r ExceptionReason) Stays() bool { return r == ExceptionMissing || r == ExceptionWrongItem }

// Exception is a thing that an acceptor does not confirm as it should be. What it does not
// name it has received. A thing is an EPC URI or a GS1 Digital Link in requests, the
// canonical link in records and answers.
type Exception struct {
	Goods string `json:"goods" form:"goods"` // one of the shipment; for over one that is not
	// Quantity is how much of a lot it is, in its unit. Items and containers have none.
	Quantity Decimal         `json:"quantity,omitempty" metadata:",optional"`
	Reason   ExceptionReason `json:"reason"`
	// Found is what was there instead (wrong_item), or the lot that it is of (wrong_lot).
	Found string `json:"found,omitempty" metadata:",optional" form:"goods"`
	Note  string `json:"note,omitempty" metadata:",optional" form:"note"` // in words, at most 200 bytes
}

// Line is what the exception is about. The exception must be valid.
func (e Exception) Line() Line { return Line{ID: e.Goods, Quantity: e.Quantity}.Normal() }

// Normal is an exception in the form of records. It must be valid.
func (e Exception) Normal() Exception {
	line := e.Line()
	e.Goods, e.Quantity = line.ID, line.Quantity
	if e.Found != "" {
		e.Found = MustGoods(e.Found).String()
	}
	return e
}

// ExceptionCounts are how many exceptions of each reason an acceptance has.
type ExceptionCounts struct {
	Missing   int `json:"missing" form:"excepted"`
	WrongItem int `json:"wrong_item" form:"excepted"`
	Damaged   int `json:"damaged" form:"excepted"`
	WrongLot  int `json:"wrong_lot" form:"excepted"`
	Over      int `json:"over" form:"excepted"`
}

// CountExceptions counts exceptions by reason.
func CountExceptions(exceptions []Exception) ExceptionCounts {
	var c ExceptionCounts
	for _, e := range exceptions {
		switch e.Reason {
		case ExceptionMissing:
			c.Missing++
		case ExceptionWrongItem:
			c.WrongItem++
		case ExceptionDamaged:
			c.Damaged++
		case ExceptionWrongLot:
			c.WrongLot++
		case ExceptionOver:
			c.Over++
		}
	}
	return c
}

// validateExceptions checks exceptions, each a thing that no other names, so that what was
// received, what was not and what was too much partition the goods. Of a lot there may be
// one for each reason.
func validateExceptions(exceptions []Exception) error {
	named := map[string]bool{}
	again := func(name string) bool {
		before := named[name]
		named[name] = true
		return before
	}
	for i, e := range exceptions {
		at := "/exceptions/" + strconv.Itoa(i)
		if err := e.validate(at); err != nil {
			return err
		}
		e = e.Normal()
		name := e.Goods
		if e.Quantity != "" {
			name += " " + string(e.Reason)
		}
		if again(name) {
			return InvalidField(at+"/goods", "is named before")
		}
		if e.Reason == ExceptionWrongItem && again(e.Found) {
			return InvalidField(at+"/found", "is named before")
		}
	}
	return nil
}

func (e Exception) validate(at string) error {
	if !slices.Contains(ExceptionReasons(), e.Reason) {
		return InvalidField(at+"/reason", "must be one of %v", ExceptionReasons())
	}
	if MustGoods(e.Goods).Kind() != GoodsLot {
		if e.Quantity != "" {
			return InvalidField(at+"/quantity", "is of lots only")
		}
	} else if _, err := Thousandths(e.Quantity); err != nil {
		return InvalidField(at+"/quantity", "%s", AsError(err).Message)
	}
	return e.validateFound(at)
}

func (e Exception) validateFound(at string) error {
	switch e.Reason {
	case ExceptionWrongItem:
		return ValidateGoods(at+"/found", e.Found)
	case ExceptionWrongLot:
		if err := first(ValidateGoods(at+"/goods", e.Goods, GoodsItem, GoodsLot), ValidateGoods(at+"/found", e.Found, GoodsLot)); err != nil {
			return err
		}
		if goods, found := MustGoods(e.Goods), MustGoods(e.Found); goods.GTIN != found.GTIN || goods == found {
			return InvalidField(at+"/found", "must be another lot of the same product")
		}
	default:
		if e.Found != "" {
			return InvalidField(at+"/found", "is of the reasons %s and %s only", ExceptionWrongItem, ExceptionWrongLot)
		}
	}
	return nil
}
