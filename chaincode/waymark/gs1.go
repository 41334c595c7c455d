package waymark

import (
	"strconv"
	"strings"
)

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

// gs1CheckDigitHolds reports whether digits are all decimal and end in their
// check digit.
func gs1CheckDigitHolds(digits string) bool {
	last := len(digits) - 1
	return last > 0 && strings.Trim(digits, "0123456789") == "" && digits[last:] == gs1CheckDigit(digits[:last])
}

// gs1CheckDigit is the modulo-10 check digit that follows decimal digits (GS1 General
// Specifications, 7.9): weights 3 and 1, alternating from the right.
func gs1CheckDigit(digits string) string {
	sum := 0
	for i := range len(digits) {
		weight := 3
		if i%2 == 1 {
			weight = 1
		}
		sum += weight * int(digits[len(digits)-1-i]-'0')
	}
	return strconv.Itoa((10 - sum%10) % 10)
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

// validateLotNumber checks a batch or lot number (GS1 AI 10).
func validateLotNumber(pointer, lot string) error {
	if lot == "" || len(lot) > MaxSerialLength || strings.Trim(lot, serialCharacters) != "" {
		return InvalidField(pointer, "must be a lot number of 1 to 20 characters of GS1 character set 82")
	}
	return nil
}
