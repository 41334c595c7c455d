package waymark

import "strconv"

// CommissionRequest makes items of one product and lot known, or a lot in bulk.
type CommissionRequest struct {
	Lot   string   `json:"lot,omitempty" metadata:",optional" form:"goods"`    // of the items, if they have one; or the lot in bulk
	Items []string `json:"items,omitempty" metadata:",optional" form:"things"` // 1 to MaxLines
	// Quantity and Unit are of a lot in bulk, which has no items.
	Quantity Decimal `json:"quantity,omitempty" metadata:",optional"`
	Unit     string  `json:"unit,omitempty" metadata:",optional" form:"trade_unit"`
}

// Validate checks the form of the request.
func (r CommissionRequest) Validate() error {
	if err := CheckForms(r); err != nil {
		return err
	}
	if r.Quantity != "" || r.Unit != "" {
		if len(r.Items) > 0 {
			return InvalidField("/items", "must not be there with a quantity")
		}
		return first(ValidateGoods("/lot", r.Lot, GoodsLot), validateAmount("", r.Quantity, r.Unit))
	}
	if err := optional(r.Lot, func() error { return ValidateGoods("/lot", r.Lot, GoodsLot) }); err != nil {
		return err
	}
	return validateThings("/items", r.Items, r.GTIN(), GoodsItem)
}

// GTIN returns the product of a request: of the lot, or of the first item; empty if there is none.
func (r CommissionRequest) GTIN() string {
	for _, text := range append([]string{r.Lot}, r.Items...) {
		if g, err := ParseGoods(text); err == nil {
			return g.GTIN
		}
	}
	return ""
}

// validateThings checks things that have their form: some, of a kind and a product, each once.
func validateThings(pointer string, texts []string, gtin string, kind GoodsKind) error {
	if len(texts) == 0 {
		return InvalidField(pointer, "must not be empty")
	}
	seen := make(map[Goods]bool, len(texts))
	for i, text := range texts {
		at := pointer + "/" + strconv.Itoa(i)
		if err := ValidateGoods(at, text, kind); err != nil {
			return err
		}
		g := MustGoods(text)
		if g.GTIN != gtin {
			return InvalidField(at, "must be of the product %s", gtin)
		}
		if seen[g] {
			return InvalidField(at, "names a thing that came before")
		}
		seen[g] = true
	}
	return nil
}

// Commissioned is what a CommissionRequest made known.
type Commissioned struct {
	GTIN     string   `json:"gtin" form:"gtin"`
	Lot      string   `json:"lot,omitempty" metadata:",optional" form:"goods"`
	Items    []string `json:"items" form:"things"`
	Quantity Decimal  `json:"quantity,omitempty" metadata:",optional"`
	Unit     string   `json:"unit,omitempty" metadata:",optional" form:"trade_unit"`
	// Recalled are the lots in what is known then that are recalled.
	Recalled []string `json:"recalled,omitempty" metadata:",optional" form:"lots"`
}
