package model

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/waymark-ledger/waymark/chaincode/rules/backing"
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
	if err := sound(e.Payload); err != nil {
		return nil, fmt.Errorf("event %s: %w", e.Name, err)
	}
	if err := backed(tx); err != nil {
		return nil, fmt.Errorf("event %s: %w", e.Name, err)
	}
	all, err := partsOf(e)
	switch {
	case err != nil:
		return nil, fmt.Errorf("event %s: %w", e.Name, err)
	case len(all) > maxParts:
		return nil, errPayload
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
			return nil, errPayload
		}
		events = append(events, event{e.Name, p.Device, p.Shipment, payload})
	}
	return events, nil
}

var errPayload = errors.New("no event tells so much, or so")

// backed fails for an event of something that its transaction did not write.
func backed(tx ledger.BlockTransaction) error {
	w := backing.Writes{Private: map[string]map[[sha256.Size]byte]bool{}}
	for _, put := range tx.Writes {
		if put.Value != nil {
			w.Public = append(w.Public, put.Key)
		}
	}
	slices.Sort(w.Public)
	for _, p := range tx.Private {
		if w.Private[p.Member] == nil {
			w.Private[p.Member] = map[[sha256.Size]byte]bool{}
		}
		w.Private[p.Member][p.Key] = true
	}
	return backing.Check(backing.Told{Name: tx.Event.Name, Payload: tx.Event.Payload, TxID: tx.TxID, Member: tx.Member}, w)
}

// Bounds of what a transaction tells, of which the rules tell less by far: whoever can write some record alone can tell anything
// with it, and what is told is held for all who follow.
const (
	maxTold    = 1 << 20  // bytes, in all
	maxParts   = 10_000   // things, each an event
	maxPayload = 64 << 10 // bytes, of one
	maxDepth   = 8        // of arrays and objects in each other
)

// sound fails for what is no JSON that all callers read alike (RFC 7493): texts in UTF-8, no member twice, also not in capitals, not too deep and not too much.
func sound(payload []byte) error {
	if len(payload) > maxTold {
		return errPayload
	}
	d := jsontext.NewDecoder(bytes.NewReader(payload))
	for {
		token, err := d.ReadToken()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		case d.StackDepth() > maxDepth, crowded(d), oddlyNamed(d, token):
			return errPayload
		}
	}
}

// crowded reports whether a list of the payload has more than any event tells of.
func crowded(d *jsontext.Decoder) bool {
	const list = 2 // what is in the object that a payload is
	if d.StackDepth() < list {
		return false
	}
	_, length := d.StackIndex(list)
	return length > maxParts
}

// oddlyNamed reports whether what was read is the name of a member that no payload has: some take capitals for the same.
func oddlyNamed(d *jsontext.Decoder, token jsontext.Token) bool {
	kind, length := d.StackIndex(d.StackDepth())
	if kind != '{' || length%2 == 0 || token.Kind() != '"' {
		return false
	}
	return strings.Trim(token.String(), "abcdefghijklmnopqrstuvwxyz0123456789_") != ""
}

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
