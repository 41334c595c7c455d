package waymark

import "encoding/json"

// ParseRegistration reads the payload of a registration: one JSON object with the members
// of Registration and of its JWK, letter for letter, each once, and none that is null or an
// empty edge, so that every reader of the block makes the same of it. It returns Invalid.
func ParseRegistration(payload []byte) (Registration, error) {
	var r Registration
	if err := readStatement(payload, "the registration statement", &r, "device", "owner", "model", "key_id", "jwk", "edge"); err != nil {
		return Registration{}, err
	}
	var parts struct {
		JWK  json.RawMessage `json:"jwk"`
		Edge *string         `json:"edge"`
	}
	if err := json.Unmarshal(payload, &parts); err != nil || !hasOnly(parts.JWK, "kty", "alg", "crv", "x", "y", "pub") {
		return Registration{}, Errorf(Invalid, "the registration statement must have a jwk, with the members of its kind alone")
	}
	if parts.Edge != nil && r.Edge == "" {
		return Registration{}, InvalidField("/edge", "must be left out where there is none")
	}
	return r, r.Validate()
}
