package main

import (
	"encoding/hex"
	"strings"

	"github.com/cloudflare/circl/sign/mldsa/mldsa44"
)

func (b *bench) goodMLDSA() {
	first := pack(1, "senml+json")
	b.jws("jws-ml-dsa-44-1", "the first message of a device with an ML-DSA-44 key", mldsaKey, first, packJSON)
	payload, err := packCBOR()
	b.fail(err)
	first.Kind = "senml+cbor"
	second := pack(2, "senml+cbor")
	second.Previous = b.cose("cose-ml-dsa-44-1", "the same in COSE: alg -48", mldsaKey, first, -48, payload)
	b.cose("cose-ml-dsa-44-2", "the second message: prev is the digest of cose-ml-dsa-44-1", mldsaKey, second, -48, payload)
	b.jws("connect-ml-dsa-44", "a password: 3,500 characters, which MQTT takes", mldsaKey, pack(0, "vnd.waymark.connect+json"), `{"iat":1772352000,"exp":1772438400}`)
}

// badMLDSA: well formed messages that an ML-DSA-44 key must refuse, and messages
// of that algorithm which another key must.
func (b *bench) badMLDSA() {
	s, h := b.signers[mldsaKey], pack(1, "senml+json")
	parts := strings.Split(b.text(s, h.jws("ML-DSA-44")), ".")
	signature, err := decode(parts[2])
	b.fail(err)
	with := func(change func(s []byte) []byte) string {
		return parts[0] + "." + parts[1] + "." + b64(change(append([]byte{}, signature...)))
	}
	for _, v := range []struct{ name, about, text string }{
		{"payload", "one reading was changed after signing", parts[0] + "." + b64([]byte(strings.Replace(packJSON, "4.25", "4.26", 1))) + "." + parts[2]},
		{"other-key", "signed with a key that is not the device's", b.text(b.signers[mldsaOther], h.jws("ML-DSA-44"))},
		{"first-bit", "one bit of the challenge", with(func(s []byte) []byte { s[0] ^= 1; return s })},
		{"middle-bit", "one bit of z", with(func(s []byte) []byte { s[1000] ^= 1; return s })},
		{"last-bit", "one bit of the hint", with(func(s []byte) []byte { s[len(s)-1] ^= 1; return s })},
		{"hint-padding", "unused places of the hint must be zero (FIPS 204, algorithm 21)", with(func(s []byte) []byte { s[len(s)-5] = 1; return s })},
		{"short", "2419 bytes", with(func(s []byte) []byte { return s[:len(s)-1] })},
		{"long", "2421 bytes", with(func(s []byte) []byte { return append(s, 0) })},
		{"zeros", "", with(func([]byte) []byte { return make([]byte, mldsa44.SignatureSize) })},
		{"ones", "", with(func([]byte) []byte { return []byte(strings.Repeat("\xff", mldsa44.SignatureSize)) })},
		{"empty", "", with(func([]byte) []byte { return nil })},
		{"context", "signed with the context waymark; it must be empty", parts[0] + "." + parts[1] + "." + b64(b.withContext(parts[0]+"."+parts[1]))},
		{"alg-eddsa", "EdDSA in the header", b.text(s, h.jws("EdDSA"))},
		{"ed25519-signature", "an Ed25519 signature under the name of ML-DSA-44", b.text(b.signers[ed25519Key], h.jws("ML-DSA-44"))},
	} {
		b.forged("ml-dsa-44-"+v.name, v.about, mldsaKey, v.text)
	}
	b.forged("wrong-alg-ml-dsa-for-ed25519", "ML-DSA-44 in the header, an Ed25519 key", ed25519Key, b.text(b.signers[ed25519Key], h.jws("ML-DSA-44")))
	b.forged("wrong-alg-ml-dsa-for-p256", "ML-DSA-44 in the header, a P-256 key", p256Key, b.text(b.signers[p256Key], h.jws("ML-DSA-44")))
	b.refuse("jws-alg-ml-dsa-65", "another parameter set", b.text(s, h.jws("ML-DSA-65")))
	b.refuse("jws-alg-ml-dsa-lower-case", "names are exact", b.text(s, h.jws("ml-dsa-44")))
	b.badMLDSAInCOSE()
}

func (b *bench) badMLDSAInCOSE() {
	payload, err := packCBOR()
	b.fail(err)
	h := pack(1, "senml+cbor")
	message := func(key string, alg int64) []byte {
		raw, _, err := coseMessage(b.signers[key], h.cose(alg), payload)
		b.fail(err)
		return raw
	}
	b.forged("ml-dsa-44-cose-alg-eddsa", "alg -8 with an ML-DSA-44 key", mldsaKey, b64(message(mldsaKey, -8)))
	b.forged("ml-dsa-44-cose-alg-65", "alg -49 is ML-DSA-65", mldsaKey, b64(message(mldsaKey, -49)))
	b.forged("wrong-cose-alg-ml-dsa", "alg -48 with an Ed25519 key", ed25519Key, b64(message(ed25519Key, -48)))
	b.forged("ml-dsa-44-cose-other-key", "signed with a key that is not the device's", mldsaKey, b64(message(mldsaOther, -48)))
	changed := strings.Replace(hex.EncodeToString(message(mldsaKey, -48)), hex.EncodeToString([]byte("humidity")), hex.EncodeToString([]byte("humiditx")), 1)
	raw, err := hex.DecodeString(changed)
	b.fail(err)
	b.forged("ml-dsa-44-cose-payload", "one letter was changed after signing", mldsaKey, b64(raw))
}

// withContext signs as FIPS 204 allows and RFC 9964 does not.
func (b *bench) withContext(input string) []byte {
	key, ok := b.signers[mldsaKey].private.(*mldsa44.PrivateKey)
	if !ok { // newMLDSA44 made it
		panic("generate: not an ML-DSA-44 key")
	}
	signature := make([]byte, mldsa44.SignatureSize)
	b.fail(mldsa44.SignTo(key, []byte(input), []byte("waymark"), false, signature))
	return signature
}
