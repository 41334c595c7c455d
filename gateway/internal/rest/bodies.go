package rest

import "time"

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
	Rotation string `json:"rotation"` // a signed message of kind Rotation
}

type deviceBody struct {
	Device string `json:"device"`
}

type offerBody struct {
	To        string    `json:"to"`
	ExpiresAt time.Time `json:"expires_at"`
}

type acceptBody struct {
	Reservation string `json:"reservation,omitempty"`
}
