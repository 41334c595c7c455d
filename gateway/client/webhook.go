package client

import "time"

// WebhookState says whether a webhook is sent events.
type WebhookState string

// The states.
const (
	WebhookActive WebhookState = "active"
	WebhookPaused WebhookState = "paused" // by who has it, or since it has as many dead letters as it may
	WebhookGone   WebhookState = "gone"   // its target answered 410: it wants nothing any more
)

// WebhookStates returns every state.
func WebhookStates() []WebhookState {
	return []WebhookState{WebhookActive, WebhookPaused, WebhookGone}
}

// Webhook is a target that events are sent to, in the order of the ledger.
type Webhook struct {
	ID       string       `json:"id" form:"id"`
	URL      string       `json:"url"`            // where each event is POSTed to
	Kind     string       `json:"kind,omitempty"` // which events it is for, as in the request that made it, and so on to Purpose
	Device   string       `json:"device,omitempty"`
	Shipment string       `json:"shipment,omitempty"`
	Member   string       `json:"member,omitempty"`
	Purpose  string       `json:"purpose,omitempty"`
	State    WebhookState `json:"state"`
	// Checkpoint is the id of the last event that it is done with, delivered or a dead letter, or one that is of
	// no event and comes after all that are not for it.
	Checkpoint  string          `json:"checkpoint" form:"event_id"`
	Failing     *WebhookFailure `json:"failing,omitempty"` // absent while all is well
	DeadLetters int             `json:"dead_letters"`      // how many it has
	MadeAt      time.Time       `json:"made_at"`           // by the clock of the database
	MadeBy      string          `json:"made_by"`           // the caller, as the audit log names it
}

// WebhookFailure says why a webhook is behind.
type WebhookFailure struct {
	Problem  string    `json:"problem"`           // of the last attempt, in words; or why the gateway cannot make one
	Attempts int       `json:"attempts"`          // that the next event has had, in vain
	Since    time.Time `json:"since,omitzero"`    // when the first of what has failed since anything was delivered failed
	RetryAt  time.Time `json:"retry_at,omitzero"` // when it is tried again at the latest, while the webhook is active
}

// WebhookList is the webhooks of the caller's identity, by their ids.
type WebhookList struct {
	Webhooks []Webhook `json:"webhooks"` // all of them, by their ids
}

// WebhookSecret is a webhook with the secret that signs what it is sent, told this once.
type WebhookSecret struct {
	Webhook Webhook `json:"webhook"`
	Secret  string  `json:"secret"` // "whsec_" and 32 random bytes in base64, as VerifyWebhook takes it
}

// DeadLetter is an event that could not be delivered, after as many attempts as the gateway makes.
type DeadLetter struct {
	Event    string    `json:"event" form:"event_id"` // its id
	Problem  string    `json:"problem"`               // of the last attempt, in words
	Attempts int       `json:"attempts"`              // that were made, all in vain
	At       time.Time `json:"at"`                    // when it was given up
	Waiting  bool      `json:"waiting"`               // it is to be sent once more
}

// DeadLetterList is a page of dead letters.
type DeadLetterList struct {
	DeadLetters []DeadLetter `json:"dead_letters"`                     // in the order of the ledger
	Cursor      string       `json:"cursor,omitempty" form:"event_id"` // for the next page; absent at the end
}

// Replay says what a waymark.ReplayRequest has begun.
type Replay struct {
	Waiting int `json:"waiting"` // how many dead letters are to be sent once more
}
