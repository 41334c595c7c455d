package goods

import (
	"bytes"
	"encoding/base64"
	"encoding/json"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// encodeCursor makes the opaque text of where a page ended.
func encodeCursor(at any) (string, error) {
	encoded, err := json.Marshal(at)
	return base64.RawURLEncoding.EncodeToString(encoded), err
}

// decodeCursor reads a cursor, or returns Invalid for what no answer has had. What it says
// is still to be checked: it came from outside.
func decodeCursor(text string, at any) error {
	encoded, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil {
		return badCursor()
	}
	decoder := json.NewDecoder(bytes.NewReader(encoded))
	decoder.DisallowUnknownFields()
	if decoder.Decode(at) != nil || decoder.More() {
		return badCursor()
	}
	return nil
}

func badCursor() error {
	return waymark.InvalidField("/cursor", "is not the cursor of an answer to this question, or does not hold any more: begin anew")
}
