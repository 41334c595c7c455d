package main

import (
	"encoding/hex"
	"fmt"
	"strings"
)

// messages is the content of messages.json.
type messages struct {
	About   string         `json:"about"`
	Keys    map[string]jwk `json:"keys"`
	Vectors []vector       `json:"vectors"`
}

// bench makes vectors and keeps them.
type bench struct {
	signers map[string]signer
	vectors []vector
	err     error
}

func messageFile() (*messages, error) {
	known, err := signers()
	if err != nil {
		return nil, err
	}
	b := &bench{signers: known}
	b.goodPacks()
	b.goodStatements()
	b.goodMLDSA()
	b.badJWS()
	b.badJWSText()
	b.badCOSE()
	b.badCOSEBytes()
	b.badSignatures()
	b.badMLDSA()
	file := &messages{
		About:   "Signed messages of Waymark devices; README.md says how to read this file. The keys are public: never use them.",
		Keys:    map[string]jwk{},
		Vectors: b.vectors,
	}
	for name, s := range known {
		file.Keys[name] = s.jwk
	}
	return file, b.err
}

// The packs of the examples, as JSON and as CBOR.
const (
	packJSON  = `[{"bt":1772352000,"n":"temperature","u":"Cel","v":4.25},{"n":"humidity","u":"%RH","v":61}]`
	packJSON2 = `[{"bt":1772352060,"n":"temperature","u":"Cel","v":-0.5}]`
)

func packCBOR() ([]byte, error) {
	return encode([]any{
		map[any]any{-3: 1772352000, 0: "temperature", 1: "Cel", 2: fraction(-2, 425)},
		map[any]any{0: "humidity", 1: "%RH", 2: 61},
	})
}

func pack(sequence uint64, kind string) header {
	return header{Device: "logger-1", Consortium: "waymark", KeyID: "k1", Kind: kind, Sequence: sequence}
}

func (b *bench) fail(err error) {
	if b.err == nil {
		b.err = err
	}
}

func (b *bench) add(v vector) { b.vectors = append(b.vectors, v) }

// jws adds a good JWS and returns its digest in hex.
func (b *bench) jws(name, about, key string, h header, payload string) string {
	s := b.signers[key]
	return b.jwsWith(name, about, key, h, h.jws(s.jose), payload)
}

func (b *bench) jwsWith(name, about, key string, h header, head, payload string) string {
	text, err := jwsText(b.signers[key], head, []byte(payload))
	b.fail(err)
	signed := text[:strings.LastIndexByte(text, '.')]
	v := vector{Name: name, About: about, Key: key, Text: text, Header: &h, Payload: payload,
		SignedHex: hex.EncodeToString([]byte(signed)), Digest: digestHex([]byte(signed))}
	b.add(v)
	return v.Digest
}

// cose adds a good COSE_Sign1 and returns its digest in hex.
func (b *bench) cose(name, about, key string, h header, alg int64, payload []byte) string {
	raw, signed, err := coseMessage(b.signers[key], h.cose(alg), payload)
	b.fail(err)
	v := vector{Name: name, About: about, Key: key, Text: b64(raw), Raw: hex.EncodeToString(raw), Header: &h,
		SignedHex: hex.EncodeToString(signed), Digest: digestHex(signed)}
	if h.Kind == "senml+cbor" {
		v.PayloadHex = hex.EncodeToString(payload)
	} else {
		v.Payload = string(payload)
	}
	b.add(v)
	return v.Digest
}

func (b *bench) goodPacks() {
	first := pack(1, "senml+json")
	digest := b.jws("jws-ed25519-1", "the first message of a device: no prev", ed25519Key, first, packJSON)
	if !strings.HasPrefix(digest, statementDigest) {
		b.fail(fmt.Errorf("the digest of jws-ed25519-1 is %s", digest))
	}
	second := pack(2, "senml+json")
	second.Previous = digest
	b.jws("jws-ed25519-2", "the second message: prev is the digest of jws-ed25519-1", ed25519Key, second, packJSON2)
	b.jws("jws-es256-1", "ECDSA signatures differ each time: verify this one, do not compare", p256Key, first, packJSON)
	b.jwsWith("jws-other-order", "the parameters may come in any order, with spaces", ed25519Key, first,
		`{ "seq": 1, "aud": "waymark", "iss": "logger-1", "cty": "senml+json", "kid": "k1", "alg": "EdDSA" }`, packJSON)
	last := pack(1<<53-1, "senml+json")
	last.Previous = digest
	b.jws("jws-last-number", "the largest sequence number", ed25519Key, last, packJSON)

	payload, err := packCBOR()
	b.fail(err)
	first.Kind, second.Kind = "senml+cbor", "senml+cbor"
	second.Previous = b.cose("cose-ed25519-1", "the first message of a device", ed25519Key, first, -8, payload)
	b.cose("cose-ed25519-2", "the second message: prev is the digest of cose-ed25519-1", ed25519Key, second, -8, payload)
	b.cose("cose-es256-1", "ECDSA signatures differ each time: verify this one, do not compare", p256Key, first, -7, payload)
	b.cose("cose-ed25519-rfc9864", "alg -19 names Ed25519 as -8 does", ed25519Key, first, -19, payload)
	b.cose("cose-es256-rfc9864", "alg -9 names ESP256 as -7 does for a P-256 key", p256Key, first, -9, payload)
	first.Kind = "senml+json"
	b.cose("cose-with-json", "a COSE message may carry SenML JSON (content format 110)", ed25519Key, first, -8, []byte(packJSON))
}

func (b *bench) goodStatements() {
	for _, key := range []string{ed25519Key, p256Key, mldsaKey} {
		h := pack(0, "vnd.waymark.registration+json")
		text := b.statement("logger-1", "k1", key)
		b.jws("registration-"+key, "a registration, signed with the key that it names", key, h, text)
	}
	held := strings.TrimSuffix(b.statement("logger-1", "k1", ed25519Key), "}") + `,"edge":"edge-1"}`
	b.jws("registration-edge", "a registration that edge-1 signs for the device, with a key of its own", ed25519Key, pack(0, "vnd.waymark.registration+json"), held)
	login := pack(0, "vnd.waymark.connect+json")
	b.jws("connect-jws", "a password for the broker, good for one day", ed25519Key, login, `{"iat":1772352000,"exp":1772438400}`)
	b.cose("connect-cose", "the same in COSE; its text form is the password", ed25519Key, login, -8, []byte(`{"iat":1772352000,"exp":1772438400}`))

	done := pack(0, "vnd.waymark.receipt+json")
	b.jws("receipt-jws", "a device says that it has done command c-1", ed25519Key, done, receiptJSON)
	b.cose("receipt-cose", "the same in COSE", ed25519Key, done, -8, []byte(receiptJSON))
	b.jws("receipt-es256", "ECDSA signatures differ each time: verify this one, do not compare", p256Key, done, receiptJSON)

	attested := pack(0, "vnd.waymark.attestation+json")
	b.jws("attestation-jws", "a device says at handoff 2 of shipment s-1 what it has sent and found", ed25519Key, attested, attestationJSON)
	b.cose("attestation-cose", "the same in COSE", ed25519Key, attested, -8, []byte(attestationJSON))
	b.jws("attestation-es256", "ECDSA signatures differ each time: verify this one, do not compare", p256Key, attested, attestationJSON)

	b.statements()

	b.rotation("rotation", p256Key)
	b.rotation("rotation-to-ml-dsa-44", mldsaKey)
}

// rotation leads from the Ed25519 key to another.
func (b *bench) rotation(name, to string) {
	inner := pack(0, "vnd.waymark.registration+json")
	inner.KeyID = "k2"
	next := b.signers[to]
	text, err := jwsText(next, inner.jws(next.jose), []byte(b.statement("logger-1", "k2", to)))
	b.fail(err)
	outer := pack(0, "vnd.waymark.rotation")
	b.jws(name, "from key k1 (ed25519) to k2 ("+to+"): the payload is the registration of k2, signed with k2", ed25519Key, outer, text)
}

func (b *bench) statement(device, keyID, key string) string {
	return fmt.Sprintf(`{"device":%q,"owner":"producer","model":"TL-20","key_id":%q,"jwk":%s}`, device, keyID, b.signers[key].jwk.public())
}
