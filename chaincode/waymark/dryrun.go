package waymark

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
	Devices   []string         `json:"devices,omitempty" metadata:",optional" form:"resources"`
	Shipments []string         `json:"shipments,omitempty" metadata:",optional" form:"resources"`
	Purpose   string           `json:"purpose,omitempty" metadata:",optional" form:"id"`
}

// DryRunWithdrawal names the policy that would be withdrawn. Owner and author are
// the caller's member where they are left out.
type DryRunWithdrawal struct {
	ID     string `json:"id" form:"id"`
	Owner  string `json:"owner,omitempty" metadata:",optional" form:"id"`
	Author string `json:"author,omitempty" metadata:",optional" form:"id"`
}

// Validate checks the form of the request.
func (r DryRunRequest) Validate() error {
	if err := CheckForms(r); err != nil {
		return err
	}
	if (r.Put == PutPolicyRequest{}) == (r.Withdraw == DryRunWithdrawal{}) {
		return InvalidField("/put", "must be given, or withdraw, and not both")
	}
	if n := len(r.Devices) + len(r.Shipments); n == 0 || n > MaxDryRunResources {
		return InvalidField("/devices", "and shipments must be 1 to %d together, are %d", MaxDryRunResources, n)
	}
	return first(validateOnce("/devices", r.Devices), validateOnce("/shipments", r.Shipments))
}

// DryRun is what a change of policies would change, sorted by member, role,
// action, resource and class.
type DryRun struct {
	Changes []AccessChange `json:"changes" form:"changes"`
	More    bool           `json:"more"` // there are more than MaxDryRunChanges
}

// AccessChange is one thing that somebody gains or loses.
type AccessChange struct {
	Member    string    `json:"member" form:"id"`
	Role      Role      `json:"role"`
	Action    Action    `json:"action"`
	Device    string    `json:"device,omitempty" metadata:",optional" form:"id"`
	Shipment  string    `json:"shipment,omitempty" metadata:",optional" form:"id"`
	DataClass DataClass `json:"data_class,omitempty" metadata:",optional" form:"id"` // for ReadTelemetry
	Gains     bool      `json:"gains"`                                               // loses otherwise
}
