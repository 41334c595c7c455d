package attest

import (
	"encoding/base64"
	"encoding/json"
	"strings"

	"github.com/fxamacker/cbor/v2"
)

// Recorded reads the header and the payload of a message that the ledger has recorded: it is Parse for who reads many of those, and looks for nothing
// that its endorsers have refused. So it must not be used for what came from a device. It returns Invalid for what it cannot read.
func Recorded(text string) (Header, []byte, error) {
	read := recordedCOSE
	if looksLikeJWS(text) {
		read = recordedJWS
	}
	if h, payload, ok := read(text); ok {
		return h, payload, nil
	}
	m, err := Parse(text)
	if err != nil {
		return Header{}, nil, err
	}
	return m.Header, m.Payload, nil
}

// recordedSign1 is a COSE_Sign1 behind its tag.
type recordedSign1 struct {
	_           struct{} `cbor:",toarray"`
	Protected   []byte
	Unprotected cbor.RawMessage
	Payload     []byte
	Signature   []byte
}

// recordedHeader is the protected header. What has a content type in words is left to Parse.
type recordedHeader struct {
	ContentFormat int64  `cbor:"3,keyasint"`
	KeyID         []byte `cbor:"4,keyasint"`
	Claims        struct {
		Issuer   string `cbor:"1,keyasint"`
		Audience string `cbor:"3,keyasint"`
	} `cbor:"15,keyasint"`
	Sequence uint64 `cbor:"-70001,keyasint"`
	Previous []byte `cbor:"-70002,keyasint"`
}

// tagSign1 is the first byte of a COSE_Sign1: tag 18.
const tagSign1 = 0xd2

func recordedCOSE(text string) (h Header, payload []byte, ok bool) {
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(raw) == 0 || raw[0] != tagSign1 {
		return h, nil, false
	}
	var m recordedSign1
	var p recordedHeader
	if cbor.Unmarshal(raw[1:], &m) != nil || cbor.Unmarshal(m.Protected, &p) != nil {
		return h, nil, false
	}
	h = Header{Device: p.Claims.Issuer, Consortium: p.Claims.Audience, KeyID: string(p.KeyID), Kind: PackCBOR, Sequence: p.Sequence, Previous: p.Previous}
	if p.ContentFormat == contentFormatJSON {
		h.Kind = PackJSON
	}
	return h, m.Payload, p.ContentFormat == contentFormatJSON || p.ContentFormat == contentFormatCBOR
}

func recordedJWS(text string) (h Header, payload []byte, ok bool) {
	head, rest, _ := strings.Cut(text, ".")
	body, _, _ := strings.Cut(rest, ".")
	raw, errHead := base64.RawURLEncoding.DecodeString(head)
	payload, errBody := base64.RawURLEncoding.DecodeString(body)
	var j jwsHeader
	if errHead != nil || errBody != nil || json.Unmarshal(raw, &j) != nil {
		return h, nil, false
	}
	h = Header{Device: j.Device, Consortium: j.Consortium, KeyID: j.KeyID, Kind: j.Kind, Sequence: j.Sequence}
	if j.Previous != "" {
		h.Previous, errHead = base64.RawURLEncoding.DecodeString(j.Previous)
	}
	return h, payload, errHead == nil
}
