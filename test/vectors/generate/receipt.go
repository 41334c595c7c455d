package main

import "strings"

// receipts is the content of receipts.json.
type receipts struct {
	About    string          `json:"about"`
	Receipts []receiptVector `json:"receipts"`
}

// receiptVector is the payload of a command receipt and what a reader makes of it.
type receiptVector struct {
	Name    string   `json:"name"`
	About   string   `json:"about"`
	Payload string   `json:"payload"`
	Receipt *receipt `json:"receipt,omitempty"` // of a good one
	Code    string   `json:"code,omitempty"`    // of a bad one
}

type receipt struct {
	Command    string `json:"command"`
	Result     string `json:"result"`
	Detail     string `json:"detail"`
	ExecutedAt int64  `json:"executed_at"` // seconds since 1970
}

// receiptJSON is the payload of the example.
const receiptJSON = `{"command":"c-1","result":"done","detail":"set to 4.00 Cel","executed_at":1772352030}`

func receiptFile() *receipts {
	file := &receipts{About: "Payloads of command receipts; README.md says how to read this file."}
	good := func(name, about, payload string, r receipt) {
		file.Receipts = append(file.Receipts, receiptVector{Name: name, About: about, Payload: payload, Receipt: &r})
	}
	good("done", "the payload of receipt-jws in messages.json", receiptJSON, receipt{"c-1", "done", "set to 4.00 Cel", 1772352030})
	good("no-detail", "detail may be left out", `{"command":"c-1","result":"refused","executed_at":1772352030}`, receipt{"c-1", "refused", "", 1772352030})
	good("other-order", "members in any order, with spaces", "{ \"executed_at\" : 1772352030,\n\"result\":\"failed\", \"detail\":\"\", \"command\":\"c-1\" }",
		receipt{"c-1", "failed", "", 1772352030})
	good("longest-detail", "200 bytes", `{"command":"c-1","result":"failed","detail":"`+strings.Repeat("é", 100)+`","executed_at":1}`,
		receipt{"c-1", "failed", strings.Repeat("é", 100), 1})
	for _, v := range []struct{ name, about, payload string }{
		{"empty", "", ""},
		{"not-an-object", "", `["c-1","done"]`},
		{"null", "", `null`},
		{"cut", "", receiptJSON[:len(receiptJSON)-1]},
		{"text-after", "", receiptJSON + "{}"},
		{"space-before", "the first byte is the brace", " " + receiptJSON},
		{"command-missing", "", `{"result":"done","executed_at":1772352030}`},
		{"command-with-slash", "it is an id", `{"command":"a/b","result":"done","executed_at":1772352030}`},
		{"command-twice", "", `{"command":"c-1","command":"c-2","result":"done","executed_at":1772352030}`},
		{"command-other-case", "names are exact", `{"Command":"c-1","result":"done","executed_at":1772352030}`},
		{"command-number", "", `{"command":1,"result":"done","executed_at":1772352030}`},
		{"result-missing", "", `{"command":"c-1","executed_at":1772352030}`},
		{"result-unknown", "", `{"command":"c-1","result":"ok","executed_at":1772352030}`},
		{"detail-null", "left out, not null", `{"command":"c-1","result":"done","detail":null,"executed_at":1772352030}`},
		{"detail-long", "201 bytes", `{"command":"c-1","result":"done","detail":"` + strings.Repeat("a", 201) + `","executed_at":1772352030}`},
		{"detail-control", "", `{"command":"c-1","result":"done","detail":"a\u0000b","executed_at":1772352030}`},
		{"detail-half-a-pair", "", `{"command":"c-1","result":"done","detail":"\ud800","executed_at":1772352030}`},
		{"time-missing", "", `{"command":"c-1","result":"done"}`},
		{"time-zero", "", `{"command":"c-1","result":"done","executed_at":0}`},
		{"time-fraction", "whole seconds", `{"command":"c-1","result":"done","executed_at":1772352030.5}`},
		{"time-text", "", `{"command":"c-1","result":"done","executed_at":"2026-03-01T08:00:30Z"}`},
		{"time-too-late", "the year 10000", `{"command":"c-1","result":"done","executed_at":253402300800}`},
		{"extra-member", "no other member", `{"command":"c-1","result":"done","executed_at":1772352030,"device":"logger-1"}`},
	} {
		file.Receipts = append(file.Receipts, receiptVector{Name: v.name, About: v.about, Payload: v.payload, Code: "invalid"})
	}
	return file
}
