package attest

import (
	"encoding/base64"
	"regexp"
	"strings"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// Message is a parsed message. Nothing in it may be believed before Verify.
type Message struct {
	Header
	Payload []byte

	envelope envelope
}

// envelope is what differs between COSE and JWS: what is signed.
type envelope interface {
	// opened returns the signature and the bytes that it signs, if the message names no
	// other algorithm than the key's. It checks no signature.
	opened(key publicKey) (content, signature []byte, err error)
	// signed returns the same bytes and checks nothing.
	signed() ([]byte, error)
}

// Text returns the form in which a message travels in JSON, given the bytes that
// the device published: a JWS compact text and a message that is followed by
// disclosures as they are, anything else as base64url without padding.
func Text(raw []byte) string {
	if text := string(raw); looksLikeJWS(text) || disclosing.MatchString(text) {
		return string(raw)
	}
	return base64.RawURLEncoding.EncodeToString(raw)
}

// Parse reads a message from its text form. It checks form, not signature. It
// returns Invalid for anything that is not exactly one message.
func Parse(text string) (*Message, error) {
	if len(text) > waymark.MaxMessageBytes {
		return nil, waymark.Errorf(waymark.Invalid, "the message is longer than %d bytes", waymark.MaxMessageBytes)
	}
	if strings.ContainsAny(text, "\r\n") { // Go's base64 passes over them, even if strict
		return nil, waymark.Errorf(waymark.Invalid, "the message has a line break in it")
	}
	parse := parseCOSE
	if looksLikeJWS(text) {
		parse = parseJWS
	}
	m, err := parse(text)
	if err != nil {
		return nil, err
	}
	if err := m.Validate(); err != nil {
		return nil, err
	}
	return m, nil
}

// disclosing is a text with disclosures: no byte of it can begin a COSE_Sign1.
var disclosing = regexp.MustCompile(`^[A-Za-z0-9_.-]+~[A-Za-z0-9_~-]*~$`)

// looksLikeJWS reports whether text can only be a JWS: base64url has no dot, and
// COSE_Sign1 bytes start with tag 18, which is no ASCII letter.
func looksLikeJWS(text string) bool {
	return strings.HasPrefix(text, "ey") && strings.Contains(text, ".")
}

// Verify checks the signature over the exact bytes the device signed, with the
// algorithm that the key fixes, and returns their digest. It returns
// Unauthenticated if the signature does not hold, Invalid if the key is unusable.
func (m *Message) Verify(key waymark.JWK) (Digest, error) {
	v := VerifyAll([]Check{{m, key}})[0]
	return v.Digest, v.Err
}

func (m *Message) notSigned() error {
	return waymark.Errorf(waymark.Unauthenticated,
		"the signature of device %s with key %s does not hold", m.Device, m.KeyID).Because(waymark.ReasonSignature)
}

// Digest returns the digest of the bytes that the device is said to have signed, and checks no
// signature: for who holds it against a digest that the ledger keeps of a message that was verified.
func (m *Message) Digest() (Digest, error) {
	signed, err := m.envelope.signed()
	if err != nil {
		return Digest{}, waymark.Errorf(waymark.Invalid, "the message of device %s has nothing that could be signed", m.Device)
	}
	return digestOf(signed), nil
}
