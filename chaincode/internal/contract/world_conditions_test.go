package contract_test

import "github.com/waymark-ledger/waymark/chaincode/waymark"

// warm makes an excursion of shipment s-warm, which logger-w of the producer witnesses.
func (w *world) warm() {
	w.t.Helper()
	d := w.c.NewDevice("logger-w", "producer")
	w.must("producer", waymark.Operator, waymark.DevicesRegister, waymark.RegisterDeviceRequest{Registration: d.Registration(), Activate: true})
	w.must("producer", waymark.Operator, waymark.ShipmentsCreate, waymark.CreateShipmentRequest{ID: "s-warm", Consignee: "retailer",
		Goods:      []waymark.Line{{ID: item("3")}},
		Conditions: []waymark.Condition{{ID: "cold", Name: "temperature", Unit: "Cel", Maximum: "8", Budget: &waymark.Budget{Seconds: 60, Mode: waymark.BudgetCumulative}}}})
	w.must("producer", waymark.Operator, waymark.ShipmentsAttach, waymark.AttachDeviceRequest{Shipment: "s-warm", Device: "logger-w"})
	w.must("carrier", waymark.Relay, waymark.TelemetryRecord, waymark.RecordRequest{Messages: []string{d.Pack(900, 500)}})
}

func (w *world) conditionCalls() map[waymark.Transaction]call {
	return map[waymark.Transaction]call{
		waymark.ShipmentsReleaseExcursion: {"retailer", waymark.Quality, waymark.ReleaseExcursionRequest{
			Shipment: "s-warm", Device: "logger-w", Rule: "cold", First: 1, Disposition: "stable for a day at 25 degrees"}, nil},
	}
}

// rulesOfEveryKind are requests that give every member of a condition.
func rulesOfEveryKind() []any {
	at := waymark.Position{Latitude: "52.1", Longitude: "4.1"}
	var requests []any
	for _, c := range []waymark.Condition{
		{ID: "budget", Kind: waymark.ConditionRange, Name: "temperature", Unit: "Cel", Maximum: "8", IntervalSeconds: 600, Agreement: "0.5",
			Budget: &waymark.Budget{Seconds: 3600, Mode: waymark.BudgetConsecutive}},
		{ID: "mkt", Kind: waymark.ConditionMKT, Name: "temperature", Unit: "Cel", MKT: &waymark.MKTLimit{Limit: "25", WindowSeconds: 86400}},
		{ID: "near", Kind: waymark.ConditionGeofence, Name: "latitude", Unit: "lat", Fence: &waymark.Fence{LongitudeName: "longitude",
			Circle: &waymark.Circle{Center: at, RadiusMeters: 500}}},
		{ID: "inside", Kind: waymark.ConditionGeofence, Name: "latitude", Unit: "lat", Fence: &waymark.Fence{LongitudeName: "longitude",
			Polygon: []waymark.Position{at, {Latitude: "52.2", Longitude: "4.1"}, {Latitude: "52.1", Longitude: "4.2"}}}},
	} {
		requests = append(requests, waymark.CreateShipmentRequest{ID: "s2", Consignee: "retailer", Arbiter: "auditor",
			Goods: []waymark.Line{{ID: item("2")}}, Conditions: []waymark.Condition{c}})
	}
	return append(requests, waymark.CreateShipmentRequest{ID: "s2", Consignee: "retailer", Goods: []waymark.Line{{ID: item("2")}}, Profile: "refrigerated"})
}
