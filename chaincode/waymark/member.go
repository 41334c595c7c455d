package waymark

import "net/url"

// Member is an organisation of the consortium. Its id is its Fabric MSP id, so
// that nobody can speak for another member.
type Member struct {
	ID         string `json:"id" form:"id"`
	Name       string `json:"name" form:"name"`
	GLN        string `json:"gln" metadata:",optional"` // GS1 Global Location Number, 13 digits, or empty
	GatewayURL string `json:"gateway_url" metadata:",optional"`
	Registered Stamp  `json:"registered"`
	Changed    Stamp  `json:"changed"`
}

// RegisterMemberRequest registers the caller's own member or replaces what it
// had registered.
type RegisterMemberRequest struct {
	ID         string `json:"id" form:"id"`
	Name       string `json:"name" form:"name"`
	GLN        string `json:"gln,omitempty" metadata:",optional" form:"gln"`
	GatewayURL string `json:"gateway_url,omitempty" metadata:",optional" form:"url"`
}

// Validate checks the form of the request.
func (r RegisterMemberRequest) Validate() error { return CheckForms(r) }

// MemberQuery names a member.
type MemberQuery struct {
	Member string `json:"member" form:"id"`
}

// Validate checks the form of the query.
func (q MemberQuery) Validate() error { return CheckForms(q) }

func validateHTTPS(pointer, text string) error {
	u, err := url.Parse(text)
	if err != nil || !printable(text) || u.Scheme != "https" || u.Host == "" || u.User != nil {
		return InvalidField(pointer, "must be an https URL without credentials")
	}
	return nil
}

// validateTarget is for what is called by the gateway: whether plain http is, its configuration says.
func validateTarget(pointer, text string) error {
	u, err := url.Parse(text)
	if err != nil || !printable(text) || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "" || u.User != nil || u.Fragment != "" {
		return InvalidField(pointer, "must be an https URL without credentials and fragment")
	}
	return nil
}
