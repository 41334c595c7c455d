package waymark_test

import (
	"strings"
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

func TestGoodsRequests(t *testing.T) {
	const box = "urn:epc:id:sscc:9506000.3123456789"
	thing, lot := waymark.Item(gtin, "1").String(), waymark.Goods{GTIN: gtin, Lot: "L"}.String()
	lines := []waymark.Line{{ID: thing}, {ID: lot, Quantity: "1.5"}}
	transform := waymark.TransformRequest{ID: "a", Inputs: lines, Outputs: []waymark.Output{{ID: waymark.Item(gtin, "2").String(), Lot: lot}, {ID: waymark.Goods{GTIN: gtin, Lot: "M"}.String(), Quantity: "1", Unit: "KGM"}},
		Loss: []waymark.Amount{{Quantity: "0.1", Unit: "KGM"}}}
	output := func(o waymark.Output) waymark.Validator {
		return with(transform, func(r *waymark.TransformRequest) { r.Outputs = []waymark.Output{o} })
	}
	loss := func(all ...waymark.Amount) waymark.Validator {
		return with(transform, func(r *waymark.TransformRequest) { r.Loss = all })
	}
	product := waymark.RegisterProductRequest{GTIN: gtin, Name: "milk", NetContent: &waymark.Amount{Quantity: "0.5", Unit: "LTR"}, Regulators: []string{"a", "b"}}
	check(t, []fault{
		{"product", product, ""},
		{"no name", with(product, func(r *waymark.RegisterProductRequest) { r.Name = "" }), "/name"},
		{"short GTIN", with(product, func(r *waymark.RegisterProductRequest) { r.GTIN = gtin[1:] }), "/gtin"},
		{"no content", with(product, func(r *waymark.RegisterProductRequest) { r.NetContent = &waymark.Amount{Quantity: "0", Unit: "LTR"} }), "/net_content/quantity"},
		{"unit of content", with(product, func(r *waymark.RegisterProductRequest) { r.NetContent = &waymark.Amount{Quantity: "1", Unit: "l"} }), "/net_content/unit"},
		{"a regulator twice", with(product, func(r *waymark.RegisterProductRequest) { r.Regulators = []string{"a", "a"} }), "/regulators/1"},
		{"too many regulators", with(product, func(r *waymark.RegisterProductRequest) { r.Regulators = make([]string, waymark.MaxRegulators+1) }), "/regulators"},
		{"regulator", waymark.AddRegulatorRequest{GTIN: gtin, Regulator: "a b"}, "/regulator"},
		{"items", waymark.CommissionRequest{Items: []string{thing}}, ""},
		{"items of a lot", waymark.CommissionRequest{Lot: lot, Items: []string{thing}}, ""},
		{"bulk", waymark.CommissionRequest{Lot: lot, Quantity: "1", Unit: "KGM"}, ""},
		{"nothing", waymark.CommissionRequest{}, "/items"},
		{"bulk without unit", waymark.CommissionRequest{Lot: lot, Quantity: "1"}, "/unit"},
		{"bulk without quantity", waymark.CommissionRequest{Lot: lot, Unit: "KGM"}, "/quantity"},
		{"bulk without lot", waymark.CommissionRequest{Quantity: "1", Unit: "KGM"}, "/lot"},
		{"bulk with items", waymark.CommissionRequest{Lot: lot, Items: []string{thing}, Quantity: "1", Unit: "KGM"}, "/items"},
		{"an item twice", waymark.CommissionRequest{Items: []string{thing, thing}}, "/items/1"},
		{"a lot as item", waymark.CommissionRequest{Items: []string{lot}}, "/items/0"},
		{"an item as lot", waymark.CommissionRequest{Lot: thing, Items: []string{thing}}, "/lot"},
		{"pack", waymark.PackRequest{ID: "a", Container: box, Lines: lines}, ""},
		{"pack into an item", waymark.PackRequest{ID: "a", Container: thing, Lines: lines}, "/container"},
		{"pack nothing", waymark.PackRequest{ID: "a", Container: box}, "/lines"},
		{"pack without id", waymark.PackRequest{Container: box, Lines: lines}, "/id"},
		{"unpack from elsewhere", waymark.UnpackRequest{ID: "a", Container: box, Lines: []waymark.Line{{ID: lot, Quantity: "1", From: waymark.Stock("a", "b")}}}, "/lines/0/from"},
		{"transform", transform, ""},
		{"transform a container", with(transform, func(r *waymark.TransformRequest) { r.Inputs = []waymark.Line{{ID: box}} }), "/inputs/0/id"},
		{"into nothing", with(transform, func(r *waymark.TransformRequest) { r.Outputs = nil }), "/outputs"},
		{"into one thing twice", with(transform, func(r *waymark.TransformRequest) { r.Outputs = append(r.Outputs, r.Outputs[0]) }), "/outputs/2"},
		{"into a container", output(waymark.Output{ID: box}), "/outputs/0/id"},
		{"into a lot without unit", output(waymark.Output{ID: lot, Quantity: "1"}), "/outputs/0/unit"},
		{"into a lot of a lot", output(waymark.Output{ID: lot, Lot: lot, Quantity: "1", Unit: "KGM"}), "/outputs/0/lot"},
		{"into so much of an item", output(waymark.Output{ID: thing, Quantity: "1", Unit: "KGM"}), "/outputs/0"},
		{"into an item of another product's lot", output(waymark.Output{ID: thing, Lot: waymark.Goods{GTIN: "09506000134352", Lot: "L"}.String()}), "/outputs/0/lot"},
		{"loss of nothing", loss(waymark.Amount{Quantity: "0", Unit: "KGM"}), "/loss/0/quantity"},
		{"loss of a unit twice", loss(waymark.Amount{Quantity: "1", Unit: "KGM"}, waymark.Amount{Quantity: "1", Unit: "KGM"}), "/loss/1/unit"},
		{"too many losses", loss(make([]waymark.Amount, 17)...), "/loss"},
		{"decommission", waymark.DecommissionRequest{ID: "a", Lines: lines, Reason: "sold"}, ""},
		{"decommission for no reason", waymark.DecommissionRequest{ID: "a", Lines: lines}, "/reason"},
		{"recall", waymark.RecallRequest{Lot: lot, Reason: "glass"}, ""},
		{"recall an item", waymark.RecallRequest{Lot: thing, Reason: "glass"}, "/lot"},
		{"recall with a long reference", waymark.RecallRequest{Lot: lot, Reason: "glass", Reference: strings.Repeat("x", 201)}, "/reference"},
		{"lift for no reason", waymark.LiftRecallRequest{Lot: lot}, "/reason"},
		{"contents", waymark.ContentsQuery{Container: box}, ""},
		{"contents of a lot", waymark.ContentsQuery{Container: lot}, "/container"},
		{"page of too many", waymark.ContentsQuery{Container: box, Limit: waymark.MaxPage + 1}, "/limit"},
		{"trace", waymark.TraceQuery{ID: lot, Direction: waymark.TraceBack}, ""},
		{"trace nowhere", waymark.TraceQuery{ID: lot}, "/direction"},
		{"page of less than nothing", waymark.TraceQuery{ID: lot, Direction: waymark.TraceBack, Limit: -1}, "/limit"},
		{"a cursor that none is", waymark.TraceQuery{ID: lot, Direction: waymark.TraceBack, Cursor: strings.Repeat("x", 20000)}, "/cursor"},
		{"history", waymark.GoodsQuery{ID: "x"}, "/id"},
	})
}
