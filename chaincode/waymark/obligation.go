package waymark

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// ObligationKind is what whoever is allowed must do with what it gets.
type ObligationKind string

// The kinds, each with the form of its value. In a policy each is an annotation,
// with several values separated by commas, as in @redact("location"). The chaincode carries
// out the first two on what it answers; nothing can force the third, which binds who reads.
const (
	Redact  ObligationKind = "redact"  // leave out a data class
	Coarsen ObligationKind = "coarsen" // round a data class to some decimals, as in "location:2"
	Retain  ObligationKind = "retain"  // keep it at most for a period of days, as in "P30D", or until a time (RFC 3339)
)

// ObligationKinds returns every kind.
func ObligationKinds() []ObligationKind { return []ObligationKind{Coarsen, Redact, Retain} }

// Obligation is what is done with an answer before an allowed caller gets it, or what
// the caller must do with it.
type Obligation struct {
	Kind  ObligationKind `json:"kind"`
	Value string         `json:"value"` // a data class (redact), a class and its digits (coarsen), or a period of ISO 8601 (retain)
}

// MaxObligationValues bounds the values of one annotation.
const MaxObligationValues = 8

var (
	coarsenPattern = regexp.MustCompile(`^(.+):([0-7])$`)
	periodPattern  = regexp.MustCompile(`^P[1-9][0-9]{0,4}D$`)
)

// ParseObligations reads the value of one annotation, or returns Invalid that
// says what it must look like. The result is sorted, each obligation once.
func ParseObligations(kind ObligationKind, text string) ([]Obligation, error) {
	values := strings.Split(text, ",")
	if len(values) > MaxObligationValues {
		return nil, Errorf(Invalid, "@%s must have at most %d values", kind, MaxObligationValues)
	}
	obligations := make([]Obligation, 0, len(values))
	for _, v := range values {
		if !validObligation(kind, v) {
			return nil, Errorf(Invalid, "@%s has the value %.40q: it must be %s", kind, v, obligationForm(kind))
		}
		obligations = append(obligations, Obligation{kind, v})
	}
	return SortObligations(obligations), nil
}

// SortObligations sorts by kind and value and removes what is there twice. It never
// returns nil.
func SortObligations(obligations []Obligation) []Obligation {
	sorted := append([]Obligation{}, obligations...)
	slices.SortFunc(sorted, func(a, b Obligation) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Value, b.Value))
	})
	return slices.Compact(sorted)
}

func validObligation(kind ObligationKind, value string) bool {
	switch kind {
	case Redact:
		return ValidateID("", value) == nil
	case Coarsen:
		parts := coarsenPattern.FindStringSubmatch(value)
		return parts != nil && ValidateID("", parts[1]) == nil
	case Retain:
		t, err := time.Parse(time.RFC3339, value)
		return periodPattern.MatchString(value) || err == nil && t.Year() > 0 && strings.HasSuffix(value, "Z")
	}
	return false
}

func obligationForm(kind ObligationKind) string {
	switch kind {
	case Redact:
		return `a data class, as in "location"`
	case Coarsen:
		return `a data class, a colon and 0 to ` + strconv.Itoa(7) + ` decimals, as in "location:2"`
	default:
		return `days, as in "P30D", or a time in UTC, as in "2026-12-31T00:00:00Z"`
	}
}

// Redacts reports whether a decision obliges to leave out a data class.
func (d Decision) Redacts(class DataClass) bool {
	return slices.Contains(d.Obligations, Obligation{Redact, string(class)})
}
