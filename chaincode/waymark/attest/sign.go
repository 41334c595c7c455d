package attest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"

	"github.com/cloudflare/circl/sign/mldsa/mldsa44"
	"github.com/veraison/go-cose"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// Format is the envelope of a message.
type Format string

// The formats.
const (
	COSE Format = "cose" // COSE_Sign1, the compact one
	JWS  Format = "jws"  // JWS compact, the convenient one
)

// Signed is a message ready to publish.
type Signed struct {
	Raw    []byte // what goes into the MQTT payload
	Digest Digest // what the next message's header calls Previous
}

// Text returns the form in which the message travels in JSON.
func (s Signed) Text() string { return Text(s.Raw) }

// Sign signs payload under header with a key from GenerateKey or of the same
// types. It returns Invalid for a header, key or format that Parse and Verify
// would refuse.
func Sign(format Format, key crypto.Signer, h Header, payload []byte) (Signed, error) {
	if err := h.Validate(); err != nil {
		return Signed{}, err
	}
	signer, algorithm, err := newSigner(key)
	if err != nil {
		return Signed{}, err
	}
	switch format {
	case COSE:
		return signCOSE(signer, h, payload)
	case JWS:
		return signJWS(signer, algorithm, h, payload)
	}
	return Signed{}, waymark.Errorf(waymark.Invalid, "format %q is neither %s nor %s", format, COSE, JWS)
}

// newSigner wraps a private key: both envelopes use the raw signature encodings
// that COSE and JOSE share (RFC 8032; r and s of 32 bytes each for ECDSA; FIPS 204).
func newSigner(key crypto.Signer) (cose.Signer, Algorithm, error) {
	if _, err := PublicJWK(key); err != nil {
		return nil, "", err
	}
	native, algorithm := cose.AlgorithmEdDSA, Ed25519
	switch key.Public().(type) {
	case *mldsa44.PublicKey:
		return mldsa44Signer{key}, MLDSA44, nil
	case *ecdsa.PublicKey:
		native, algorithm = cose.AlgorithmES256, ES256
	}
	signer, err := cose.NewSigner(native, key)
	if err != nil {
		return nil, "", fmt.Errorf("make signer: %w", err)
	}
	return signer, algorithm, nil
}

func signCOSE(signer cose.Signer, h Header, payload []byte) (Signed, error) {
	protected := cose.ProtectedHeader{
		cose.HeaderLabelAlgorithm:   signer.Algorithm(),
		cose.HeaderLabelContentType: h.Kind.cose(),
		cose.HeaderLabelKeyID:       []byte(h.KeyID),
		cose.HeaderLabelCWTClaims:   map[any]any{claimIssuer: h.Device, claimAudience: h.Consortium},
	}
	if h.Sequence > 0 {
		protected[labelSequence] = int64(h.Sequence) //nolint:gosec // Validate bounds it by 2^53
	}
	if h.Previous != nil {
		protected[labelPrevious] = h.Previous
	}
	capture := &capturingSigner{Signer: signer}
	m := cose.Sign1Message{Headers: cose.Headers{Protected: protected}, Payload: payload}
	if err := m.Sign(rand.Reader, nil, capture); err != nil { //determinism: for devices, no rule signs
		return Signed{}, fmt.Errorf("sign: %w", err)
	}
	raw, err := m.MarshalCBOR()
	if err != nil {
		return Signed{}, fmt.Errorf("encode message: %w", err)
	}
	return Signed{Raw: raw, Digest: digestOf(capture.signed)}, nil
}

func signJWS(signer cose.Signer, algorithm Algorithm, h Header, payload []byte) (Signed, error) {
	encode := base64.RawURLEncoding.EncodeToString
	head, err := json.Marshal(jwsHeader{Algorithm: string(algorithm), KeyID: h.KeyID, Kind: h.Kind,
		Device: h.Device, Consortium: h.Consortium, Sequence: h.Sequence, Previous: encode(h.Previous)})
	if err != nil {
		return Signed{}, fmt.Errorf("encode header: %w", err)
	}
	signed := encode(head) + "." + encode(payload)
	signature, err := signer.Sign(rand.Reader, []byte(signed)) //determinism: for devices, no rule signs
	if err != nil {
		return Signed{}, fmt.Errorf("sign: %w", err)
	}
	return Signed{Raw: []byte(signed + "." + encode(signature)), Digest: digestOf([]byte(signed))}, nil
}

// capturingSigner keeps the Sig_structure for its digest.
type capturingSigner struct {
	cose.Signer
	signed []byte
}

func (s *capturingSigner) Sign(random io.Reader, content []byte) ([]byte, error) {
	s.signed = content
	return s.Signer.Sign(random, content)
}
