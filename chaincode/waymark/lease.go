package waymark

// Bounds of the time for which a lease is taken.
const (
	MinLeaseSeconds = 5
	MaxLeaseSeconds = 60
)

// LeaseRequest takes a lease, or renews it: a name that one holder at a time has.
type LeaseRequest struct {
	Name    string `json:"name" form:"id"`
	Holder  string `json:"holder" form:"id"`     // who has it: of all who act as one identity each has a name of its own
	Seconds int    `json:"seconds" form:"lease"` // for how long from now on, unless it is renewed
	// Note is what the holder says to the others; it stays until the lease is renewed or taken.
	Note string `json:"note,omitempty" metadata:",optional" form:"note"`
}

// Validate checks the form of the request.
func (r LeaseRequest) Validate() error { return CheckForms(r) }

// ReleaseRequest gives a lease up before its time.
type ReleaseRequest struct {
	Name   string `json:"name" form:"id"`
	Holder string `json:"holder" form:"id"`
}

// Validate checks the form of the request.
func (r ReleaseRequest) Validate() error { return CheckForms(r) }

// LeasesQuery asks which leases are held.
type LeasesQuery struct {
	Prefix string `json:"prefix,omitempty" metadata:",optional" form:"id"` // of their names; all, if it is left out
}

// Validate checks the form of the query.
func (q LeasesQuery) Validate() error { return CheckForms(q) }
