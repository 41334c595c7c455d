package rest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// maxDepth bounds the nesting of a body; the deepest request has 4 levels.
const maxDepth = 16

// readBody reads at most limit bytes of the request's JSON. A request without a
// body stands for an empty object.
func readBody(w http.ResponseWriter, r *http.Request, limit int64) ([]byte, error) {
	data, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return nil, &httpError{http.StatusRequestEntityTooLarge,
			waymark.Errorf(waymark.Invalid, "the body must be at most %d bytes", tooLarge.Limit)}
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", waymark.Errorf(waymark.Invalid, "the body did not arrive whole"), err)
	}
	if len(data) == 0 {
		return []byte("{}"), nil
	}
	return data, checkMedia(r.Header)
}

// checkMedia refuses what is not JSON in UTF-8 without a content coding.
func checkMedia(h http.Header) error {
	if coding := h.Get("Content-Encoding"); coding != "" && coding != "identity" {
		return &httpError{http.StatusUnsupportedMediaType,
			waymark.Errorf(waymark.Invalid, "the body must have no content coding")}
	}
	types := h.Values("Content-Type")
	media, parameters, err := mime.ParseMediaType(strings.Join(types, ","))
	charset, named := parameters["charset"]
	if err != nil || len(types) != 1 || media != jsonMedia || named && !strings.EqualFold(charset, "utf-8") {
		return &httpError{http.StatusUnsupportedMediaType,
			waymark.Errorf(waymark.Invalid, "the body must be %s in UTF-8", jsonMedia)}
	}
	return nil
}

// decode fills target from one JSON object. It refuses, with Invalid and where
// it can with a pointer to the fault: duplicate, unknown and case-folded
// members, wrong types, null, numbers out of range, invalid UTF-8, nesting
// deeper than maxDepth, and anything after the object.
func decode(data []byte, target any) error {
	if err := scan(data); err != nil {
		return invalidJSON(err)
	}
	if err := json.Unmarshal(data, target, json.RejectUnknownMembers(true)); err != nil {
		return invalidJSON(err)
	}
	return nil
}

// scan checks the grammar of the whole body, which is far cheaper than decoding
// it, and the three things that the decoder would let pass.
func scan(data []byte) error {
	d := jsontext.NewDecoder(bytes.NewReader(data))
	if d.PeekKind() != '{' {
		return waymark.Errorf(waymark.Invalid, "the body must be a JSON object")
	}
	for {
		token, err := d.ReadToken()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if token.Kind() == 'n' {
			return waymark.InvalidField(pointer(d.StackPointer()), "must not be null: leave the member out")
		}
		if d.StackDepth() > maxDepth {
			return waymark.InvalidField(pointer(d.StackPointer()), "the body must not be nested deeper than %d levels", maxDepth)
		}
		if d.StackDepth() == 0 && d.InputOffset() < int64(len(data)) && len(bytes.TrimSpace(data[d.InputOffset():])) > 0 {
			return waymark.Errorf(waymark.Invalid, "there is something after the JSON object")
		}
	}
}

// maxPointer bounds what an answer repeats of a body, in bytes.
const maxPointer = 256

// pointer is p as an answer tells it: without its last parts, if they would make it longer
// than maxPointer.
func pointer(p jsontext.Pointer) string {
	for len(p) > maxPointer {
		p = p.Parent()
	}
	return string(p)
}

// invalidJSON says what is wrong in our words: the decoder's own name Go types.
func invalidJSON(err error) error {
	var known *waymark.Error
	if errors.As(err, &known) {
		return known
	}
	var semantic *json.SemanticError
	if errors.As(err, &semantic) {
		return waymark.InvalidField(pointer(semantic.JSONPointer), "%s", semanticText(semantic))
	}
	var syntactic *jsontext.SyntacticError
	if errors.As(err, &syntactic) {
		if errors.Is(err, jsontext.ErrDuplicateName) {
			return waymark.InvalidField(pointer(syntactic.JSONPointer), "is in the object twice")
		}
		return waymark.InvalidField(pointer(syntactic.JSONPointer), "the body is not valid JSON at byte %d", syntactic.ByteOffset)
	}
	return waymark.Errorf(waymark.Invalid, "the body is not valid JSON")
}

func semanticText(e *json.SemanticError) string {
	if errors.Is(e, json.ErrUnknownName) {
		return "there is no such member here (names are case-sensitive)"
	}
	switch e.JSONKind {
	case '"':
		return "must not be a string, or not this one"
	case '0':
		return "must not be a number, or is out of range"
	case 't', 'f':
		return "must not be a boolean"
	case '{':
		return "must not be an object"
	case '[':
		return "must not be an array"
	default:
		return "has the wrong type"
	}
}
