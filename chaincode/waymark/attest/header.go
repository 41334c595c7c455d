package attest

import (
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// DigestSize is the length of a Digest in bytes.
const DigestSize = 32

// Digest is the SHA-256 hash of the bytes that a device signed: the JWS Signing
// Input (RFC 7515, clause 5.1) or the COSE Sig_structure (RFC 9052, clause 4.4).
// It leaves the signature out, because for ECDSA anyone can make a second valid
// signature from the first, and would so change what the next message chains to.
type Digest [DigestSize]byte

// Header is what a message says of itself, all of it signed.
type Header struct {
	Device     string // who signs (JWS "iss", CWT claim 1): of kinds Commit and Command a bridge
	Consortium string // for whom: the channel's name (JWS "aud", CWT claim 3)
	KeyID      string // which of its keys (JWS "kid", COSE label 4)
	Kind       Kind   // what the payload is (JWS "cty", COSE label 3)
	// Sequence numbers the device's messages from 1 without a break (JWS "seq",
	// COSE label -70001); 0 for a Kind that is not Sequenced.
	Sequence uint64
	// Previous is the digest of the message before (JWS "prev", base64url; COSE
	// label -70002); nil for the first message and for a Kind that is not Sequenced.
	Previous []byte
}

// Validate checks every member of the header. It returns Invalid.
func (h Header) Validate() error {
	for _, id := range []struct{ pointer, value string }{
		{"/iss", h.Device}, {"/aud", h.Consortium}, {"/kid", h.KeyID},
	} {
		if err := waymark.ValidateID(id.pointer, id.value); err != nil {
			return err
		}
	}
	if !h.Kind.known() {
		return waymark.InvalidField("/cty", "is not a content type that Waymark knows")
	}
	if !h.Kind.Sequenced() {
		if h.Sequence != 0 || h.Previous != nil {
			return waymark.InvalidField("/seq", "must be absent, as must prev, in a message of type %s", h.Kind)
		}
		return nil
	}
	return h.validateChain()
}

func (h Header) validateChain() error {
	if err := waymark.ValidateSequence("/seq", h.Sequence); err != nil {
		return err
	}
	want := DigestSize
	if h.Sequence == 1 {
		want = 0
	}
	if len(h.Previous) != want {
		return waymark.InvalidField("/prev", "must be the %d-byte digest of message %d (absent in message 1)", DigestSize, h.Sequence-1)
	}
	return nil
}
