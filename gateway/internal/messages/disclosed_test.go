package messages_test

import (
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/senml"
	"github.com/waymark-ledger/waymark/gateway/internal/messages"
)

// shown is a reading as an honest holder shows it.
func shown(t *testing.T, r senml.Reading) waymark.DisclosedReading {
	t.Helper()
	r.Name, r.Time = "price", time.Unix(1893456000, 0).UTC()
	_, disclosure, err := senml.SealJSON(r, senml.NewSalt())
	if err != nil {
		t.Fatal(err)
	}
	d := waymark.DisclosedReading{Name: r.Name, Class: "trade", Kind: r.Kind.String(), Unit: r.Unit, Time: r.Time, Disclosure: disclosure}
	switch r.Kind {
	case senml.Text:
		d.Text = r.Body
	case senml.Data:
		d.Data = []byte(r.Body)
	default:
		d.Value = r.Decimal()
	}
	return d
}

// coarsened makes an answer one in which the reading is a value without disclosure.
func coarsened(value waymark.Decimal, obligation string, classes ...waymark.DataClass) func(*waymark.DisclosedMessage) {
	return func(m *waymark.DisclosedMessage) {
		m.Coarsened = classes
		if obligation != "" {
			m.Obligations, _ = waymark.ParseObligations(waymark.Coarsen, obligation)
		}
		m.Readings[0].Value, m.Readings[0].Disclosure = value, nil
	}
}

func TestCheckDisclosed(t *testing.T) {
	number := senml.Reading{Kind: senml.Number, Unit: "Cel", Value: 415}
	text := senml.Reading{Kind: senml.Text, Body: "x"}
	data := senml.Reading{Kind: senml.Data, Body: "\x00\x01"}
	boolean := senml.Reading{Kind: senml.Boolean, Unit: "/"} // off
	tests := []struct {
		name   string
		give   senml.Reading
		change func(*waymark.DisclosedMessage)
		bad    bool
	}{
		{name: "number", give: number},
		{name: "text", give: text},
		{name: "data", give: data},
		{name: "boolean", give: boolean},
		{name: "nothing shown", give: number, change: func(m *waymark.DisclosedMessage) { m.Readings = nil }},
		{name: "another value", give: number, change: func(m *waymark.DisclosedMessage) { m.Readings[0].Value = "41.6" }, bad: true},
		{name: "another unit", give: number, change: func(m *waymark.DisclosedMessage) { m.Readings[0].Unit = "K" }, bad: true},
		{name: "another kind", give: number, change: func(m *waymark.DisclosedMessage) { m.Readings[0].Kind = "sum" }, bad: true},
		{name: "another text", give: text, change: func(m *waymark.DisclosedMessage) { m.Readings[0].Text = "y" }, bad: true},
		{name: "another data", give: data, change: func(m *waymark.DisclosedMessage) { m.Readings[0].Data = []byte{0} }, bad: true},
		{name: "a value beside the text", give: text, change: func(m *waymark.DisclosedMessage) { m.Readings[0].Value = "1" }, bad: true},
		{name: "a text beside the value", give: number, change: func(m *waymark.DisclosedMessage) { m.Readings[0].Text = "1" }, bad: true},
		{name: "no disclosure", give: number, change: func(m *waymark.DisclosedMessage) { m.Readings[0].Disclosure = nil }, bad: true},
		{name: "no form of a disclosure", give: number, change: func(m *waymark.DisclosedMessage) { m.Readings[0].Disclosure = []byte("[]") }, bad: true},
		{name: "rounded", give: number, change: coarsened("4", "trade:0", "trade")},
		{name: "not rounded enough", give: number, change: coarsened("4.2", "trade:0", "trade"), bad: true},
		{name: "rounded for the fewest decimals", give: number, change: coarsened("4.2", "trade:0,trade:1", "trade"), bad: true},
		{name: "another class rounded", give: number, change: coarsened("4", "security:0", "security"), bad: true},
		{name: "rounded without saying so", give: number, change: coarsened("4", "trade:0"), bad: true},
		{name: "rounded for nothing", give: number, change: coarsened("4", "", "trade"), bad: true},
		{name: "rounded to no number", give: number, change: coarsened("", "trade:0", "trade"), bad: true},
		{name: "a rounded text", give: text, change: coarsened("", "trade:0", "trade"), bad: true},
		{name: "rounded beside the disclosure", give: number, change: func(m *waymark.DisclosedMessage) {
			kept := m.Readings[0].Disclosure
			coarsened("4", "trade:0", "trade")(m)
			m.Readings[0].Disclosure = kept
		}, bad: true},
		{name: "another message", give: number, change: func(m *waymark.DisclosedMessage) { m.Sequence = 8 }, bad: true},
		{name: "another device", give: number, change: func(m *waymark.DisclosedMessage) { m.Device = "logger-2" }, bad: true},
		{name: "another holder", give: number, change: func(m *waymark.DisclosedMessage) { m.Holder = "producer" }, bad: true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := waymark.DisclosedMessage{Device: "logger-1", Sequence: 7, Holder: "carrier", Readings: []waymark.DisclosedReading{shown(t, tt.give)}}
			if tt.change != nil {
				tt.change(&m)
			}
			err := messages.CheckDisclosed(waymark.DisclosedQuery{Device: "logger-1", Sequence: 7, Holder: "carrier"}, m)
			if (err != nil) != tt.bad || err != nil && waymark.CodeOf(err) != waymark.Internal {
				t.Errorf("got %v", err)
			}
		})
	}
}
