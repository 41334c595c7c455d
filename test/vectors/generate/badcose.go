package main

import (
	"encoding/hex"
	"maps"
	"math"
	"strings"

	"github.com/fxamacker/cbor/v2"
)

func (b *bench) refuseCOSE(name, about string, raw []byte) {
	b.add(vector{Name: "cose-" + name, About: about, Key: ed25519Key, Text: b64(raw), Raw: hex.EncodeToString(raw),
		Stage: "parse", Code: "invalid"})
}

// badCOSE: a good signature over a header that must be refused.
func (b *bench) badCOSE() {
	payload, err := packCBOR()
	b.fail(err)
	zeros := make([]byte, 32)
	for _, v := range []struct {
		name, about string
		label       any
		value       any // nil takes the label out
	}{
		{"kind-missing", "", 3, nil},
		{"kind-unknown", "content format 60 is plain CBOR", 3, 60},
		{"kind-text", "a number where there is one", 3, "application/senml+cbor"},
		{"kid-missing", "", 4, nil},
		{"kid-text", "kid is bytes", 4, "k1"},
		{"kid-empty", "", 4, []byte{}},
		{"claims-missing", "", 15, nil},
		{"claims-without-iss", "", 15, map[any]any{3: "waymark"}},
		{"claims-without-aud", "", 15, map[any]any{1: "logger-1"}},
		{"claims-extra", "", 15, map[any]any{1: "logger-1", 3: "waymark", 4: 1772352000}},
		{"iss-bytes", "", 15, map[any]any{1: []byte("logger-1"), 3: "waymark"}},
		{"iss-with-space", "", 15, map[any]any{1: "logger 1", 3: "waymark"}},
		{"seq-missing", "", labelSequence, nil},
		{"seq-0", "", labelSequence, 0},
		{"seq-negative", "", labelSequence, -1},
		{"seq-float", "", labelSequence, 1.5},
		{"seq-whole-float", "an integer, not 1.0", labelSequence, float32(1)},
		{"seq-too-large", "2^53", labelSequence, uint64(1 << 53)},
		{"seq-64-bit", "", labelSequence, uint64(math.MaxUint64)},
		{"prev-in-first", "", labelPrevious, zeros},
		{"prev-empty-in-first", "left out, not empty", labelPrevious, []byte{}},
		{"prev-text", "", labelPrevious, "x"},
		{"extra-label", "", 33, []byte("x5chain")},
		{"extra-text-label", "", "note", "x"},
		{"crit", "", 2, []any{labelSequence}},
		{"iv", "", 5, zeros},
	} {
		h := maps.Clone(pack(1, "senml+cbor").cose(-8))
		delete(h, v.label)
		if v.value != nil {
			h[v.label] = v.value
		}
		raw, _, err := coseMessage(b.signers[ed25519Key], h, payload)
		b.fail(err)
		b.refuseCOSE(v.name, v.about, raw)
	}
	second := pack(2, "senml+cbor").cose(-8)
	raw, _, err := coseMessage(b.signers[ed25519Key], second, payload)
	b.fail(err)
	b.refuseCOSE("prev-missing", "message 2 needs it", raw)
	second[labelPrevious] = zeros[:31]
	raw, _, err = coseMessage(b.signers[ed25519Key], second, payload)
	b.fail(err)
	b.refuseCOSE("prev-short", "31 bytes", raw)
}

// badCOSEBytes: bytes that are not one COSE_Sign1 as it must be.
func (b *bench) badCOSEBytes() {
	payload, err := packCBOR()
	b.fail(err)
	s := b.signers[ed25519Key]
	good, signed, err := coseMessage(s, pack(1, "senml+cbor").cose(-8), payload)
	b.fail(err)
	signature, err := s.sign(signed)
	b.fail(err)
	head, err := encode(pack(1, "senml+cbor").cose(-8))
	b.fail(err)
	array := func(tag uint64, parts ...any) []byte {
		raw, err := encode(cbor.Tag{Number: tag, Content: parts})
		b.fail(err)
		return raw
	}
	none := map[any]any{}
	b.refuseCOSE("untagged", "tag 18 is required", good[1:])
	b.refuseCOSE("tag-98", "COSE_Sign is another structure", array(98, head, none, payload, signature))
	b.refuseCOSE("tag-61", "a CWT tag around it", append([]byte{0xd8, 61}, good...))
	b.refuseCOSE("unprotected", "the unprotected header must be empty", array(18, head, map[any]any{4: []byte("k1")}, payload, signature))
	b.refuseCOSE("detached", "the payload must be inside", array(18, head, none, nil, signature))
	b.refuseCOSE("header-as-map", "the protected header is a byte string", array(18, pack(1, "senml+cbor").cose(-8), none, payload, signature))
	b.refuseCOSE("header-empty", "", array(18, []byte{}, none, payload, signature))
	b.refuseCOSE("three-parts", "", array(18, head, none, payload))
	b.refuseCOSE("trailing-bytes", "", append(append([]byte{}, good...), 0))
	b.refuseCOSE("cut", "the last byte is missing", good[:len(good)-1])
	twice := append([]byte{head[0] + 1}, append(head[1:], 4, 0x42, 'k', '2')...)
	b.refuseCOSE("repeated-label", "kid is there twice", array(18, twice, none, payload, signature))
	b.refuseCOSE("oversize", "more than 32768 bytes as text", array(18, head, none, make([]byte, 25<<10), signature))
	text := b64(good)
	b.refuse("cose-text-padding", "", text+strings.Repeat("=", (4-len(text)%4)%4)+"=")
	b.refuse("cose-text-line-break", "", text[:10]+"\n"+text[10:])
	b.refuse("cose-text-other-alphabet", "hex is not base64url of a message", hex.EncodeToString(good))
	if len(text)%4 != 0 {
		b.refuse("cose-text-unused-bits", "the same bytes in another spelling", text[:len(text)-1]+nextLetter(text[len(text)-1]))
	}
}
