package waymark

import "strconv"

// MaxLines bounds the lines of one request or shipment.
const MaxLines = 1000

// Line is a thing, or so much of a lot.
type Line struct {
	// ID is the thing: an EPC URI or a GS1 Digital Link in requests, the canonical link in
	// records and answers.
	ID string `json:"id" form:"goods"`
	// Quantity is how much of a lot, in its unit: more than 0, with at most three decimal
	// places. Items and containers have none.
	Quantity Decimal `json:"quantity,omitempty" metadata:",optional"`
	// From is where the quantity of a lot is taken from, as Portion says it: a stock that
	// the caller's member holds, or an ended shipment that it was accepted with. It is the
	// member's own stock if it is left out.
	From Place `json:"from,omitempty" metadata:",optional" form:"place"`
}

// quantityScale is the number of decimal places of a quantity.
const quantityScale = 3

// maxQuantity bounds a quantity, in thousandths, so that no sum of 1000 overflows.
const maxQuantity = 1e15

// Thousandths returns a quantity as the integer that the ledger keeps. It fails with
// Invalid for one that is not more than 0, is out of bounds or has more decimal places.
func Thousandths(q Decimal) (int64, error) {
	exact, err := q.Rat()
	if err != nil {
		return 0, err
	}
	n, err := ScaleRat(exact, quantityScale)
	if err != nil || n <= 0 || n > maxQuantity {
		return 0, Errorf(Invalid, "must be more than 0 and at most %s", Quantity(maxQuantity))
	}
	if back, err := Quantity(n).Rat(); err != nil || back.Cmp(exact) != 0 {
		return 0, Errorf(Invalid, "must have at most %d decimal places", quantityScale)
	}
	return n, nil
}

// Quantity is the decimal of a number of thousandths.
func Quantity(thousandths int64) Decimal { return FormatScaled(thousandths, quantityScale) }

// validateLines checks lines that have their form, no thing twice. Those in bulk can come from
// several places, but together be no more than one quantity can be.
func validateLines(pointer string, lines []Line) error {
	seen, sums := make(map[Line]bool, len(lines)), map[string]int64{}
	for i, line := range lines {
		at := pointer + "/" + strconv.Itoa(i)
		if err := line.validate(at); err != nil {
			return err
		}
		thing := Line{ID: MustGoods(line.ID).String(), From: line.From}
		if seen[thing] {
			return InvalidField(at, "names a thing that came before")
		}
		seen[thing] = true
		if line.Quantity == "" {
			continue
		}
		n, err := Thousandths(line.Quantity)
		if sums[thing.ID] += n; err != nil || sums[thing.ID] > maxQuantity {
			return InvalidField(at+"/quantity", "makes more than %s of the lot together", Quantity(maxQuantity))
		}
	}
	return nil
}

func (l Line) validate(at string) error {
	if err := ValidateGoods(at+"/id", l.ID); err != nil {
		return err
	}
	if MustGoods(l.ID).Kind() != GoodsLot {
		if l.Quantity != "" || l.From != "" {
			return InvalidField(at, "must have quantity and from only if it is a lot")
		}
		return nil
	}
	if _, err := Thousandths(l.Quantity); err != nil {
		return InvalidField(at+"/quantity", "%s", AsError(err).Message)
	}
	return nil
}

// Normal is a line in the form of records: the canonical link, and the shortest text of
// the quantity. The line must be valid.
func (l Line) Normal() Line {
	l.ID = MustGoods(l.ID).String()
	if l.Quantity != "" {
		if n, err := Thousandths(l.Quantity); err == nil {
			l.Quantity = Quantity(n)
		}
	}
	return l
}

// NormalLines are lines in the form of records. They must be valid.
func NormalLines(lines []Line) []Line {
	normal := make([]Line, 0, len(lines))
	for _, l := range lines {
		normal = append(normal, l.Normal())
	}
	return normal
}
