package rest

import (
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// messagesBody is a batch of signed messages, each of which may be followed by the
// disclosures of its sealed readings, as attest.WithDisclosures does it.
type messagesBody struct {
	Messages []string `json:"messages"`
}

// Validate checks the bounds of the batch: the disclosures count as the messages do.
func (b messagesBody) Validate() error { return waymark.Disclosures(b).Validate() }

// The bodies of requests that name something in the path: the vocabulary's
// requests without the ids that the path holds.

type memberBody struct {
	Name       string `json:"name"`
	GLN        string `json:"gln,omitempty"`
	GatewayURL string `json:"gateway_url,omitempty"`
}

type reasonBody struct {
	Reason string `json:"reason"`
}

type rotationBody struct {
	Rotation       string `json:"rotation"` // a signed message of kind Rotation
	OverlapSeconds int64  `json:"overlap_seconds,omitempty"`
}

type replacementBody struct {
	Registration string `json:"registration"` // signed by the new key
	Reason       string `json:"reason"`
}

type revocationBody struct {
	From   time.Time `json:"from"`
	Reason string    `json:"reason"`
}

type attributesBody struct {
	Attributes waymark.DeviceAttributes `json:"attributes"`
	Reason     string                   `json:"reason"`
}

type certificateBody struct {
	Serial string `json:"serial"`
	Reason string `json:"reason"`
}

// noBody is what a request carries that the path says all of.
type noBody struct{}

// maxNoBody is how many bytes it can have: those of an empty object, however it is set.
const maxNoBody = 256

type deviceBody struct {
	Device string `json:"device"`
}

type commandBody struct {
	ID        string    `json:"id"`
	Name      string    `json:"name"`
	Arguments string    `json:"arguments"` // the text of a JSON object; {} for none
	ExpiresAt time.Time `json:"expires_at"`
	Purpose   string    `json:"purpose,omitempty"` // what it is for, as policies of owners may ask
}

type regulatorBody struct {
	Regulator string `json:"regulator"`
}

type offerBody struct {
	To        string    `json:"to"`
	ExpiresAt time.Time `json:"expires_at"`
}

type acceptBody struct {
	Reservation  string              `json:"reservation,omitempty"`
	Attestations []string            `json:"attestations,omitempty"` // signed messages of kind Attestation
	Exceptions   []waymark.Exception `json:"exceptions,omitempty"`
}

type policyBody struct {
	Text      string `json:"text"` // one statement of Cedar
	Delegable bool   `json:"delegable,omitempty"`
}

type templateBody struct {
	Template   string            `json:"template"`
	Parameters map[string]string `json:"parameters"`
	Delegable  bool              `json:"delegable,omitempty"`
}

type delegationBody struct {
	Owner     string            `json:"owner"`
	From      waymark.PolicyRef `json:"from"`
	Text      string            `json:"text"`
	Delegable bool              `json:"delegable,omitempty"`
}

type withdrawalBody struct {
	Owner  string `json:"owner,omitempty"`  // the caller's member if it is left out
	Author string `json:"author,omitempty"` // the caller's member if it is left out
	Reason string `json:"reason"`
}
