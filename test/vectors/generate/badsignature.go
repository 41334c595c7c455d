package main

import (
	"encoding/hex"
	"strings"
)

// forged adds a message that is well formed and that its key refuses.
func (b *bench) forged(name, about, key, text string) {
	b.add(vector{Name: name, About: about, Key: key, Text: text, Stage: "verify", Code: "unauthenticated"})
}

func (b *bench) badSignatures() {
	ed, other, p256 := b.signers[ed25519Key], b.signers[otherKey], b.signers[p256Key]
	h := pack(1, "senml+json")
	good := b.text(ed, h.jws("EdDSA"))
	parts := strings.Split(good, ".")
	b.forged("forged-payload", "one reading was changed after signing", ed25519Key,
		parts[0]+"."+b64([]byte(strings.Replace(packJSON, "4.25", "4.26", 1)))+"."+parts[2])
	later := h
	later.Device = "logger-2"
	b.forged("forged-header", "another device's name after signing", ed25519Key, b64([]byte(later.jws("EdDSA")))+"."+parts[1]+"."+parts[2])
	done := pack(0, "vnd.waymark.receipt+json")
	receiptParts := strings.Split(b.textOf(ed, done.jws("EdDSA"), receiptJSON), ".")
	b.forged("forged-receipt", "the result was changed after signing", ed25519Key,
		receiptParts[0]+"."+b64([]byte(strings.Replace(receiptJSON, "done", "failed", 1)))+"."+receiptParts[2])
	b.forged("forged-receipt-as-login", "the signature of one kind does not serve another", ed25519Key,
		b64([]byte(pack(0, "vnd.waymark.connect+json").jws("EdDSA")))+"."+receiptParts[1]+"."+receiptParts[2])
	b.forgedAttestation(ed)
	b.forged("forged-other-key", "signed with a key that is not the device's", ed25519Key, b.text(other, h.jws("EdDSA")))
	b.forged("forged-zero-signature", "", ed25519Key, parts[0]+"."+parts[1]+"."+b64(make([]byte, 64)))
	b.forged("forged-short-signature", "63 bytes", ed25519Key, parts[0]+"."+parts[1]+"."+cut(b, parts[2]))
	b.forged("wrong-alg-for-ed25519", "ES256 in the header, an Ed25519 key", ed25519Key, b.text(ed, h.jws("ES256")))
	b.forged("wrong-alg-for-p256", "EdDSA in the header, a P-256 key", p256Key, b.text(p256, h.jws("EdDSA")))
	es := strings.Split(b.text(p256, h.jws("ES256")), ".")
	der, err := p256.der([]byte(es[0] + "." + es[1]))
	b.fail(err)
	b.forged("es256-der", "the signature must be r and s of 32 bytes each, not DER", p256Key, es[0]+"."+es[1]+"."+b64(der))
	b.forgedCOSE(ed, other)
}

// forgedAttestation changes what decides of an attestation after signing.
func (b *bench) forgedAttestation(ed signer) {
	h := pack(0, "vnd.waymark.attestation+json")
	parts := strings.Split(b.textOf(ed, h.jws("EdDSA"), attestationJSON), ".")
	change := func(name, about, old, replacement string) {
		b.forged(name, about, ed25519Key, parts[0]+"."+b64([]byte(strings.Replace(attestationJSON, old, replacement, 1)))+"."+parts[2])
	}
	change("forged-attestation-last", "a held-back message was left out of it after signing", "41", "40")
	change("forged-attestation-seal", "what it found of a seal was changed after signing", "intact", "broken")
	change("forged-attestation-nonce", "it was made to fit another handoff", attestationNonce[:4], "ffff")
	b.forged("forged-attestation-as-receipt", "the signature of one kind does not serve another", ed25519Key,
		b64([]byte(pack(0, "vnd.waymark.receipt+json").jws("EdDSA")))+"."+parts[1]+"."+parts[2])
	other := h
	other.Consortium = "elsewhere"
	b.forged("forged-attestation-consortium", "nor that for one consortium another's", ed25519Key,
		b64([]byte(other.jws("EdDSA")))+"."+parts[1]+"."+parts[2])
}

func (b *bench) forgedCOSE(ed, other signer) {
	payload, err := packCBOR()
	b.fail(err)
	h := pack(1, "senml+cbor")
	message := func(s signer, head map[any]any) []byte {
		raw, _, err := coseMessage(s, head, payload)
		b.fail(err)
		return raw
	}
	b.forged("forged-cose-other-key", "signed with a key that is not the device's", ed25519Key, b64(message(other, h.cose(-8))))
	b.forged("wrong-cose-alg", "alg -7 with an Ed25519 key", ed25519Key, b64(message(ed, h.cose(-7))))
	missing := h.cose(-8)
	delete(missing, 1)
	b.forged("missing-cose-alg", "", ed25519Key, b64(message(ed, missing)))
	good := message(ed, h.cose(-8))
	changed, err := hex.DecodeString(strings.Replace(hex.EncodeToString(good), hex.EncodeToString([]byte("humidity")), hex.EncodeToString([]byte("humiditx")), 1))
	b.fail(err)
	b.forged("forged-cose-payload", "one letter was changed after signing", ed25519Key, b64(changed))
}

func (b *bench) text(s signer, head string) string { return b.textOf(s, head, packJSON) }

func (b *bench) textOf(s signer, head, payload string) string {
	text, err := jwsText(s, head, []byte(payload))
	b.fail(err)
	return text
}

// cut leaves the last byte of a 64-byte signature out.
func cut(b *bench, segment string) string {
	raw, err := decode(segment)
	b.fail(err)
	return b64(raw[:63])
}
