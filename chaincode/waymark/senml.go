package waymark

import "regexp"

// Patterns of RFC 8428: names (clause 4.5.1) and the units of its registry.
var (
	namePattern = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9:./_-]{0,63}$`)
	unitPattern = regexp.MustCompile(`^([A-Za-z0-9%][A-Za-z0-9%/_-]{0,15}|/[0-9]{0,15})$`)
)

// ValidateMeasurement checks the SenML name of a measurement: 1 to 64
// characters of A-Z a-z 0-9 : . / _ -, the first a letter or digit.
func ValidateMeasurement(pointer, name string) error {
	if namePattern.MatchString(name) {
		return nil
	}
	return InvalidField(pointer, "must be a SenML name: 1 to 64 characters of A-Z a-z 0-9 : . / _ - and start with a letter or digit")
}

// ValidateUnit checks the form of a SenML unit symbol, as in "Cel", "%RH" or "/".
// Every symbol of the registry has it (RFC 8428, clause 12.1, and the secondary
// units of RFC 8798), and so have others: a unit only has to be the same in the
// reading and in the condition.
func ValidateUnit(pointer, unit string) error {
	if unitPattern.MatchString(unit) {
		return nil
	}
	return InvalidField(pointer, `must be a SenML unit, as in "Cel" or "%%RH"`)
}
