package waymark

import (
	"regexp"
	"time"
)

// Principal is who a question is about: somebody of a member, in a role, through a
// named application or none.
type Principal struct {
	Member string `json:"member" form:"id"`
	Role   Role   `json:"role"`
	App    string `json:"app,omitempty" metadata:",optional" form:"id"`
}

func (p Principal) validate(pointer string) error {
	if err := first(ValidateID(pointer+"/member", p.Member), optionalID(pointer+"/app", p.App)); err != nil {
		return err
	}
	for _, role := range Roles() {
		if p.Role == role {
			return nil
		}
	}
	return InvalidField(pointer+"/role", "must be one of %v", Roles())
}

// EntityRef names an entity of the policies: its Cedar type and id.
type EntityRef struct {
	Type string `json:"type"`
	ID   string `json:"id"`
}

// DecisionContext is what a decision took into account besides the entities.
type DecisionContext struct {
	Purpose     string    `json:"purpose" form:"maybe_id"`
	Time        time.Time `json:"time"`
	DataClass   DataClass `json:"data_class,omitempty" metadata:",optional" form:"id"` // absent for all
	Holds       []string  `json:"holds"`
	DeviceOwner string    `json:"device_owner,omitempty" metadata:",optional" form:"id"`
}

// PolicyVersion is a policy that was consulted, with the SHA-256 of its text in its place.
type PolicyVersion struct {
	Owner     string    `json:"owner" form:"id"`
	Author    string    `json:"author" form:"id"`
	ID        string    `json:"id" form:"id"`
	Version   uint64    `json:"version"`
	SHA256    string    `json:"sha256" form:"sha256"`
	Delegable bool      `json:"delegable"`
	From      PolicyRef `json:"from,omitzero" metadata:",optional"` // of a delegation, the policy that it passes on
}

// DecisionReceipt is a decision on the ledger, with all that it came from: whoever
// holds the texts of the policies can come to it again.
type DecisionReceipt struct {
	TxID      string          `json:"tx_id" form:"transaction"`
	Principal EntityRef       `json:"principal"`
	Action    Action          `json:"action"`
	Resource  EntityRef       `json:"resource"`
	Context   DecisionContext `json:"context"`
	Decision  Decision        `json:"decision"`
	// Baseline is the SHA-256 of the rulebook, Policies the owner policies that were
	// consulted, sorted: none where the rulebook decided alone.
	Baseline string          `json:"baseline" form:"sha256"`
	Policies []PolicyVersion `json:"policies"`
	// PolicySet is the SHA-256 of Baseline and of each of Policies as JSON, one a line.
	PolicySet string `json:"policy_set" form:"sha256"`
	// Entities is principal and resource as Cedar entity JSON, byte for byte.
	Entities       string `json:"entities"`
	EntitiesSHA256 string `json:"entities_sha256" form:"sha256"`
	Recorded       Stamp  `json:"recorded"`
}

// ReceiptQuery names the transaction that recorded a decision.
type ReceiptQuery struct {
	TxID string `json:"tx_id" form:"transaction"`
}

// txIDPattern is Fabric's: a SHA-256 in hexadecimal.
var txIDPattern = regexp.MustCompile(`^[0-9a-f]{64}$`)

// Validate checks the form of the query.
func (q ReceiptQuery) Validate() error { return CheckForms(q) }

func validateTxID(pointer, text string) error {
	if txIDPattern.MatchString(text) {
		return nil
	}
	return InvalidField(pointer, "must be 64 lower-case hexadecimal digits")
}
