package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
)

// disclosures is the content of disclosures.json.
type disclosures struct {
	About    string             `json:"about"`
	Vectors  []disclosureVector `json:"vectors"`
	Messages []sealedMessage    `json:"messages"`
}

// disclosureVector is one disclosure and what a reader must make of it, for the sealed
// reading "x" at the time of the vectors.
type disclosureVector struct {
	Name  string `json:"name"`
	About string `json:"about"`
	// Salt is there if whoever seals the reading with it gets these very bytes.
	Salt string   `json:"salt,omitempty"` // hex
	JSON string   `json:"json,omitempty"`
	Hex  string   `json:"hex,omitempty"` // of a disclosure in CBOR, or one that is no text
	Seal string   `json:"seal"`          // hex: the data of the sealed reading
	Want *reading `json:"reading,omitempty"`
	Code string   `json:"code,omitempty"`
}

// salt of 16 bytes, which nobody may use for anything else.
var salt = []byte("0123456789abcdef") //nolint:gochecknoglobals // a constant, but for the language

func sealOf(disclosure []byte) []byte {
	sum := sha256.Sum256(disclosure)
	return sum[:]
}

// jsonDisclosure and cborDisclosure write a pair of a salt and a record.
func jsonDisclosure(salt []byte, record string) []byte {
	return []byte(`["` + b64(salt) + `",` + record + `]`)
}

func cborDisclosure(salt any, record map[any]any) ([]byte, error) {
	return encode([]any{salt, record})
}

// disclosing collects vectors.
type disclosing struct {
	vectors []disclosureVector
	err     error
}

func (d *disclosing) json(name, about, text string, want *reading) *disclosureVector {
	return d.add(disclosureVector{Name: "json-" + name, About: about, JSON: text, Seal: hex.EncodeToString(sealOf([]byte(text))), Want: want})
}

func (d *disclosing) raw(name, about string, raw []byte, want *reading) *disclosureVector {
	return d.add(disclosureVector{Name: name, About: about, Hex: hex.EncodeToString(raw), Seal: hex.EncodeToString(sealOf(raw)), Want: want})
}

// cbor writes whatever is given: of maps in deterministic order.
func (d *disclosing) cbor(name, about string, content any, want *reading) *disclosureVector {
	raw, err := encode(content)
	if d.err == nil {
		d.err = err
	}
	return d.raw("cbor-"+name, about, raw, want)
}

func (d *disclosing) add(v disclosureVector) *disclosureVector {
	if v.Want == nil {
		v.Code = "invalid"
	}
	d.vectors = append(d.vectors, v)
	return &d.vectors[len(d.vectors)-1]
}

func disclosureFile() (*disclosures, error) {
	d := &disclosing{}
	d.good()
	d.goodOtherwise()
	d.badSalts()
	d.badRecords()
	d.badJSON()
	d.badCBOR()
	d.badSeals()
	messages, err := sealedMessages()
	if err == nil {
		err = d.err
	}
	return &disclosures{About: "Sealed readings and their disclosures; README.md says how to read this file. The salts are public: never use them.",
		Vectors: d.vectors, Messages: messages}, err
}

// good: what sealing with these salts gives, byte by byte.
func (d *disclosing) good() {
	long := slices.Concat(salt, salt, salt, salt)
	for _, v := range []struct {
		name, about string
		salt        []byte
		json        string
		cbor        map[any]any
		want        reading
	}{
		{"number", "", salt, `{"u":"Cel","v":4.25}`, map[any]any{1: "Cel", 2: fraction(-2, 425)}, one("Cel", 425)[0]},
		{"number-whole", "", salt, `{"u":"%RH","v":61}`, map[any]any{1: "%RH", 2: 61}, one("%RH", 6100)[0]},
		{"number-negative", "", salt, `{"u":"lon","v":-0.1278457}`, map[any]any{1: "lon", 2: fraction(-7, -1278457)}, one("lon", -1278457)[0]},
		{"sum", "in W, and so of joules", salt, `{"u":"W","s":4.25}`, map[any]any{1: "W", 5: fraction(-2, 425)}, sumOf("x", 4250000)},
		{"true", "", salt, `{"vb":true}`, map[any]any{4: true}, boolean("x", 1000000)},
		{"false", "", salt, `{"vb":false}`, map[any]any{4: false}, boolean("x", 0)},
		{"text", "< and & stand for themselves", salt, `{"vs":"Zürich ☃ <&>\n"}`, map[any]any{3: "Zürich \u2603 <&>\n"}, text("x", "Zürich \u2603 <&>\n")},
		{"text-empty", "", salt, `{"vs":""}`, map[any]any{3: ""}, text("x", "")},
		{"data", "base64url in JSON, bytes in CBOR", salt, `{"vd":"aGkgCv8"}`, map[any]any{8: []byte("hi \n\xff")}, data("x", []byte("hi \n\xff"))},
		{"data-empty", "", salt, `{"vd":""}`, map[any]any{8: []byte{}}, data("x", nil)},
		{"salt-longest", "64 bytes", long, `{"u":"Cel","v":4.25}`, map[any]any{1: "Cel", 2: fraction(-2, 425)}, one("Cel", 425)[0]},
	} {
		d.json(v.name, v.about, string(jsonDisclosure(v.salt, v.json)), &v.want).Salt = hex.EncodeToString(v.salt)
		d.cbor(v.name, v.about, []any{v.salt, v.cbor}, &v.want).Salt = hex.EncodeToString(v.salt)
	}
}

// goodOtherwise: other spellings of the same, which are as good, since the hash is of
// the bytes.
func (d *disclosing) goodOtherwise() {
	number, yes, s := one("Cel", 425)[0], boolean("x", 1000000), b64(salt)
	d.json("spaces", "JSON as any library writes it", `[ "`+s+"\",\n {\"v\": 4.25, \"u\": \"Cel\"} ]\n", &number)
	d.json("exponent", "", `["`+s+`",{"u":"Cel","v":425e-2}]`, &number)
	d.json("escapes", "", `["`+s+`",{"\u0075":"Cel","v":4.25}]`, &number)
	d.json("boolean-with-unit", "the unit that it has anyway", `["`+s+`",{"u":"/","vb":true}]`, &yes)
	d.cbor("float", "4.25 is exact in binary", []any{salt, map[any]any{1: "Cel", 2: 4.25}}, &number)
	d.cbor("text-labels", "labels may be written as texts", []any{salt, map[any]any{"u": "Cel", "v": 4.25}}, &number)
	body := strings.Repeat("x", 2048-len(jsonDisclosure(salt, `{"vs":""}`)))
	longest := text("x", body)
	d.json("longest", "2048 bytes", string(jsonDisclosure(salt, `{"vs":"`+body+`"}`)), &longest)
}

// badSeals: a good disclosure of another reading, or of none.
func (d *disclosing) badSeals() {
	raw := jsonDisclosure(salt, `{"u":"Cel","v":4.25}`)
	seal := sealOf(raw)
	flipped := bytes.Clone(seal)
	flipped[31] ^= 1
	other := jsonDisclosure(salt, `{"u":"Cel","v":4.26}`)
	for _, v := range []struct {
		name, about string
		seal        []byte
	}{
		{"seal-of-another", "the hash of another disclosure", sealOf(other)},
		{"seal-flipped", "one bit", flipped},
		{"seal-cut", "31 bytes", seal[:31]},
		{"seal-longer", "33 bytes", append(bytes.Clone(seal), 0)},
		{"seal-of-text-form", "the hash of its base64url", sealOf([]byte(b64(raw)))},
	} {
		d.json("bad-"+v.name, v.about, string(raw), nil).Seal = hex.EncodeToString(v.seal)
	}
}

// sealedMessage is a whole message with its disclosures.
type sealedMessage struct {
	Name  string `json:"name"`
	About string `json:"about"`
	Key   string `json:"key"` // of messages.json
	// Text is what travels: Message, then each disclosure.
	Text        string          `json:"text"`
	Message     string          `json:"message"`
	Payload     string          `json:"payload,omitempty"`     // JSON
	PayloadHex  string          `json:"payload_hex,omitempty"` // CBOR
	Disclosures []disclosureRow `json:"disclosures"`
}

// disclosureRow is a disclosure of a message with the reading that it opens.
type disclosureRow struct {
	Index int     `json:"index"` // of the sealed reading in the pack
	Salt  string  `json:"salt"`  // hex
	JSON  string  `json:"json,omitempty"`
	Hex   string  `json:"hex,omitempty"`
	Seal  string  `json:"seal"` // hex
	Want  reading `json:"reading"`
}

// The readings of the examples: a temperature in the open, and sealed a shock and a note.
func sealedMessages() ([]sealedMessage, error) {
	known, err := signers()
	if err != nil {
		return nil, err
	}
	salts := [][]byte{salt, []byte("fedcba9876543210")}
	shock, note := num("shock", "m/s2", 9807, start), text("note", "seal 7 broken")
	jsons := [][]byte{jsonDisclosure(salts[0], `{"u":"m/s2","v":9.807}`), jsonDisclosure(salts[1], `{"vs":"seal 7 broken"}`)}
	payload := fmt.Sprintf(`[{"bt":1772352000,"n":"temperature","u":"Cel","v":4.25},{"n":"shock","vd":%q},{"n":"note","vd":%q}]`,
		b64(sealOf(jsons[0])), b64(sealOf(jsons[1])))
	h := pack(1, "senml+json")
	jws, err := jwsText(known[ed25519Key], h.jws("EdDSA"), []byte(payload))
	if err != nil {
		return nil, err
	}
	rows := func(raw [][]byte) []disclosureRow {
		list := []disclosureRow{{Index: 1, Want: shock}, {Index: 2, Want: note}}
		for i := range list {
			list[i].Salt, list[i].Seal, list[i].Hex = hex.EncodeToString(salts[i]), hex.EncodeToString(sealOf(raw[i])), hex.EncodeToString(raw[i])
		}
		return list
	}
	first := sealedMessage{Name: "sealed-jws", About: "a JWS with an open reading and two sealed ones", Key: ed25519Key,
		Message: jws, Text: disclosed(jws, jsons), Payload: payload, Disclosures: rows(jsons)}
	for i := range first.Disclosures {
		first.Disclosures[i].JSON, first.Disclosures[i].Hex = string(jsons[i]), ""
	}
	second, err := sealedCOSE(known[ed25519Key], salts)
	if err != nil {
		return nil, err
	}
	second.Disclosures = rows(second.raw)
	return []sealedMessage{first, second.sealedMessage}, nil
}

type rawMessage struct {
	sealedMessage
	raw [][]byte
}

func sealedCOSE(s signer, salts [][]byte) (*rawMessage, error) {
	first, err := cborDisclosure(salts[0], map[any]any{1: "m/s2", 2: fraction(-3, 9807)})
	if err != nil {
		return nil, err
	}
	second, err := cborDisclosure(salts[1], map[any]any{3: "seal 7 broken"})
	if err != nil {
		return nil, err
	}
	payload, err := encode([]any{
		map[any]any{-3: 1772352000, 0: "temperature", 1: "Cel", 2: fraction(-2, 425)},
		map[any]any{0: "shock", 8: sealOf(first)}, map[any]any{0: "note", 8: sealOf(second)},
	})
	if err != nil {
		return nil, err
	}
	raw, _, err := coseMessage(s, pack(1, "senml+cbor").cose(-8), payload)
	list := [][]byte{first, second}
	return &rawMessage{sealedMessage{Name: "sealed-cose", About: "the same as a COSE_Sign1, in base64url because of what follows it", Key: ed25519Key,
		Message: b64(raw), Text: disclosed(b64(raw), list), PayloadHex: hex.EncodeToString(payload)}, list}, err
}

// disclosed is a message followed by its disclosures.
func disclosed(message string, list [][]byte) string {
	for i, d := range list {
		if i == 0 {
			message += "~"
		}
		message += b64(d) + "~"
	}
	return message
}
