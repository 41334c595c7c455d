package rest

import (
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// messagesBody is a batch of signed messages, each of which may be followed by the
// disclosures of its sealed readings, as attest.WithDisclosures does it.
type messagesBody struct {
	Messages []string `json:"messages"` // each a JWS or a COSE_Sign1 as base64url, with its disclosures if it has any
}

// Validate checks the bounds of the batch: the disclosures count as the messages do.
func (b messagesBody) Validate() error { return waymark.Disclosures(b).Validate() }

// The bodies of requests that name something in the path: the vocabulary's
// requests without the ids that the path holds.

// memberBody is what a member says of itself.
type memberBody struct {
	Name       string `json:"name"` // of the organisation, in words
	GLN        string `json:"gln,omitempty"`
	GatewayURL string `json:"gateway_url,omitempty"`
}

// reasonBody says why.
type reasonBody struct {
	Reason string `json:"reason"`
}

// disputeBody says why there is a dispute, or is none any more: at greater length.
type disputeBody struct {
	Reason string `json:"reason"`
}

// rotationBody replaces a device's key in order.
type rotationBody struct {
	Rotation       string `json:"rotation"` // a signed message of kind Rotation
	OverlapSeconds int64  `json:"overlap_seconds,omitempty"`
}

// replacementBody gives a device whose keys are lost a new one.
type replacementBody struct {
	Registration string `json:"registration"` // signed by the new key
	Reason       string `json:"reason"`
}

// revocationBody ends a key that may be in other hands.
type revocationBody struct {
	From   time.Time `json:"from"` // what was recorded under it since then is disputed
	Reason string    `json:"reason"`
}

// presenceBody brings what a device said of its presence.
type presenceBody struct {
	Presence string `json:"presence"` // a signed message of kind Presence
}

// attributesBody replaces what the owner says of its device.
type attributesBody struct {
	Attributes waymark.DeviceAttributes `json:"attributes"`
	Reason     string                   `json:"reason"`
}

// forfeitBody gives up the check of anchored windows.
type forfeitBody struct {
	Last   uint64 `json:"last"`
	Reason string `json:"reason"`
}

// certificateBody revokes a certificate.
type certificateBody struct {
	Serial string `json:"serial"`
	Reason string `json:"reason"`
}

// noBody is what a request carries that the path says all of.
type noBody struct{}

// maxNoBody is how many bytes it can have: those of an empty object, however it is set.
const maxNoBody = 256

// deviceBody names a device.
type deviceBody struct {
	Device string `json:"device"`
}

// commandBody asks a device to do something.
type commandBody struct {
	ID        string    `json:"id"`
	Name      string    `json:"name"`              // as the device knows it
	Arguments string    `json:"arguments"`         // the text of a JSON object; {} for none
	ExpiresAt time.Time `json:"expires_at"`        // the device must not act on it later
	Purpose   string    `json:"purpose,omitempty"` // what it is for, as policies of owners may ask
}

// regulatorBody names the member that may recall.
type regulatorBody struct {
	Regulator string `json:"regulator"`
}

// offerBody offers something to another member until a time.
type offerBody struct {
	To        string    `json:"to"`
	ExpiresAt time.Time `json:"expires_at"` // it can be accepted until then
}

// acceptBody accepts a handoff: all of it is optional.
type acceptBody struct {
	Reservation  string              `json:"reservation,omitempty"`
	Attestations []string            `json:"attestations,omitempty"` // signed messages of kind Attestation
	Exceptions   []waymark.Exception `json:"exceptions,omitempty"`
	// Checked is what the acceptor's own blocks say of the checks of witnesses that anchored messages.
	Checked []waymark.OwnChecked `json:"checked,omitempty"`
}

// leaseBody takes a lease for its holder.
type leaseBody struct {
	Holder  string `json:"holder"`         // who has it: of all who act as one identity each has a name of its own
	Seconds int    `json:"seconds"`        // for how long from now on
	Note    string `json:"note,omitempty"` // what the holder says to the others
}

// holderBody names the holder of a lease.
type holderBody struct {
	Holder string `json:"holder"` // who has it
}

// replayBody names the dead letter that is to be sent once more.
type replayBody struct {
	Event string `json:"event,omitempty"` // the id of its event; all, if it is left out
}

// policyBody is a policy in words of Cedar.
type policyBody struct {
	Text      string `json:"text"` // one statement of Cedar
	Delegable bool   `json:"delegable,omitempty"`
}

// templateBody is a policy by a template.
type templateBody struct {
	Template   string            `json:"template"`
	Parameters map[string]string `json:"parameters"`
	Delegable  bool              `json:"delegable,omitempty"`
}

// delegationBody passes on what a policy grants.
type delegationBody struct {
	Owner     string            `json:"owner"`
	From      waymark.PolicyRef `json:"from"` // the policy that it passes on
	Text      string            `json:"text"`
	Delegable bool              `json:"delegable,omitempty"`
}

// withdrawalBody ends a policy.
type withdrawalBody struct {
	Owner  string `json:"owner,omitempty"`  // the caller's member if it is left out
	Author string `json:"author,omitempty"` // the caller's member if it is left out
	Reason string `json:"reason"`
}
