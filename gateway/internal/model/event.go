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

// parts takes the event of a transaction apart: a batch tells of each window, excursion and clash, of each device that was registered, and of
// each device whose messages were disclosed. It fails for what no chaincode tells that follows the rules.
func parts(tx ledger.BlockTransaction) ([]event, error) {
	e := *tx.Event
	if err := tx.CheckTold(); err != nil {
		return nil, err
	}
	all, err := partsOf(e)
	switch {
	case err != nil:
		return nil, fmt.Errorf("event %s: %w", e.Name, err)
	case len(all) > ledger.MaxToldParts:
		return nil, ledger.ErrTold
	}
	events := make([]event, 0, len(all))
	for _, p := range all {
		payload, whole := p.of.(json.RawMessage)
		if !whole {
			if payload, err = json.Marshal(p.of); err != nil {
				return nil, fmt.Errorf("event %s: %w", e.Name, err)
			}
		}
		if len(payload) > maxPayload {
			return nil, ledger.ErrTold
		}
		events = append(events, event{e.Name, p.Device, p.Shipment, payload})
	}
	return events, nil
}

// maxPayload bounds one thing that is told, in bytes: what is told is held for all who follow.
const maxPayload = 64 << 10

// unknown is the name of what is no event of the chaincode. Nobody is told of it.
const unknown = "unknown"

// part is one of the things that an event tells of, as a payload of that alone.
type part struct {
	about
	of any
}

func partsOf(e ledger.Event) ([]part, error) {
	switch e.Name {
	case waymark.EventTelemetryRecorded:
		return split(e.Payload, telemetryParts)
	case waymark.EventTelemetryDisclosed:
		return split(e.Payload, disclosedParts)
	case waymark.EventDevicesRegistered:
		return split(e.Payload, registeredParts)
	default:
		return split(e.Payload, func(of about) []part { return []part{{of, json.RawMessage(e.Payload)}} })
	}
}

// split decodes a payload and takes it apart.
func split[T any](payload []byte, apart func(T) []part) ([]part, error) {
	var of T
	if err := json.Unmarshal(payload, &of); err != nil {
		return nil, err
	}
	return apart(of), nil
}

func telemetryParts(batch waymark.TelemetryEvent) (all []part) {
	none := []waymark.WindowRef{} // which is never left out
	for _, w := range batch.Windows {
		all = append(all, part{about{Device: w.Device}, waymark.TelemetryEvent{Windows: []waymark.WindowRef{w}}})
	}
	for _, x := range batch.Excursions {
		all = append(all, part{about{x.Device, x.Shipment}, waymark.TelemetryEvent{Windows: none, Excursions: []waymark.ExcursionRef{x}}})
	}
	for _, c := range batch.Clashes {
		all = append(all, part{about{Device: c.Device}, waymark.TelemetryEvent{Windows: none, Clashes: []waymark.ClashRef{c}}})
	}
	return all
}

// disclosedParts are in the order of the first message of each device.
func disclosedParts(batch waymark.DisclosedEvent) (all []part) {
	of := map[string][]waymark.MessageRef{}
	var devices []string
	for _, m := range batch.Messages {
		if of[m.Device] == nil {
			devices = append(devices, m.Device)
		}
		of[m.Device] = append(of[m.Device], m)
	}
	for _, device := range devices {
		all = append(all, part{about{Device: device}, waymark.DisclosedEvent{To: batch.To, Messages: of[device]}})
	}
	return all
}

func registeredParts(batch waymark.DevicesEvent) (all []part) {
	for _, device := range batch.Devices {
		all = append(all, part{about{Device: device}, waymark.DevicesEvent{Owner: batch.Owner, State: batch.State, Devices: []string{device}}})
	}
	return all
}
