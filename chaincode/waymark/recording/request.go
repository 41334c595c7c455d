// Package recording has the bytes in which a request of telemetry:Record travels in a transaction.
package recording

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"strings"
	"unicode/utf8"

	"github.com/fxamacker/cbor/v2"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// version is the first member of a request.
const version = 1

// request is the form of a request: an array of three, version 1 first. An entry is bytes if it was base64url, and
// else its text; the body has 32 bytes, or none.
type request struct {
	_       struct{} `cbor:",toarray"`
	Version uint64
	Entries []any
	Body    []byte
}

// arrayOfThree is the first byte of a request. No JSON begins so.
const arrayOfThree = 0x83

// The one encoding, deterministic CBOR (RFC 8949, clause 4.2.1), and its reader. How many bytes there are is
// bounded by what a peer takes.
var (
	deterministic = must(encoding().EncMode())
	strict        = must(cbor.DecOptions{
		IndefLength:      cbor.IndefLengthForbidden,
		TagsMd:           cbor.TagsForbidden,
		MaxArrayElements: waymark.MaxBatchMessages,
		MaxMapPairs:      16, // the least that can be set: there is no map
		MaxNestedLevels:  4,  // the least that can be set
	}.DecMode())
)

// encoding has no null: what is empty has one form.
func encoding() cbor.EncOptions {
	options := cbor.CoreDetEncOptions()
	options.NilContainers = cbor.NilContainerAsEmpty
	return options
}

func must[M any](mode M, err error) M {
	if err != nil { // the options are constant
		panic("recording: " + err.Error())
	}
	return mode
}

// Encode returns a request in deterministic CBOR. It returns Invalid for a body that is no SHA-256 hash in hexadecimal, and for an entry
// that is not UTF-8. All else Validate looks for, which is not called here.
func Encode(r waymark.RecordRequest) ([]byte, error) {
	q := request{Version: version, Entries: make([]any, len(r.Messages))}
	for i, text := range r.Messages {
		switch raw, is := rawOf(text); {
		case is:
			q.Entries[i] = raw
		case utf8.ValidString(text):
			q.Entries[i] = text
		default:
			return nil, waymark.InvalidField("/messages", "message %d is not UTF-8", i)
		}
	}
	if r.Body != "" {
		body, err := hex.DecodeString(r.Body)
		if err != nil || hex.EncodeToString(body) != r.Body {
			return nil, waymark.InvalidField("/body", "must be a hash in lower-case hexadecimal")
		}
		q.Body = body
	}
	encoded, err := deterministic.Marshal(q)
	if err != nil { // texts, bytes and integers always marshal
		panic("recording: encode: " + err.Error())
	}
	return encoded, nil
}

// rawOf are the bytes of a text that is exactly their base64url without padding.
func rawOf(text string) (raw []byte, is bool) {
	if text == "" || strings.ContainsAny(text, "\r\n") { // Go's base64 passes over them, even if strict
		return nil, false
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(text)
	return raw, err == nil
}

// Decode reads the argument of telemetry:Record as a transaction on the ledger has it: what Encode writes, or JSON. It returns
// Invalid for anything else. It is for what a peer was given: it bounds entries by number, and looks into none.
func Decode(argument []byte) (waymark.RecordRequest, error) {
	var r waymark.RecordRequest
	if IsCBOR(argument) {
		return decode(argument)
	}
	if err := json.Unmarshal(argument, &r); err != nil {
		return r, waymark.Errorf(waymark.Invalid, "the request is neither CBOR nor JSON")
	}
	return r, nil
}

// IsCBOR reports whether an argument can only be what Encode writes.
func IsCBOR(argument []byte) bool { return len(argument) > 0 && argument[0] == arrayOfThree }

func decode(argument []byte) (waymark.RecordRequest, error) {
	var q request
	if err := strict.Unmarshal(argument, &q); err != nil || q.Version != version {
		return waymark.RecordRequest{}, invalid()
	}
	r := waymark.RecordRequest{Messages: make([]string, len(q.Entries)), Body: hex.EncodeToString(q.Body)}
	for i, e := range q.Entries {
		switch entry := e.(type) {
		case []byte:
			r.Messages[i] = base64.RawURLEncoding.EncodeToString(entry)
		case string:
			r.Messages[i] = entry
		default:
			return waymark.RecordRequest{}, invalid()
		}
	}
	// A request has one form: who signs a proposal signs what the gateway wrote.
	if again, err := Encode(r); err != nil || !bytes.Equal(again, argument) {
		return waymark.RecordRequest{}, invalid()
	}
	return r, nil
}

func invalid() error {
	return waymark.Errorf(waymark.Invalid, "the request is not an array of version 1, entries and body in deterministic CBOR")
}
