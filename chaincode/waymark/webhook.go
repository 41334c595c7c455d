package waymark

// WebhookRequest asks for events to be sent to a URL as they happen. What is left out of Kind, Device,
// Shipment and Member may be any, as in EventsQuery.
type WebhookRequest struct {
	// URL is where each event is POSTed to: https, without credentials. Private addresses are refused
	// unless the gateway's configuration allows them.
	URL      string `json:"url" form:"target"`
	Kind     string `json:"kind,omitempty" metadata:",optional" form:"event_kind"` // the name of an event, as in shipment.ready, or the part before the dot
	Device   string `json:"device,omitempty" metadata:",optional" form:"id"`       // only what is about this device
	Shipment string `json:"shipment,omitempty" metadata:",optional" form:"id"`     // only what is about this shipment
	Member   string `json:"member,omitempty" metadata:",optional" form:"id"`       // only what this member did
	Purpose  string `json:"purpose,omitempty" metadata:",optional" form:"id"`      // what the events are read for
	// After is the id of the event after which it begins; it begins now, if that is left out.
	After string `json:"after,omitempty" metadata:",optional" form:"event_id"`
}

// Validate checks the form of the request.
func (r WebhookRequest) Validate() error { return CheckForms(r) }

// WebhookQuery names a webhook.
type WebhookQuery struct {
	ID string `json:"id" form:"id"`
}

// Validate checks the form of the query.
func (q WebhookQuery) Validate() error { return CheckForms(q) }

// DeadLettersQuery asks for a page of a webhook's dead letters, in the order of the ledger.
type DeadLettersQuery struct {
	Webhook string `json:"webhook" form:"id"`
	Limit   int    `json:"limit,omitempty" metadata:",optional" form:"page"`      // 1 to MaxPage; DefaultPage if it is left out
	Cursor  string `json:"cursor,omitempty" metadata:",optional" form:"event_id"` // of the page before
}

// Validate checks the form of the query.
func (q DeadLettersQuery) Validate() error { return CheckForms(q) }

// ReplayRequest asks for dead letters to be sent once more.
type ReplayRequest struct {
	Webhook string `json:"webhook" form:"id"`
	Event   string `json:"event,omitempty" metadata:",optional" form:"event_id"` // the one of this event; all, if it is left out
}

// Validate checks the form of the request.
func (r ReplayRequest) Validate() error { return CheckForms(r) }
