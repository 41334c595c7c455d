package waymark

import "regexp"

// Bounds of a product.
const (
	MaxRegulators  = 16
	maxProductName = 200
)

// Product says whose brand a GTIN is.
type Product struct {
	GTIN       string  `json:"gtin" form:"gtin"`
	Owner      string  `json:"owner" form:"id"` // the brand owner: the member that commissions items and lots of it
	Name       string  `json:"name" form:"name"`
	NetContent *Amount `json:"net_content,omitempty" metadata:",optional"` // of one item
	// Regulators are the members that may recall it beside the owner, sorted.
	Regulators []string `json:"regulators" form:"regulators"`
	Registered Stamp    `json:"registered"`
	Changed    Stamp    `json:"changed"`
}

// Amount is what one item counts in a transformation: its net content, or one piece.
func (p Product) Amount() Amount {
	if p.NetContent == nil {
		return Amount{Quantity: "1", Unit: UnitPiece}
	}
	return *p.NetContent
}

// UnitPiece is the unit of what is counted.
const UnitPiece = "H87"

// tradeUnitPattern admits the common codes of UN/ECE Recommendation 20, as KGM, LTR and H87.
var tradeUnitPattern = regexp.MustCompile(`^[A-Z0-9]{2,3}$`)

func validateAmount(pointer string, quantity Decimal, unit string) error {
	if _, err := Thousandths(quantity); err != nil {
		return InvalidField(pointer+"/quantity", "%s", AsError(err).Message)
	}
	return validateTradeUnit(pointer+"/unit", unit)
}

func validateTradeUnit(pointer, unit string) error {
	if tradeUnitPattern.MatchString(unit) {
		return nil
	}
	return InvalidField(pointer, "must be a unit code of UN/ECE Recommendation 20, as in KGM, LTR or H87")
}

// RegisterProductRequest says that a GTIN is of the caller's member.
type RegisterProductRequest struct {
	GTIN       string   `json:"gtin" form:"gtin"`
	Name       string   `json:"name" form:"name"`
	NetContent *Amount  `json:"net_content,omitempty" metadata:",optional"`
	Regulators []string `json:"regulators,omitempty" metadata:",optional" form:"regulators"` // at most MaxRegulators
}

// Validate checks the form of the request.
func (r RegisterProductRequest) Validate() error {
	if err := CheckForms(r); err != nil {
		return err
	}
	if n := r.NetContent; n != nil {
		if err := validateAmount("/net_content", n.Quantity, n.Unit); err != nil {
			return err
		}
	}
	return validateOnce("/regulators", r.Regulators)
}

// AddRegulatorRequest lets another member recall a product, for good.
type AddRegulatorRequest struct {
	GTIN      string `json:"gtin" form:"gtin"`
	Regulator string `json:"regulator" form:"id"`
}

// Validate checks the form of the request.
func (r AddRegulatorRequest) Validate() error { return CheckForms(r) }

// ProductQuery names a product.
type ProductQuery struct {
	GTIN string `json:"gtin" form:"gtin"`
}

// Validate checks the form of the query.
func (q ProductQuery) Validate() error { return CheckForms(q) }
