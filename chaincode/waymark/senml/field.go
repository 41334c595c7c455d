package senml

import (
	"math/big"
	"strings"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// set puts a value under its JSON label (RFC 8428, table 1) into the record. It
// refuses labels that end in "_", which say that the reader must understand them
// (clause 4.4), and values that the ledger does not keep.
func (r *record) set(label string, value any) error {
	if target := r.text(label); target != nil {
		return setText(target, label, value)
	}
	if target := r.quantity(label); target != nil {
		return setQuantity(target, label, value)
	}
	switch label {
	case "bver":
		return version(value)
	case "vs", "vb", "vd", "s", "bs":
		return waymark.Errorf(waymark.Invalid, "%q is not recorded: send a numeric value (v)", label)
	}
	if strings.HasSuffix(label, "_") {
		return waymark.Errorf(waymark.Invalid, "%.40q must be understood and is not", label)
	}
	return nil
}

// text returns the member that holds a text label, nil for any other label.
func (r *record) text(label string) *string {
	switch label {
	case "bn":
		return &r.baseName
	case "n":
		return &r.name
	case "bu":
		return &r.baseUnit
	case "u":
		return &r.unit
	}
	return nil
}

// quantity returns the member that holds a numeric label, nil for any other label.
func (r *record) quantity(label string) **big.Rat {
	switch label {
	case "bv":
		return &r.baseValue
	case "v":
		return &r.value
	case "bt":
		return &r.baseTime
	case "t":
		return &r.time
	}
	return nil
}

func setText(target *string, label string, value any) error {
	s, ok := value.(string)
	if !ok {
		return waymark.Errorf(waymark.Invalid, "%q must be a string", label)
	}
	*target = s
	return nil
}

func setQuantity(target **big.Rat, label string, value any) error {
	n, ok := value.(*big.Rat)
	if !ok {
		return waymark.Errorf(waymark.Invalid, "%q must be a number", label)
	}
	*target = n
	return nil
}

// version accepts 10, the version of RFC 8428 (clause 4.4), and its predecessors.
func version(value any) error {
	n, ok := value.(*big.Rat)
	if !ok || n.Cmp(new(big.Rat).SetInt64(10)) > 0 {
		return waymark.Errorf(waymark.Invalid, "bver must be at most 10")
	}
	return nil
}
