package waymark

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Limits of the owner policies.
const (
	MaxPolicyBytes     = 16 << 10 // of one policy's text
	MaxDelegatedBytes  = 4 << 10  // of a delegated one's: others must read it for decisions of their own
	MaxOwnPolicies     = 64       // ids that an owner may use for its own resources
	MaxAuthorPolicies  = 32       // ids that any other member may use for delegated ones, for each owner
	MaxDelegated       = 192      // delegated ids about one owner's resources, of all members together
	MaxDelegationDepth = 4        // delegations between an owner's policy and the last one
	MaxPolicyVersions  = 100      // that a history shows
)

// PolicyState is where an owner policy is.
type PolicyState string

// The states. A withdrawn policy decides nothing; putting it again makes it active.
const (
	PolicyActive    PolicyState = "active"
	PolicyWithdrawn PolicyState = "withdrawn"
)

// PolicyStates returns every state of a policy.
func PolicyStates() []PolicyState { return []PolicyState{PolicyActive, PolicyWithdrawn} }

// PolicyRef names a policy among those about one owner's resources.
type PolicyRef struct {
	Author string `json:"author" form:"id"`
	ID     string `json:"id" form:"id"`
}

// Policy is one Cedar statement about the resources of a member, the owner: by the
// owner itself, or by another member that passes on what it was granted.
type Policy struct {
	ID        string      `json:"id" form:"id"`
	Owner     string      `json:"owner" form:"id"`
	Author    string      `json:"author" form:"id"`     // the owner, or the member that delegates
	Text      string      `json:"text" form:"policy"`   // Cedar
	SHA256    string      `json:"sha256" form:"sha256"` // of Text, lower-case hex
	Version   uint64      `json:"version"`
	State     PolicyState `json:"state"`
	Delegable bool        `json:"delegable"`                                           // whom it permits may pass it on
	From      PolicyRef   `json:"from,omitzero" metadata:",optional"`                  // the policy that a delegated one passes on
	Reason    string      `json:"reason,omitempty" metadata:",optional" form:"reason"` // why it was withdrawn
	Created   Stamp       `json:"created"`
	Changed   Stamp       `json:"changed"`
}

// Ref names the policy among those of its owner.
func (p Policy) Ref() PolicyRef { return PolicyRef{p.Author, p.ID} }

// PutPolicyRequest makes or replaces a policy about the resources of the caller's
// own member.
type PutPolicyRequest struct {
	ID        string `json:"id" form:"id"`
	Text      string `json:"text" form:"policy"`
	Delegable bool   `json:"delegable,omitempty" metadata:",optional"`
}

// Validate checks the form of the request; whether the text is a policy that may
// be, only the chaincode can tell.
func (r PutPolicyRequest) Validate() error { return CheckForms(r) }

// DelegatePolicyRequest passes on to others what a delegable policy about the
// owner's resources grants to the caller's member: never more than that.
type DelegatePolicyRequest struct {
	Owner     string    `json:"owner" form:"id"`
	From      PolicyRef `json:"from"`
	ID        string    `json:"id" form:"id"`
	Text      string    `json:"text" form:"delegated_policy"`
	Delegable bool      `json:"delegable,omitempty" metadata:",optional"`
}

// Validate checks the form of the request.
func (r DelegatePolicyRequest) Validate() error { return CheckForms(r) }

// WithdrawPolicyRequest ends a policy. Owner and author are the caller's member
// where they are left out: a member withdraws what it wrote, and an owner whatever
// is written about its resources.
type WithdrawPolicyRequest struct {
	ID     string `json:"id" form:"id"`
	Owner  string `json:"owner,omitempty" metadata:",optional" form:"id"`
	Author string `json:"author,omitempty" metadata:",optional" form:"id"`
	Reason string `json:"reason" form:"reason"`
}

// Validate checks the form of the request.
func (r WithdrawPolicyRequest) Validate() error { return CheckForms(r) }

// PolicyQuery names a policy.
type PolicyQuery struct {
	Owner  string `json:"owner" form:"id"`
	Author string `json:"author" form:"id"`
	ID     string `json:"id" form:"id"`
}

// Validate checks the form of the query.
func (q PolicyQuery) Validate() error { return CheckForms(q) }

// PoliciesQuery asks for the policies about the resources of a member: the
// caller's own if it is left out.
type PoliciesQuery struct {
	Owner string `json:"owner,omitempty" metadata:",optional" form:"id"`
}

// Validate checks the form of the query.
func (q PoliciesQuery) Validate() error { return CheckForms(q) }

// PolicyList is all policies about one member's resources, by author and id.
type PolicyList struct {
	Owner    string   `json:"owner" form:"id"`
	Policies []Policy `json:"policies"`
}

// PolicyHistory is the versions of one policy, oldest first: at most the last
// MaxPolicyVersions.
type PolicyHistory struct {
	Versions []Policy `json:"versions" form:"policy_versions"`
}

// ValidatePurpose checks what a caller says that it asks for: an id, or nothing.
func ValidatePurpose(pointer, purpose string) error { return optionalID(pointer, purpose) }

func optionalID(pointer, id string) error {
	return optional(id, func() error { return ValidateID(pointer, id) })
}

// policyPattern is what validatePolicyText takes, but for what only looks other than it is.
const policyPattern = `^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*$`

// validatePolicyText checks what a policy's text is made of: UTF-8 without control characters but
// line breaks and tabs, and without those that make a text look other than it is.
func validatePolicyText(pointer, text string) error {
	if !utf8.ValidString(text) || strings.ContainsFunc(text, misleading) {
		return InvalidField(pointer, "must be UTF-8 text without control characters other than line breaks and tabs")
	}
	return nil
}

// misleading reports the characters that nobody sees: control characters, those
// that change the direction of what follows, and Fabric's noncharacters.
func misleading(r rune) bool {
	switch r {
	case '\n', '\r', '\t':
		return false
	case '\uFFFE', '\uFFFF', '\U0010FFFF':
		return true
	}
	return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r)
}
