package waymark

import "net/url"

// Member is an organisation of the consortium. Its id is its Fabric MSP id, so
// that nobody can speak for another member.
type Member struct {
	ID         string `json:"id"`
	Name       string `json:"name"`
	GLN        string `json:"gln" metadata:",optional"` // GS1 Global Location Number, 13 digits, or empty
	GatewayURL string `json:"gateway_url" metadata:",optional"`
	Registered Stamp  `json:"registered"`
	Changed    Stamp  `json:"changed"`
}

// RegisterMemberRequest registers the caller's own member or replaces what it
// had registered.
type RegisterMemberRequest struct {
	ID         string `json:"id"`
	Name       string `json:"name"`
	GLN        string `json:"gln,omitempty" metadata:",optional"`
	GatewayURL string `json:"gateway_url,omitempty" metadata:",optional"`
}

// Validate checks the form of the request.
func (r RegisterMemberRequest) Validate() error {
	return first(
		ValidateID("/id", r.ID),
		ValidateText("/name", r.Name, 200, true),
		optional(r.GLN, func() error { return ValidateGLN("/gln", r.GLN) }),
		optional(r.GatewayURL, func() error { return validateHTTPS("/gateway_url", r.GatewayURL) }),
	)
}

// MemberQuery names a member.
type MemberQuery struct {
	Member string `json:"member"`
}

// Validate checks the form of the query.
func (q MemberQuery) Validate() error { return ValidateID("/member", q.Member) }

func validateHTTPS(pointer, text string) error {
	if err := ValidateText(pointer, text, 300, true); err != nil {
		return err
	}
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil {
		return InvalidField(pointer, "must be an https URL without credentials")
	}
	return nil
}
