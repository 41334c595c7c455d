package model

import (
	"encoding/json"
	"fmt"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
)

// event is one thing that a transaction told of.
type event struct {
	name             string
	device, shipment string // that it is about, or empty
	payload          []byte // JSON
}

// about are the members of payloads that name what an event is about.
type about struct {
	Device   string `json:"device"`
	Shipment string `json:"shipment"`
}

// parts takes an event apart: a batch of messages tells of each window, excursion and clash.
func parts(e ledger.Event) ([]event, error) {
	if e.Name != waymark.EventTelemetryRecorded {
		var of about
		if err := json.Unmarshal(e.Payload, &of); err != nil {
			return nil, fmt.Errorf("event %s: %w", e.Name, err)
		}
		return []event{{e.Name, of.Device, of.Shipment, e.Payload}}, nil
	}
	var batch waymark.TelemetryEvent
	if err := json.Unmarshal(e.Payload, &batch); err != nil {
		return nil, fmt.Errorf("event %s: %w", e.Name, err)
	}
	all := make([]event, 0, len(batch.Windows)+len(batch.Excursions)+len(batch.Clashes))
	for _, part := range telemetryParts(batch) {
		payload, err := json.Marshal(part.of)
		if err != nil {
			return nil, fmt.Errorf("event %s: %w", e.Name, err)
		}
		all = append(all, event{e.Name, part.Device, part.Shipment, payload})
	}
	return all, nil
}

// telemetryPart is one window, excursion or clash of a batch.
type telemetryPart struct {
	about
	of waymark.TelemetryEvent
}

func telemetryParts(batch waymark.TelemetryEvent) (all []telemetryPart) {
	none := []waymark.WindowRef{} // which is never left out
	for _, w := range batch.Windows {
		all = append(all, telemetryPart{about{Device: w.Device}, waymark.TelemetryEvent{Windows: []waymark.WindowRef{w}}})
	}
	for _, x := range batch.Excursions {
		all = append(all, telemetryPart{about{x.Device, x.Shipment}, waymark.TelemetryEvent{Windows: none, Excursions: []waymark.ExcursionRef{x}}})
	}
	for _, c := range batch.Clashes {
		all = append(all, telemetryPart{about{Device: c.Device}, waymark.TelemetryEvent{Windows: none, Clashes: []waymark.ClashRef{c}}})
	}
	return all
}
