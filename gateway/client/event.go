package client

import (
	"encoding/json"
	"time"
)

// Event is something that happened on the ledger, in the JSON format of CloudEvents 1.0.
type Event struct {
	SpecVersion string `json:"specversion"` // 1.0
	// ID says where it is: block, transaction and event, as in 17:0:0. It is the same at every gateway,
	// and ids of later events are later in each of the three.
	ID     string `json:"id"`
	Source string `json:"source"` // the channel, as in /channels/waymark
	Type   string `json:"type"`   // "waymark." and the name of the event, as in waymark.shipment.ready
	// Subject is the device that it is about, else the shipment; absent if it is about neither.
	Subject         string          `json:"subject,omitempty"`
	Time            time.Time       `json:"time"`            // of the transaction, as its creator claims it
	DataContentType string          `json:"datacontenttype"` // application/json
	Data            json.RawMessage `json:"data"`            // what the chaincode told, by the event's name

	TxID   string `json:"txid"`   // of the transaction
	Member string `json:"member"` // whose transaction it was

	// TraceParent is how to go on with the trace of the write (CloudEvents, Distributed Tracing extension; W3C Trace Context). It is there at
	// the gateway that made the write, for a while, if that has sampled the trace.
	TraceParent string `json:"traceparent,omitempty"`
}

// EventList is a page of events, in order. It can have none, and go on.
type EventList struct {
	Events []Event `json:"events"` // that the caller may know, in the order of the ledger
	// Next is what to ask for events after: the id of the last event that was looked at, told or not, or one
	// that is of no event and comes after all of a block.
	Next  string `json:"next"`
	Block uint64 `json:"block"` // the last one that the answer has
}
