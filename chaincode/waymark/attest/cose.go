package attest

import (
	"encoding/base64"

	"github.com/veraison/go-cose"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// Private labels of the COSE header (below -65536, RFC 9052, clause 11.1) and
// the CWT claims (RFC 8392) that travel in label 15 (RFC 9597).
const (
	labelSequence int64 = -70001
	labelPrevious int64 = -70002
	claimIssuer   int64 = 1
	claimAudience int64 = 3
)

type coseEnvelope struct{ message *cose.Sign1Message }

func parseCOSE(text string) (*Message, error) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil {
		return nil, waymark.Errorf(waymark.Invalid, "the message is neither a JWS in compact form nor a COSE_Sign1 in base64url without padding")
	}
	var m cose.Sign1Message
	if err := m.UnmarshalCBOR(raw); err != nil || m.Payload == nil {
		return nil, waymark.Errorf(waymark.Invalid, "the message is not a COSE_Sign1 (CBOR tag 18) with its payload inside")
	}
	if len(m.Headers.Unprotected) != 0 {
		return nil, waymark.Errorf(waymark.Invalid, "the unprotected header must be empty: all of the header is signed")
	}
	h, err := coseHeader(m.Headers.Protected)
	if err != nil {
		return nil, err
	}
	return &Message{Header: h, Payload: m.Payload, envelope: coseEnvelope{&m}}, nil
}

func coseHeader(p cose.ProtectedHeader) (Header, error) {
	var h Header
	for label, value := range p { //determinism: each label sets its own member
		if !setCOSE(&h, label, value) {
			return Header{}, waymark.Errorf(waymark.Invalid,
				"the COSE header may hold only 1 alg, 3 content type, 4 kid, 15 {1: iss, 3: aud}, %d seq and %d prev, each of its type", labelSequence, labelPrevious)
		}
	}
	return h, nil
}

func setCOSE(h *Header, label, value any) (ok bool) {
	switch label {
	case cose.HeaderLabelAlgorithm:
		return true // the key decides; see verify
	case cose.HeaderLabelContentType:
		h.Kind, ok = kindFromCOSE(value)
	case cose.HeaderLabelKeyID:
		var id []byte
		id, ok = value.([]byte)
		h.KeyID = string(id)
	case cose.HeaderLabelCWTClaims:
		ok = setClaims(h, value)
	case labelSequence:
		var n int64
		n, ok = value.(int64)
		ok = ok && n > 0
		h.Sequence = uint64(n) //nolint:gosec // negative numbers are refused
	case labelPrevious:
		h.Previous, ok = value.([]byte)
		ok = ok && len(h.Previous) > 0
	}
	return ok
}

func setClaims(h *Header, value any) bool {
	claims, ok := value.(map[any]any)
	if !ok || len(claims) != 2 {
		return false
	}
	var hasIssuer, hasAudience bool
	h.Device, hasIssuer = claims[claimIssuer].(string)
	h.Consortium, hasAudience = claims[claimAudience].(string)
	return hasIssuer && hasAudience
}

func (e coseEnvelope) opened(key publicKey) (content, signature []byte, err error) {
	alg, err := e.message.Headers.Protected.Algorithm()
	if err != nil || !key.allowsCOSE(alg) {
		return nil, nil, errSignature
	}
	content, err = e.signed()
	return content, e.message.Signature, err
}

func (e coseEnvelope) signed() ([]byte, error) {
	alg, err := e.message.Headers.Protected.Algorithm()
	if err != nil {
		return nil, err
	}
	c := &capture{algorithm: alg}
	err = e.message.Verify(nil, c)
	return c.signed, err
}

// capture keeps the Sig_structure and checks nothing.
type capture struct {
	algorithm cose.Algorithm
	signed    []byte
}

var _ cose.Verifier = (*capture)(nil)

func (c *capture) Algorithm() cose.Algorithm { return c.algorithm }

func (c *capture) Verify(content, _ []byte) error {
	c.signed = content
	return nil
}
