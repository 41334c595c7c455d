package main

import (
	"fmt"
	"strings"
)

// attestations is the content of attestations.json.
type attestations struct {
	About        string              `json:"about"`
	Attestations []attestationVector `json:"attestations"`
}

// attestationVector is the payload of an attestation and what a reader makes of it.
type attestationVector struct {
	Name        string       `json:"name"`
	About       string       `json:"about"`
	Payload     string       `json:"payload"`
	Attestation *attestation `json:"attestation,omitempty"` // of a good one
	JWS         string       `json:"jws,omitempty"`         // of a good one: its message
	COSE        string       `json:"cose,omitempty"`        // the same, in base64url
	Code        string       `json:"code,omitempty"`        // of a bad one
}

type attestation struct {
	Shipment string `json:"shipment"`
	Handoff  uint64 `json:"handoff"`
	Nonce    string `json:"nonce"`
	Last     uint64 `json:"last"`
	Seals    []seal `json:"seals"`
	At       int64  `json:"at"` // seconds since 1970
}

type seal struct {
	ID    string `json:"id"`
	State string `json:"state"`
}

// attestationNonce is the nonce of the vectors' handoff.
const attestationNonce = "00112233445566778899aabbccddeeff"

// attestationJSON is the payload of the example.
const attestationJSON = `{"shipment":"s-1","handoff":2,"nonce":"` + attestationNonce + `","last":41,"seals":[{"id":"SEAL-7","state":"intact"}],"at":1772352030}`

// attesting makes the vectors.
type attesting struct {
	signer signer
	file   attestations
	err    error
}

func attestationFile() (*attestations, error) {
	known, err := signers()
	if err != nil {
		return nil, err
	}
	a := &attesting{signer: known[ed25519Key], file: attestations{About: "Attestations of devices at handoffs; README.md says how to read this file."}}
	a.good()
	a.bad()
	return &a.file, a.err
}

func (a *attesting) add(name, about, payload string, want attestation) {
	h := pack(0, "vnd.waymark.attestation+json")
	text, err := jwsText(a.signer, h.jws(a.signer.jose), []byte(payload))
	if a.err == nil {
		a.err = err
	}
	raw, _, err := coseMessage(a.signer, h.cose(-8), []byte(payload))
	if a.err == nil {
		a.err = err
	}
	a.file.Attestations = append(a.file.Attestations, attestationVector{Name: name, About: about, Payload: payload, Attestation: &want, JWS: text, COSE: b64(raw)})
}

func (a *attesting) good() {
	want := attestation{"s-1", 2, attestationNonce, 41, []seal{{"SEAL-7", "intact"}}, 1772352030}
	a.add("intact", "the payload of attestation-jws in messages.json", attestationJSON, want)
	a.add("other-order", "members in any order, with spaces", "{ \"at\" : 1772352030,\n\"seals\":[ {\"state\":\"intact\", \"id\":\"SEAL-7\"} ], \"last\":41, \"nonce\":\""+
		attestationNonce+"\", \"handoff\":2, \"shipment\":\"s-1\" }", want)
	want.Last, want.Seals = 0, []seal{}
	a.add("no-seals", "seals may be left out, and a device that has sent nothing says 0", payloadOf("2", "0", ""), want)
	a.add("empty-seals", "or be empty", payloadOf("2", "0", `,"seals":[]`), want)
	want.Last = 1<<53 - 1
	want.Seals = []seal{{"SEAL-7", "broken"}, {"SEAL-8", "missing"}, {"SEAL-9", "applied"}}
	a.add("every-state", "and the largest number", payloadOf("2", "9007199254740991", `,"seals":[{"id":"SEAL-7","state":"broken"},{"id":"SEAL-8","state":"missing"},{"id":"SEAL-9","state":"applied"}]`), want)
	want.Last, want.Seals = 41, nil
	for n := range 64 {
		want.Seals = append(want.Seals, seal{fmt.Sprintf("S%d", n), "intact"})
	}
	a.add("most-seals", "64 of them", payloadOf("2", "41", `,"seals":[`+strings.Join(intact(64), ",")+`]`), want)
}

// intact are findings of n seals.
func intact(n int) []string {
	texts := make([]string, n)
	for i := range texts {
		texts[i] = fmt.Sprintf(`{"id":"S%d","state":"intact"}`, i)
	}
	return texts
}

// payloadOf is a payload with these numbers, and members that follow.
func payloadOf(handoff, last, more string) string {
	return `{"shipment":"s-1","handoff":` + handoff + `,"nonce":"` + attestationNonce + `","last":` + last + more + `,"at":1772352030}`
}

func (a *attesting) bad() {
	change := func(old, replacement string) string { return strings.Replace(attestationJSON, old, replacement, 1) }
	seals := func(text string) string { return payloadOf("2", "41", `,"seals":`+text) }
	for _, v := range []struct{ name, about, payload string }{
		{"empty", "", ""},
		{"not-an-object", "", `["s-1",2]`},
		{"null", "", `null`},
		{"cut", "", attestationJSON[:len(attestationJSON)-1]},
		{"text-after", "", attestationJSON + "{}"},
		{"space-before", "the first byte is the brace", " " + attestationJSON},
		{"extra-member", "no other member", change(`"last"`, `"first":1,"last"`)},
		{"shipment-missing", "", change(`"shipment":"s-1",`, "")},
		{"shipment-with-slash", "it is an id", change("s-1", "s/1")},
		{"shipment-twice", "", change(`"last"`, `"shipment":"s-2","last"`)},
		{"shipment-other-case", "names are exact", change("shipment", "Shipment")},
		{"handoff-missing", "", change(`"handoff":2,`, "")},
		{"handoff-zero", "handoffs count from 1", payloadOf("0", "41", "")},
		{"handoff-negative", "", payloadOf("-1", "41", "")},
		{"handoff-too-large", "2^53", payloadOf("9007199254740992", "41", "")},
		{"handoff-text", "", payloadOf(`"2"`, "41", "")},
		{"nonce-missing", "", change(`"nonce":"`+attestationNonce+`",`, "")},
		{"nonce-empty", "", change(attestationNonce, "")},
		{"nonce-short", "31 digits", change(attestationNonce, attestationNonce[1:])},
		{"nonce-long", "33 digits", change(attestationNonce, attestationNonce+"0")},
		{"nonce-upper-case", "", change(attestationNonce, strings.ToUpper(attestationNonce))},
		{"last-missing", "a device that has sent nothing says 0", change(`"last":41,`, "")},
		{"last-null", "", payloadOf("2", "null", "")},
		{"last-negative", "", payloadOf("2", "-1", "")},
		{"last-fraction", "", payloadOf("2", "41.0", "")},
		{"last-too-large", "2^53", payloadOf("2", "9007199254740992", "")},
		{"seals-null", "left out, not null", seals("null")},
		{"seals-object", "", seals(`{"SEAL-7":"intact"}`)},
		{"seals-of-null", "", seals("[null]")},
		{"seals-of-text", "", seals(`["SEAL-7"]`)},
		{"seal-without-state", "", seals(`[{"id":"SEAL-7"}]`)},
		{"seal-without-id", "", seals(`[{"state":"intact"}]`)},
		{"seal-id-with-space", "it is an id", seals(`[{"id":"SEAL 7","state":"intact"}]`)},
		{"seal-state-unknown", "", seals(`[{"id":"SEAL-7","state":"ok"}]`)},
		{"seal-state-other-case", "", seals(`[{"id":"SEAL-7","state":"Intact"}]`)},
		{"seal-extra-member", "", seals(`[{"id":"SEAL-7","state":"intact","by":"me"}]`)},
		{"seal-member-twice", "", seals(`[{"id":"SEAL-7","state":"broken","state":"intact"}]`)},
		{"seal-member-other-case", "", seals(`[{"ID":"SEAL-7","state":"intact"}]`)},
		{"seal-twice", "one device says one thing of a seal", seals(`[{"id":"SEAL-7","state":"intact"},{"id":"SEAL-7","state":"broken"}]`)},
		{"too-many-seals", "65 of them", seals(`[` + strings.Join(intact(65), ",") + `]`)},
		{"time-missing", "", change(`,"at":1772352030`, "")},
		{"time-zero", "", change("1772352030", "0")},
		{"time-fraction", "whole seconds", change("1772352030", "1772352030.5")},
		{"time-text", "", change("1772352030", `"2026-03-01T08:00:30Z"`)},
		{"time-too-late", "the year 10000", change("1772352030", "253402300800")},
	} {
		a.file.Attestations = append(a.file.Attestations, attestationVector{Name: v.name, About: v.about, Payload: v.payload, Code: "invalid"})
	}
}
