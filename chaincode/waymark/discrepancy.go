package waymark

import "time"

// Bounds of the claim window of a shipment: how long after an acceptance with
// reservation a claim can be made.
const (
	MinClaimWindow     = time.Minute
	MaxClaimWindow     = 90 * 24 * time.Hour
	DefaultClaimWindow = 7 * 24 * time.Hour
)

// ClaimWindow is how long after an acceptance with reservation a claim can be made.
func (s Shipment) ClaimWindow() time.Duration {
	if s.ClaimSeconds == 0 {
		return DefaultClaimWindow
	}
	return time.Duration(s.ClaimSeconds) * time.Second
}

// Discrepancy is opened by an acceptance with reservation: in words, by exceptions, or both.
type Discrepancy struct {
	Shipment   string    `json:"shipment" form:"id"`
	Handoff    uint64    `json:"handoff"`      // its number
	By         string    `json:"by" form:"id"` // the member that accepted so
	ClaimUntil time.Time `json:"claim_until"`  // a claim can be made up to and including then
	Opened     Stamp     `json:"opened"`
	// Waived says that the acceptor gave up what was left of the window; absent if it did not.
	Waived *Change `json:"waived,omitempty" metadata:",optional"`
}

// Open reports whether a claim can be made at a time.
func (d Discrepancy) Open(now time.Time) bool {
	return d.Waived == nil && !now.After(d.ClaimUntil)
}

// WaiveClaimRequest gives up what is left of the claim window of a handoff, by the
// member that accepted it.
type WaiveClaimRequest struct {
	Shipment string `json:"shipment" form:"id"`
	Number   uint64 `json:"number" form:"sequence"`
	Reason   string `json:"reason" form:"reason"`
}

// Validate checks the form of the request.
func (r WaiveClaimRequest) Validate() error { return CheckForms(r) }
