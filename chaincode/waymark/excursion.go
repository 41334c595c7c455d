package waymark

import "time"

// ExcursionState is where an excursion is.
type ExcursionState string

// The states.
const (
	ExcursionOpen   ExcursionState = "open"   // the last reading was outside
	ExcursionClosed ExcursionState = "closed" // a reading inside has ended it
)

// ExcursionStates returns every state of an excursion.
func ExcursionStates() []ExcursionState { return []ExcursionState{ExcursionOpen, ExcursionClosed} }

// Excursion is an interval in which a device measured outside of a rule of the shipment that
// it witnessed. It opens with the first reading outside, grows with each transaction and
// closes with the first reading inside; one that a late message shows is closed at once. What
// crosses the bound again within one transaction goes on with the same record.
type Excursion struct {
	Shipment string `json:"shipment" form:"id"`
	Device   string `json:"device" form:"id"`
	// Rule is the condition's id; empty in a record of before rules had ids, whose condition
	// has its name and unit.
	Rule string `json:"rule,omitempty" metadata:",optional" form:"id"`
	// First is the number of the message that opened it: with device and rule it names the
	// excursion. Zero in a record of before.
	First    uint64         `json:"first,omitempty" metadata:",optional"`
	State    ExcursionState `json:"state,omitempty" metadata:",optional"` // closed in a record of before
	Name     string         `json:"name" form:"measurement"`              // SenML name of the measurement
	Unit     string         `json:"unit" form:"unit"`
	From     time.Time      `json:"from"`     // the first reading outside
	To       time.Time      `json:"to"`       // the last reading outside
	Readings int64          `json:"readings"` // how many were outside
	// Min and Max are the lowest and the highest of the readings outside; absent in the answer to
	// who may not have their data class.
	Min      Decimal `json:"min,omitempty" metadata:",optional"`
	Max      Decimal `json:"max,omitempty" metadata:",optional"`
	Recorded Stamp   `json:"recorded"` // the transaction that opened it
	// Changed is the last transaction that grew or closed it, if that was another.
	Changed *Stamp `json:"changed,omitempty" metadata:",optional"`
	// Released says who let it pass, if anybody did.
	Released *Release `json:"released,omitempty" metadata:",optional"`
}

// Release is a quality role's written decision that the goods are fit in spite of an excursion.
type Release struct {
	Disposition string `json:"disposition" form:"disposition"`
	By          Stamp  `json:"by"`
}

// MaxDispositionBytes bounds the words of a release.
const MaxDispositionBytes = 1000

// ReleaseExcursionRequest releases a closed excursion.
type ReleaseExcursionRequest struct {
	Shipment    string `json:"shipment" form:"id"`
	Device      string `json:"device" form:"id"`
	Rule        string `json:"rule" form:"id"`
	First       uint64 `json:"first" form:"sequence"` // Excursion.First
	Disposition string `json:"disposition" form:"disposition"`
}

// Validate checks the form of the request.
func (r ReleaseExcursionRequest) Validate() error { return CheckForms(r) }
