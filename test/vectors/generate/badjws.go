package main

import "strings"

// refuse adds a message that a reader must refuse without asking for a key.
func (b *bench) refuse(name, about, text string) {
	b.add(vector{Name: name, About: about, Key: ed25519Key, Text: text, Stage: "parse", Code: "invalid"})
}

// badJWS: a good signature over a header that must be refused.
func (b *bench) badJWS() {
	zeros := strings.Repeat("A", 43) // 32 zero bytes in base64url
	for _, v := range []struct{ name, about, head string }{
		{"alg-none", "unsecured", `{"alg":"none","kid":"k1","cty":"senml+json","iss":"logger-1","aud":"waymark","seq":1}`},
		{"alg-hs256", "a MAC is no signature", `{"alg":"HS256","kid":"k1","cty":"senml+json","iss":"logger-1","aud":"waymark","seq":1}`},
		{"alg-missing", "", `{"kid":"k1","cty":"senml+json","iss":"logger-1","aud":"waymark","seq":1}`},
		{"kid-missing", "", `{"alg":"EdDSA","cty":"senml+json","iss":"logger-1","aud":"waymark","seq":1}`},
		{"kid-empty", "", `{"alg":"EdDSA","kid":"","cty":"senml+json","iss":"logger-1","aud":"waymark","seq":1}`},
		{"kid-number", "", `{"alg":"EdDSA","kid":1,"cty":"senml+json","iss":"logger-1","aud":"waymark","seq":1}`},
		{"iss-missing", "", `{"alg":"EdDSA","kid":"k1","cty":"senml+json","aud":"waymark","seq":1}`},
		{"iss-with-dot", "no dot in an id", `{"alg":"EdDSA","kid":"k1","cty":"senml+json","iss":"logger.1","aud":"waymark","seq":1}`},
		{"iss-too-long", "65 characters", `{"alg":"EdDSA","kid":"k1","cty":"senml+json","iss":"` + strings.Repeat("a", 65) + `","aud":"waymark","seq":1}`},
		{"aud-missing", "", `{"alg":"EdDSA","kid":"k1","cty":"senml+json","iss":"logger-1","seq":1}`},
		{"aud-list", "one audience, as a text", `{"alg":"EdDSA","kid":"k1","cty":"senml+json","iss":"logger-1","aud":["waymark"],"seq":1}`},
		{"cty-missing", "", `{"alg":"EdDSA","kid":"k1","iss":"logger-1","aud":"waymark","seq":1}`},
		{"cty-unknown", "", `{"alg":"EdDSA","kid":"k1","cty":"json","iss":"logger-1","aud":"waymark","seq":1}`},
		{"cty-full", "without application/", `{"alg":"EdDSA","kid":"k1","cty":"application/senml+json","iss":"logger-1","aud":"waymark","seq":1}`},
		{"seq-missing", "", `{"alg":"EdDSA","kid":"k1","cty":"senml+json","iss":"logger-1","aud":"waymark"}`},
		{"seq-0", "numbers begin at 1", `{"alg":"EdDSA","kid":"k1","cty":"senml+json","iss":"logger-1","aud":"waymark","seq":0}`},
		{"seq-negative", "", `{"alg":"EdDSA","kid":"k1","cty":"senml+json","iss":"logger-1","aud":"waymark","seq":-1}`},
		{"seq-fraction", "", `{"alg":"EdDSA","kid":"k1","cty":"senml+json","iss":"logger-1","aud":"waymark","seq":1.5}`},
		{"seq-exponent", "digits only", `{"alg":"EdDSA","kid":"k1","cty":"senml+json","iss":"logger-1","aud":"waymark","seq":1e0}`},
		{"seq-text", "", `{"alg":"EdDSA","kid":"k1","cty":"senml+json","iss":"logger-1","aud":"waymark","seq":"1"}`},
		{"seq-too-large", "2^53", `{"alg":"EdDSA","kid":"k1","cty":"senml+json","iss":"logger-1","aud":"waymark","seq":9007199254740992,"prev":"` + zeros + `"}`},
		{"seq-null", "", `{"alg":"EdDSA","kid":"k1","cty":"vnd.waymark.connect+json","iss":"logger-1","aud":"waymark","seq":null}`},
		{"seq-in-connect", "only packs have a number", `{"alg":"EdDSA","kid":"k1","cty":"vnd.waymark.connect+json","iss":"logger-1","aud":"waymark","seq":1}`},
		{"seq-in-receipt", "a receipt has no number", `{"alg":"EdDSA","kid":"k1","cty":"vnd.waymark.receipt+json","iss":"logger-1","aud":"waymark","seq":1}`},
		{"prev-in-receipt", "and chains to nothing", `{"alg":"EdDSA","kid":"k1","cty":"vnd.waymark.receipt+json","iss":"logger-1","aud":"waymark","prev":"` + zeros + `"}`},
		{"seq-in-attestation", "an attestation has no number", `{"alg":"EdDSA","kid":"k1","cty":"vnd.waymark.attestation+json","iss":"logger-1","aud":"waymark","seq":1}`},
		{"prev-in-attestation", "and chains to nothing", `{"alg":"EdDSA","kid":"k1","cty":"vnd.waymark.attestation+json","iss":"logger-1","aud":"waymark","prev":"` + zeros + `"}`},
		{"seq-in-inquiry", "an inquiry says its number in the payload", `{"alg":"EdDSA","kid":"k1","cty":"vnd.waymark.inquiry+json","iss":"logger-1","aud":"waymark","seq":1}`},
		{"seq-in-presence", "", `{"alg":"EdDSA","kid":"k1","cty":"vnd.waymark.presence+json","iss":"logger-1","aud":"waymark","seq":1}`},
		{"seq-in-commit", "", `{"alg":"EdDSA","kid":"b1","cty":"vnd.waymark.commit+json","iss":"bridge","aud":"waymark","seq":1}`},
		{"prev-in-command", "", `{"alg":"EdDSA","kid":"b1","cty":"vnd.waymark.command+json","iss":"bridge","aud":"waymark","prev":"` + zeros + `"}`},
		{"prev-missing", "message 2 needs it", `{"alg":"EdDSA","kid":"k1","cty":"senml+json","iss":"logger-1","aud":"waymark","seq":2}`},
		{"prev-in-first", "", `{"alg":"EdDSA","kid":"k1","cty":"senml+json","iss":"logger-1","aud":"waymark","seq":1,"prev":"` + zeros + `"}`},
		{"prev-empty-in-first", "left out, not empty", `{"alg":"EdDSA","kid":"k1","cty":"senml+json","iss":"logger-1","aud":"waymark","seq":1,"prev":""}`},
		{"prev-short", "31 bytes", `{"alg":"EdDSA","kid":"k1","cty":"senml+json","iss":"logger-1","aud":"waymark","seq":2,"prev":"` + strings.Repeat("A", 42) + `"}`},
		{"prev-unused-bits", "the last character leaves bits that are not zero", `{"alg":"EdDSA","kid":"k1","cty":"senml+json","iss":"logger-1","aud":"waymark","seq":2,"prev":"` + zeros[1:] + `B"}`},
		{"prev-padded", "", `{"alg":"EdDSA","kid":"k1","cty":"senml+json","iss":"logger-1","aud":"waymark","seq":2,"prev":"` + zeros + `="}`},
		{"extra-typ", "no other parameter", `{"alg":"EdDSA","typ":"JWT","kid":"k1","cty":"senml+json","iss":"logger-1","aud":"waymark","seq":1}`},
		{"extra-jwk", "a message brings no key", `{"alg":"EdDSA","jwk":{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"},"kid":"k1","cty":"senml+json","iss":"logger-1","aud":"waymark","seq":1}`},
		{"crit", "", `{"alg":"EdDSA","crit":["seq"],"kid":"k1","cty":"senml+json","iss":"logger-1","aud":"waymark","seq":1}`},
		{"other-case", "names are exact", `{"alg":"EdDSA","kid":"k1","cty":"senml+json","iss":"logger-1","aud":"waymark","Seq":1}`},
		{"look-alike", "a name that holds two known ones", `{"alg":"EdDSA","kid":"k1","cty":"senml+json","iss":"logger-1","aud":"waymark","seq":1,"kid cty":"x"}`},
		{"repeated-parameter", "", `{"alg":"EdDSA","kid":"k1","kid":"k2","cty":"senml+json","iss":"logger-1","aud":"waymark","seq":1}`},
		{"not-an-object", "", `["EdDSA","k1"]`},
		{"text-after-header", "", `{"alg":"EdDSA","kid":"k1","cty":"senml+json","iss":"logger-1","aud":"waymark","seq":1}{}`},
	} {
		text, err := jwsText(b.signers[ed25519Key], v.head, []byte(packJSON))
		b.fail(err)
		b.refuse("jws-"+v.name, v.about, text)
	}
}

// badJWSText: texts that are not one JWS.
func (b *bench) badJWSText() {
	good, err := jwsText(b.signers[ed25519Key], pack(1, "senml+json").jws("EdDSA"), []byte(packJSON+" "))
	b.fail(err)
	large, err := jwsText(b.signers[ed25519Key], pack(1, "senml+json").jws("EdDSA"), []byte(strings.Repeat(" ", 24<<10)))
	b.fail(err)
	parts := strings.Split(good, ".")
	for _, v := range []struct{ name, about, text string }{
		{"empty", "", ""},
		{"nonsense", "", "hello"},
		{"two-parts", "", parts[0] + "." + parts[1]},
		{"four-parts", "", good + "." + parts[2]},
		{"json-form", "only the compact form", `{"protected":"` + parts[0] + `","payload":"` + parts[1] + `","signature":"` + parts[2] + `"}`},
		{"line-break", "after the text", good + "\n"},
		{"line-break-inside", "", parts[0] + ".\r\n" + parts[1] + "." + parts[2]},
		{"padding", "", good + "=="},
		{"signature-unused-bits", "the same bytes in another spelling", good[:len(good)-1] + nextLetter(good[len(good)-1])},
		{"payload-unused-bits", "the same bytes in another spelling", parts[0] + "." + parts[1][:len(parts[1])-1] + nextLetter(parts[1][len(parts[1])-1]) + "." + parts[2]},
		{"other-alphabet", "+ and / are of another base64", parts[0] + "." + parts[1] + "." + strings.Repeat("+/", 43)},
		{"oversize", "more than 32768 bytes", large},
	} {
		b.refuse("jws-text-"+v.name, v.about, v.text)
	}
}

// nextLetter changes the lowest bit that a base64url letter stands for.
func nextLetter(c byte) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	return string(alphabet[strings.IndexByte(alphabet, c)^1])
}
