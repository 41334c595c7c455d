package waymark

import "encoding/json"

// ParseRegistration reads the payload of a registration: one JSON object with the members
// of Registration and of its JWK, letter for letter, each once, and none that is null, so
// that every reader of the block makes the same of it. It returns Invalid.
func ParseRegistration(payload []byte) (Registration, error) {
	var r Registration
	if err := checkObject(string(payload)); err != nil {
		return r, Errorf(Invalid, "the registration statement %s", err)
	}
	var parts struct {
		JWK json.RawMessage `json:"jwk"`
	}
	malformed := Errorf(Invalid, "must carry a registration statement: device, owner, model, key_id, jwk")
	if !hasOnly(payload, "device", "owner", "model", "key_id", "jwk") || json.Unmarshal(payload, &parts) != nil ||
		!hasOnly(parts.JWK, "kty", "alg", "crv", "x", "y", "pub") || json.Unmarshal(payload, &r) != nil {
		return Registration{}, malformed
	}
	return r, r.Validate()
}
