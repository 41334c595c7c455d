package waymark

import "strings"

// ValidateGLN checks a GS1 Global Location Number: 13 digits, the last one the
// check digit (GS1 General Specifications, 7.9).
func ValidateGLN(pointer, gln string) error {
	if len(gln) == 13 && gs1CheckDigitHolds(gln) {
		return nil
	}
	return InvalidField(pointer, "must be a GLN of 13 digits with a correct check digit")
}

// ValidateGTIN checks a GS1 Global Trade Item Number in its 14-digit form, the
// last digit the check digit. Shorter GTINs are padded with zeros on the left
// (GS1 General Specifications, 3.3.2).
func ValidateGTIN(pointer, gtin string) error {
	if len(gtin) == 14 && gs1CheckDigitHolds(gtin) {
		return nil
	}
	return InvalidField(pointer, "must be a GTIN of 14 digits with a correct check digit (pad a shorter one with zeros on the left)")
}

// gs1CheckDigitHolds reports whether digits are all decimal and end in the
// modulo-10 check digit: weights 3 and 1, alternating from the right.
func gs1CheckDigitHolds(digits string) bool {
	sum := 0
	for i := range len(digits) {
		d := digits[len(digits)-1-i]
		if d < '0' || d > '9' {
			return false
		}
		weight := 1
		if i%2 == 1 {
			weight = 3
		}
		sum += weight * int(d-'0')
	}
	return sum%10 == 0
}

// serialCharacters are those of GS1 character set 82 (General Specifications,
// figure 7.11-1), of which a serial number has 1 to 20.
const serialCharacters = `!"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz`

// MaxSerialLength bounds a serial number, in characters (GS1 AI 21).
const MaxSerialLength = 20

// ValidateSerial checks the serial number of an SGTIN.
func ValidateSerial(pointer, serial string) error {
	if serial == "" || len(serial) > MaxSerialLength || strings.Trim(serial, serialCharacters) != "" {
		return InvalidField(pointer, "must be a serial number of 1 to 20 characters of GS1 character set 82")
	}
	return nil
}
