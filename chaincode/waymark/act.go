package waymark

import "strconv"

// ActKind is what was done with goods.
type ActKind string

// The kinds.
const (
	ActPacked         ActKind = "packed"         // put into a container
	ActUnpacked       ActKind = "unpacked"       // taken out of one
	ActTransformed    ActKind = "transformed"    // used up, and made into something else
	ActDecommissioned ActKind = "decommissioned" // no more
)

// ActKinds returns every kind.
func ActKinds() []ActKind {
	return []ActKind{ActPacked, ActUnpacked, ActTransformed, ActDecommissioned}
}

// Act is what a member did with goods that it holds. It has an id, so that the same
// quantity of a lot is not moved twice by the same request.
type Act struct {
	ID        string   `json:"id" form:"id"`
	Kind      ActKind  `json:"kind"`
	By        string   `json:"by" form:"id"`
	Container string   `json:"container,omitempty" metadata:",optional" form:"goods"` // that was packed or unpacked
	Lines     []Line   `json:"lines" form:"lines"`                                    // what was packed, unpacked, used up or decommissioned
	Outputs   []Output `json:"outputs,omitempty" metadata:",optional" form:"lines"`   // of a transformation
	Loss      []Amount `json:"loss,omitempty" metadata:",optional" form:"losses"`     // of a transformation
	Reason    string   `json:"reason,omitempty" metadata:",optional" form:"reason"`
	Recalled  []string `json:"recalled,omitempty" metadata:",optional" form:"lots"` // the lots in the goods that were recalled then
	Done      Stamp    `json:"done"`
}

// Output is an item, or a lot in bulk, that a transformation makes known.
type Output struct {
	ID       string  `json:"id" form:"goods"`
	Lot      string  `json:"lot,omitempty" metadata:",optional" form:"goods"`       // of an item
	Quantity Decimal `json:"quantity,omitempty" metadata:",optional"`               // of a lot
	Unit     string  `json:"unit,omitempty" metadata:",optional" form:"trade_unit"` // of a lot
}

// Amount is so much of a unit.
type Amount struct {
	Quantity Decimal `json:"quantity"`
	Unit     string  `json:"unit" form:"trade_unit"`
}

// PackRequest puts free goods into a container, which is known from then on.
type PackRequest struct {
	ID        string `json:"id" form:"id"` // of the act
	Container string `json:"container" form:"goods"`
	Lines     []Line `json:"lines" form:"lines"`
}

// Validate checks the form of the request.
func (r PackRequest) Validate() error { return validatePacking(r, r.Container, r.Lines) }

// UnpackRequest takes goods out of the container that they are directly in.
type UnpackRequest struct {
	ID        string `json:"id" form:"id"` // of the act
	Container string `json:"container" form:"goods"`
	Lines     []Line `json:"lines" form:"lines"`
}

// Validate checks the form of the request.
func (r UnpackRequest) Validate() error {
	if err := validatePacking(r, r.Container, r.Lines); err != nil {
		return err
	}
	for i, line := range r.Lines {
		if line.From != "" {
			return InvalidField("/lines/"+strconv.Itoa(i)+"/from", "must be left out: it is the container")
		}
	}
	return nil
}

func validatePacking(request Validator, container string, lines []Line) error {
	if err := first(CheckForms(request), ValidateGoods("/container", container, GoodsContainer)); err != nil {
		return err
	}
	return validateLines("/lines", lines)
}

// maxUnits bounds the units in which a transformation loses something.
const maxUnits = 16

// TransformRequest uses goods up and makes others of them. In each unit what goes in is what
// comes out and what is lost.
type TransformRequest struct {
	ID      string   `json:"id" form:"id"` // of the act
	Inputs  []Line   `json:"inputs" form:"lines"`
	Outputs []Output `json:"outputs" form:"lines"`                              // 1 to MaxLines
	Loss    []Amount `json:"loss,omitempty" metadata:",optional" form:"losses"` // of each unit once
}

// Validate checks the form of the request.
func (r TransformRequest) Validate() error {
	if err := CheckForms(r); err != nil {
		return err
	}
	if err := validateLines("/inputs", r.Inputs); err != nil {
		return err
	}
	for i, line := range r.Inputs {
		if MustGoods(line.ID).Kind() == GoodsContainer {
			return InvalidField("/inputs/"+strconv.Itoa(i)+"/id", "must be an item or a lot: unpack the container first")
		}
	}
	if err := validateOutputs(r.Outputs); err != nil {
		return err
	}
	return validateLoss(r.Loss)
}

func validateOutputs(outputs []Output) error {
	seen := make(map[Goods]bool, len(outputs))
	for i, o := range outputs {
		at := "/outputs/" + strconv.Itoa(i)
		if err := o.validate(at); err != nil {
			return err
		}
		g := MustGoods(o.ID)
		if seen[g] {
			return InvalidField(at, "names a thing that came before")
		}
		seen[g] = true
	}
	return nil
}

func (o Output) validate(at string) error {
	if err := ValidateGoods(at+"/id", o.ID, GoodsItem, GoodsLot); err != nil {
		return err
	}
	g := MustGoods(o.ID)
	if g.Kind() == GoodsLot {
		if o.Lot != "" {
			return InvalidField(at+"/lot", "must be left out of a lot")
		}
		return validateAmount(at, o.Quantity, o.Unit)
	}
	if o.Quantity != "" || o.Unit != "" {
		return InvalidField(at, "must have quantity and unit only if it is a lot")
	}
	if o.Lot == "" {
		return nil
	}
	if err := ValidateGoods(at+"/lot", o.Lot, GoodsLot); err != nil {
		return err
	}
	if MustGoods(o.Lot).GTIN != g.GTIN {
		return InvalidField(at+"/lot", "must be of the product %s", g.GTIN)
	}
	return nil
}

func validateLoss(loss []Amount) error {
	seen := map[string]bool{}
	for i, a := range loss {
		at := "/loss/" + strconv.Itoa(i)
		if err := validateAmount(at, a.Quantity, a.Unit); err != nil {
			return err
		}
		if seen[a.Unit] {
			return InvalidField(at+"/unit", "is a unit that came before")
		}
		seen[a.Unit] = true
	}
	return nil
}

// DecommissionRequest says that goods are no more: sold, consumed, destroyed. Containers
// must be empty.
type DecommissionRequest struct {
	ID     string `json:"id" form:"id"` // of the act
	Lines  []Line `json:"lines" form:"lines"`
	Reason string `json:"reason" form:"reason"`
}

// Validate checks the form of the request.
func (r DecommissionRequest) Validate() error {
	if err := CheckForms(r); err != nil {
		return err
	}
	return validateLines("/lines", r.Lines)
}
