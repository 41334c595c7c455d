package edge

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/edge/config"
)

// edgeModel is what an edge is, in its own registration.
const edgeModel = "mqtt-bridge edge"

// Request is one that the owner of the devices sends to its gateway, with POST.
type Request struct {
	Path string `json:"path"`
	Body any    `json:"body"`
}

// Registrations returns the requests that register an edge with its first key, and then its devices with the keys that
// it holds for them. model is what the devices are. It returns Invalid for an owner or a model that cannot be.
func Registrations(c config.Config, owner, model string) ([]Request, error) {
	s, err := newSigner(c)
	if err != nil {
		return nil, err
	}
	text, err := s.registration(waymark.Registration{Device: c.ID, Owner: owner, Model: edgeModel})
	if err != nil {
		return nil, err
	}
	requests := []Request{{"/v1/devices", waymark.RegisterDeviceRequest{Registration: text, Activate: true}}}
	for part := range slices.Chunk(c.Devices, waymark.MaxRegistrations) {
		many := waymark.RegisterManyRequest{Activate: true}
		for _, d := range part {
			text, err := s.registration(waymark.Registration{Device: d.ID, Owner: owner, Model: model, Edge: c.ID})
			if err != nil {
				return nil, err
			}
			many.Registrations = append(many.Registrations, text)
		}
		requests = append(requests, Request{"/v1/devices:registerMany", many})
	}
	return requests, nil
}

// registration signs a statement with the key that it names.
func (s *signer) registration(r waymark.Registration) (string, error) {
	jwk, err := attest.PublicJWK(s.keys[r.Device].private)
	if err != nil {
		return "", err
	}
	r.KeyID, r.JWK = s.keys[r.Device].id, jwk
	if err := r.Validate(); err != nil {
		return "", fmt.Errorf("registration of %s: %w", r.Device, err)
	}
	payload, err := json.Marshal(r)
	if err != nil {
		return "", fmt.Errorf("encode registration: %w", err)
	}
	signed, err := attest.Sign(attest.JWS, s.keys[r.Device].private, s.header(r.Device, attest.Registration), payload)
	if err != nil {
		return "", fmt.Errorf("sign registration of %s: %w", r.Device, err)
	}
	return signed.Text(), nil
}
