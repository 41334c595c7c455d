package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"github.com/fxamacker/cbor/v2"
)

// vector is one message and what a reader must make of it.
type vector struct {
	Name  string `json:"name"`
	About string `json:"about"`
	Key   string `json:"key"`           // which of the keys verifies it
	Text  string `json:"text"`          // the message in its text form
	Raw   string `json:"raw,omitempty"` // hex of the MQTT payload where it is not the text
	// What a reader of a good message finds.
	Header     *header `json:"header,omitempty"`
	Payload    string  `json:"payload,omitempty"`     // as text, for JSON
	PayloadHex string  `json:"payload_hex,omitempty"` // otherwise
	SignedHex  string  `json:"signed_hex,omitempty"`  // the bytes that are signed
	Digest     string  `json:"digest,omitempty"`      // hex of their SHA-256
	// What a reader of a bad message answers.
	Stage string `json:"stage,omitempty"` // parse: without a key; verify: with the key
	Code  string `json:"code,omitempty"`
}

// header is the header of a good message.
type header struct {
	Device     string `json:"device"`
	Consortium string `json:"consortium"`
	KeyID      string `json:"key_id"`
	Kind       string `json:"kind"`
	Sequence   uint64 `json:"sequence,omitempty"`
	Previous   string `json:"previous,omitempty"` // hex
}

func (h header) raw() []byte {
	b, err := hex.DecodeString(h.Previous)
	if err != nil { // written by this program
		panic("generate: " + err.Error())
	}
	return b
}

// jwsHeader writes the header as the Go client does. Any order will do.
func (h header) jws(alg string) string {
	text := fmt.Sprintf(`{"alg":%q,"kid":%q,"cty":%q,"iss":%q,"aud":%q`, alg, h.KeyID, h.Kind, h.Device, h.Consortium)
	if h.Sequence > 0 {
		text += fmt.Sprintf(`,"seq":%d`, h.Sequence)
	}
	if h.Previous != "" {
		text += fmt.Sprintf(`,"prev":%q`, b64(h.raw()))
	}
	return text + "}"
}

func (h header) cose(alg int64) map[any]any {
	var kind any = "application/" + h.Kind
	switch h.Kind {
	case "senml+json":
		kind = 110
	case "senml+cbor":
		kind = 112
	}
	m := map[any]any{1: alg, 3: kind, 4: []byte(h.KeyID), 15: map[any]any{1: h.Device, 3: h.Consortium}}
	if h.Sequence > 0 {
		m[labelSequence] = h.Sequence
	}
	if h.Previous != "" {
		m[labelPrevious] = h.raw()
	}
	return m
}

const (
	labelSequence = -70001
	labelPrevious = -70002
)

// jwsText signs a payload under any header text.
func jwsText(s signer, head string, payload []byte) (string, error) {
	input := b64([]byte(head)) + "." + b64(payload)
	signature, err := s.sign([]byte(input))
	return input + "." + b64(signature), err
}

// coseMessage signs a payload under any protected header. It returns the message
// and the bytes that are signed.
func coseMessage(s signer, protected any, payload []byte) (raw, signed []byte, err error) {
	head, err := encode(protected)
	if err != nil {
		return nil, nil, err
	}
	if signed, err = encode([]any{"Signature1", head, []byte{}, payload}); err != nil {
		return nil, nil, err
	}
	signature, err := s.sign(signed)
	if err != nil {
		return nil, nil, err
	}
	raw, err = encode(cbor.Tag{Number: 18, Content: []any{head, map[any]any{}, payload, signature}})
	return raw, signed, err
}

func encode(v any) ([]byte, error) {
	mode, err := cbor.CoreDetEncOptions().EncMode()
	if err != nil {
		return nil, fmt.Errorf("encode CBOR: %w", err)
	}
	return mode.Marshal(v)
}

func digestHex(signed []byte) string {
	sum := sha256.Sum256(signed)
	return hex.EncodeToString(sum[:])
}
