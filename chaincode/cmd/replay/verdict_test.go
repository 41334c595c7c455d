package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/rules/custody"
	"github.com/waymark-ledger/waymark/chaincode/scenario"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// accepted is a shipment that was accepted, as it is served, and its messages.
func accepted(t *testing.T) (shipment, messages string) {
	t.Helper()
	c := scenario.New(t)
	c.Goods("producer", scenario.GTIN, "1")
	d, operator := c.Device("logger-1", "producer"), c.As("producer", waymark.Operator)
	scenario.Must(c, operator, custody.Create, waymark.CreateShipmentRequest{ID: "s1", Consignee: "retailer", Profile: "refrigerated",
		Goods: []waymark.Line{{ID: waymark.Item(scenario.GTIN, "1").String()}}})
	scenario.Must(c, operator, custody.Attach, waymark.AttachDeviceRequest{Shipment: "s1", Device: d.ID})
	first := d.Pack(500, 600)
	c.Now = c.Now.Add(time.Minute)
	texts := []string{first, d.Pack(700)}
	c.Record(texts...)
	h := scenario.Must(c, operator, custody.Offer, waymark.OfferHandoffRequest{Shipment: "s1", To: "retailer", ExpiresAt: c.Now.Add(time.Hour)})
	scenario.Must(c, c.As("retailer", waymark.Operator), custody.Accept, waymark.AcceptHandoffRequest{Shipment: "s1", Number: h.Number})
	view := scenario.Must(c, operator, custody.Get, waymark.ShipmentQuery{Shipment: "s1"})
	return encode(t, view), encode(t, texts)
}

func TestReplayOfAVerdict(t *testing.T) {
	shipment, messages := accepted(t)
	tests := map[string]struct {
		shipment, messages string
		more               []string
		code               int
		says               string
	}{
		"as recorded":         {shipment, messages, nil, same, "s1: conformant, because [], by refrigerated 1, from 2 messages"},
		"the first handoff":   {shipment, messages, []string{"1"}, same, "conformant"},
		"another handoff":     {shipment, messages, []string{"2"}, other, "no such accepted handoff"},
		"no number":           {shipment, messages, []string{"one"}, usage, "one"},
		"too many arguments":  {shipment, messages, []string{"1", "2"}, usage, "usage"},
		"another verdict":     {strings.ReplaceAll(shipment, `"state":"conformant"`, `"state":"released"`), messages, nil, other, "state"},
		"without messages":    {shipment, `[]`, nil, other, "0 messages are given of the 2"},
		"no list of messages": {shipment, `{}`, nil, usage, "messages.json"},
		"no message":          {shipment, `["x"]`, nil, usage, "message 0"},
		"no shipment":         {`[]`, messages, nil, usage, "shipment.json"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			arguments := []string{"verdict"}
			for file, content := range map[string]string{"shipment.json": test.shipment, "messages.json": test.messages} {
				if err := os.WriteFile(filepath.Join(dir, file), []byte(content), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			arguments = append(append(arguments, filepath.Join(dir, "shipment.json"), filepath.Join(dir, "messages.json")), test.more...)
			var out, errs bytes.Buffer
			if code := run(arguments, &out, &errs); code != test.code || !strings.Contains(out.String()+errs.String(), test.says) {
				t.Errorf("exit %d: %s%s", code, out.String(), errs.String())
			}
		})
	}
}
