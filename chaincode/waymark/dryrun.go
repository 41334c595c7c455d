package waymark

import (
	"slices"
	"strconv"
)

// Limits of a dry run.
const (
	MaxDryRunResources = 50
	MaxDryRunMembers   = 64
	MaxDryRunChanges   = 1000
	// MaxDryRunDecisions bounds how often a policy is evaluated for one dry run.
	MaxDryRunDecisions = 100000
)

// DryRunRequest asks who would gain or lose what on some resources if a policy
// were put, or one withdrawn: exactly one of the two.
type DryRunRequest struct {
	Put       PutPolicyRequest `json:"put,omitzero" metadata:",optional"`
	Withdraw  DryRunWithdrawal `json:"withdraw,omitzero" metadata:",optional"`
	Devices   []string         `json:"devices,omitempty" metadata:",optional"`
	Shipments []string         `json:"shipments,omitempty" metadata:",optional"`
	Purpose   string           `json:"purpose,omitempty" metadata:",optional"`
}

// DryRunWithdrawal names the policy that would be withdrawn. Owner and author are
// the caller's member where they are left out.
type DryRunWithdrawal struct {
	ID     string `json:"id"`
	Owner  string `json:"owner,omitempty" metadata:",optional"`
	Author string `json:"author,omitempty" metadata:",optional"`
}

// Validate checks the form of the request.
func (r DryRunRequest) Validate() error {
	if (r.Put == PutPolicyRequest{}) == (r.Withdraw == DryRunWithdrawal{}) {
		return InvalidField("/put", "must be given, or withdraw, and not both")
	}
	if n := len(r.Devices) + len(r.Shipments); n == 0 || n > MaxDryRunResources {
		return InvalidField("/devices", "and shipments must be 1 to %d together, are %d", MaxDryRunResources, n)
	}
	return first(r.validateChange(), ValidatePurpose("/purpose", r.Purpose),
		validateIDs("/devices", r.Devices), validateIDs("/shipments", r.Shipments))
}

func (r DryRunRequest) validateChange() error {
	if r.Withdraw == (DryRunWithdrawal{}) {
		if err := r.Put.Validate(); err != nil {
			e := AsError(err)
			return InvalidField("/put"+e.Field, "%s", e.Message)
		}
		return nil
	}
	return first(ValidateID("/withdraw/id", r.Withdraw.ID),
		optionalID("/withdraw/owner", r.Withdraw.Owner), optionalID("/withdraw/author", r.Withdraw.Author))
}

func validateIDs(pointer string, ids []string) error {
	for i, id := range ids {
		at := pointer + "/" + strconv.Itoa(i)
		if err := ValidateID(at, id); err != nil {
			return err
		}
		if slices.Contains(ids[:i], id) {
			return InvalidField(at, "is in the list twice")
		}
	}
	return nil
}

// DryRun is what a change of policies would change, sorted by member, role,
// action, resource and class.
type DryRun struct {
	Changes []AccessChange `json:"changes"`
	More    bool           `json:"more"` // there are more than MaxDryRunChanges
}

// AccessChange is one thing that somebody gains or loses.
type AccessChange struct {
	Member    string    `json:"member"`
	Role      Role      `json:"role"`
	Action    Action    `json:"action"`
	Device    string    `json:"device,omitempty" metadata:",optional"`
	Shipment  string    `json:"shipment,omitempty" metadata:",optional"`
	DataClass DataClass `json:"data_class,omitempty" metadata:",optional"` // for ReadTelemetry
	Gains     bool      `json:"gains"`                                     // loses otherwise
}
