package attest

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"

	"github.com/go-jose/go-jose/v4"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// jwsHeader is the whole protected header of a message. Any other parameter is
// refused: nothing in a message may point at keys, URLs or extensions.
type jwsHeader struct {
	Algorithm  string `json:"alg"`
	KeyID      string `json:"kid"`
	Kind       Kind   `json:"cty"`
	Device     string `json:"iss"`
	Consortium string `json:"aud"`
	Sequence   uint64 `json:"seq,omitempty"`
	Previous   string `json:"prev,omitempty"`
}

// jwsParameters are the names a header may hold, letter for letter.
const jwsParameters = "alg kid cty iss aud seq prev"

type jwsEnvelope struct {
	algorithm string
	input     string // the JWS Signing Input
	signature []byte
}

func parseJWS(text string) (*Message, error) {
	parsed, err := jose.ParseSignedCompact(text, joseAlgorithms())
	if err != nil || len(parsed.Signatures) != 1 {
		return nil, waymark.Errorf(waymark.Invalid, "the message is not a JWS in compact form, signed with EdDSA, ES256 or ML-DSA-44")
	}
	end := strings.LastIndexByte(text, '.')
	head, body, _ := strings.Cut(text[:end], ".")
	if !canonical(body) || !canonical(text[end+1:]) {
		return nil, waymark.Errorf(waymark.Invalid, "the payload or the signature is not base64url without padding and with unused bits zero")
	}
	h, err := parseJWSHeader(head)
	if err != nil {
		return nil, err
	}
	previous, err := base64.RawURLEncoding.Strict().DecodeString(h.Previous)
	if err != nil {
		return nil, waymark.InvalidField("/prev", "must be base64url without padding")
	}
	if h.Previous == "" {
		previous = nil
	}
	return &Message{
		Header: Header{Device: h.Device, Consortium: h.Consortium, KeyID: h.KeyID, Kind: h.Kind,
			Sequence: h.Sequence, Previous: previous},
		Payload:  parsed.UnsafePayloadWithoutVerification(),
		envelope: jwsEnvelope{h.Algorithm, text[:end], parsed.Signatures[0].Signature},
	}, nil
}

// canonical reports whether a segment is the one spelling of its bytes, so that
// nobody can make a second text of a message by changing unused bits.
func canonical(segment string) bool {
	_, err := base64.RawURLEncoding.Strict().DecodeString(segment)
	return err == nil
}

func parseJWSHeader(segment string) (jwsHeader, error) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(segment)
	if err != nil {
		return jwsHeader{}, waymark.Errorf(waymark.Invalid, "the JWS header is not base64url")
	}
	var names map[string]json.RawMessage
	if err := json.Unmarshal(raw, &names); err != nil {
		return jwsHeader{}, waymark.Errorf(waymark.Invalid, "the JWS header is not a JSON object")
	}
	for name, value := range names { //determinism: either finding is the same, whichever comes first
		if !slices.Contains(strings.Fields(jwsParameters), name) || slices.Contains([]string{"null", `""`, "0"}, string(value)) {
			return jwsHeader{}, waymark.Errorf(waymark.Invalid, "the JWS header may hold only %s, each with a value or left out", jwsParameters)
		}
	}
	var h jwsHeader
	if err := json.NewDecoder(bytes.NewReader(raw)).Decode(&h); err != nil {
		return jwsHeader{}, waymark.Errorf(waymark.Invalid, "a parameter of the JWS header has the wrong type: seq is a whole number, the others are texts")
	}
	return h, nil
}

func (e jwsEnvelope) opened(key publicKey) (content, signature []byte, err error) {
	if !key.allowsJOSE(e.algorithm) {
		return nil, nil, errSignature
	}
	return []byte(e.input), e.signature, nil
}

func (e jwsEnvelope) signed() ([]byte, error) { return []byte(e.input), nil }
