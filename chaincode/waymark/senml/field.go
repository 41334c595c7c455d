package senml

import (
	"strings"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// supportedVersion is the version of RFC 8428 (clause 4.4).
const supportedVersion = 10

// labelName is the JSON name of a CBOR label (RFC 8428, table 4), empty for another.
func labelName(label int64) string {
	names := [...]string{"bs", "bv", "bu", "bt", "bn", "bver", "n", "u", "v", "vs", "vb", "s", "t", "ut", "vd"} // from -6 on
	if label < -6 || label > 8 {
		return ""
	}
	return names[label+6]
}

// ignore decides about a label that is not of RFC 8428: it is passed over, whatever
// its value, unless it ends in "_", which says that the reader must understand it
// (clause 4.4).
func ignore(label string) error {
	if strings.HasSuffix(label, "_") {
		return waymark.Errorf(waymark.Invalid, "%.40q must be understood and is not", label)
	}
	return nil
}

// known reports whether a label is one of RFC 8428.
func known(label string) bool {
	var r record
	return r.text(label) != nil || r.quantity(label) != nil || label == "vb" || label == "vd"
}

// set puts a value under its known JSON label (RFC 8428, table 1) into the record.
func (r *record) set(label string, value any) error {
	if target := r.text(label); target != nil {
		return setText(target, label, value)
	}
	if target := r.quantity(label); target != nil {
		return setQuantity(target, label, value)
	}
	if label == "vb" {
		return r.setBoolean(value)
	}
	return r.setData(value)
}

// text returns the member that holds a text label, nil for any other label.
func (r *record) text(label string) **string {
	switch label {
	case "bn":
		return &r.baseName
	case "n":
		return &r.name
	case "bu":
		return &r.baseUnit
	case "u":
		return &r.unit
	case "vs":
		return &r.textValue
	}
	return nil
}

// quantity returns the member that holds a numeric label, nil for any other label.
func (r *record) quantity(label string) *number {
	switch label {
	case "bver":
		return &r.version
	case "bv":
		return &r.baseValue
	case "v":
		return &r.value
	case "bs":
		return &r.baseSum
	case "s":
		return &r.sum
	case "bt":
		return &r.baseTime
	case "t":
		return &r.time
	case "ut":
		return &r.update
	}
	return nil
}

func setText(target **string, label string, value any) error {
	s, ok := value.(string)
	if !ok {
		return waymark.Errorf(waymark.Invalid, "%q must be a string", label)
	}
	*target = &s
	return nil
}

func setQuantity(target *number, label string, value any) error {
	n, ok := value.(number)
	if !ok {
		return waymark.Errorf(waymark.Invalid, "%q must be a number", label)
	}
	if label == "bver" && !supported(n) {
		return waymark.Errorf(waymark.Invalid, "bver must be a whole number from 1 to %d", supportedVersion)
	}
	*target = n
	return nil
}

func (r *record) setBoolean(value any) error {
	b, ok := value.(bool)
	if !ok {
		return waymark.Errorf(waymark.Invalid, `"vb" must be true or false`)
	}
	r.boolean = &b
	return nil
}

// setData takes bytes: each notation has its own way to write them.
func (r *record) setData(value any) error {
	b, ok := value.([]byte)
	if !ok {
		return waymark.Errorf(waymark.Invalid, `"vd" must be data: in CBOR a byte string, in JSON base64url without padding`)
	}
	s := string(b)
	r.rawData = &s
	return nil
}

// supported accepts the version of RFC 8428 and its predecessors.
func supported(version number) bool {
	return version.isWhole() && version.compare(0) > 0 && version.compare(supportedVersion) <= 0
}
