package waymark

// Limits of a shipment. Its goods are at most MaxLines lines.
const (
	MaxConditions = 8
	MaxDevices    = 16 // of one member, attached to one shipment ever
	MaxWitnesses  = 64 // attached to one shipment ever, detached ones included
)

// Shipment is what moves under one agreement. It never changes once it is ready.
type Shipment struct {
	ID         string      `json:"id" form:"id"`
	Consignor  string      `json:"consignor" form:"id"`
	Consignee  string      `json:"consignee" form:"id"`
	Arbiter    string      `json:"arbiter" form:"maybe_id"` // the member trusted by both, or empty
	Goods      []Line      `json:"goods" form:"lines"`
	Lots       []string    `json:"lots" form:"lots"`             // in the goods when it was created, sorted
	Conditions []Condition `json:"conditions" form:"conditions"` // resolved
	// Profile is where the conditions come from; absent where they were written out.
	Profile *ProfileRef `json:"profile,omitempty" metadata:",optional"`
	Created Stamp       `json:"created"`
	// Recalled are those of the lots that were recalled then: they are on their way back.
	Recalled []string `json:"recalled,omitempty" metadata:",optional" form:"lots"`

	// Attested says that each handoff needs the word of its witnesses: see Attestation.
	Attested bool `json:"attested,omitempty" metadata:",optional"`
	// Seals are those that it was sealed with; absent if there are none.
	Seals []string `json:"seals,omitempty" metadata:",optional" form:"seals"`
	// ClaimSeconds is the length of its claim windows; absent for DefaultClaimWindow.
	ClaimSeconds int64 `json:"claim_seconds,omitempty" metadata:",optional" form:"claim_window"`
}

// ProfileRef names the rules of the shipment: a profile, or CustomProfile.
func (s Shipment) ProfileRef() ProfileRef {
	if s.Profile != nil {
		return *s.Profile
	}
	return ProfileRef{Name: CustomProfile}
}

// CreateShipmentRequest creates a shipment that the caller's member sends. A draft is
// replaced by creating it again.
type CreateShipmentRequest struct {
	ID         string      `json:"id" form:"id"`
	Consignee  string      `json:"consignee" form:"id"`
	Arbiter    string      `json:"arbiter,omitempty" metadata:",optional" form:"id"`
	Goods      []Line      `json:"goods" form:"lines"`
	Conditions []Condition `json:"conditions,omitempty" metadata:",optional" form:"conditions"`
	// Profile names the rules in place of Conditions: a profile of the chaincode's catalogue.
	Profile string `json:"profile,omitempty" metadata:",optional" form:"id"`
	Draft   bool   `json:"draft,omitempty" metadata:",optional"` // it is not ready yet

	Attested     bool     `json:"attested,omitempty" metadata:",optional"`
	Seals        []string `json:"seals,omitempty" metadata:",optional" form:"seals"`
	ClaimSeconds int64    `json:"claim_seconds,omitempty" metadata:",optional" form:"claim_window"` // MinClaimWindow to MaxClaimWindow
}

// Validate checks the form of the request.
func (r CreateShipmentRequest) Validate() error {
	if err := CheckForms(r); err != nil {
		return err
	}
	if r.Profile != "" && len(r.Conditions) > 0 {
		return InvalidField("/profile", "must not be there together with conditions")
	}
	return first(validateLines("/goods", r.Goods), validateOnce("/seals", r.Seals), validateConditions(r.Conditions))
}

// Parties are the members that a shipment concerns: consignor, consignee, arbiter, and
// everyone who holds, held or is offered it.
func (s Shipment) Parties(c Custody, handoffs []Handoff) []string {
	ids := []string{s.Consignor, s.Consignee, c.Custodian}
	if s.Arbiter != "" {
		ids = append(ids, s.Arbiter)
	}
	for _, h := range handoffs {
		if h.State == HandoffOffered || h.State == HandoffAccepted {
			ids = append(ids, h.From, h.To)
		}
	}
	return ids
}

// ShipmentView is a shipment with its present state.
type ShipmentView struct {
	Shipment Shipment `json:"shipment"` // the record of it
	// State is that of Custody; of an accepted shipment, once it is so, settled or closed.
	State     ShipmentState  `json:"state"`
	Custody   Custody        `json:"custody"`
	Cargo     Cargo          `json:"cargo"`
	Title     Title          `json:"title"`
	Holds     []Hold         `json:"holds"` // that stand
	Condition ConditionState `json:"condition"`
	// Reasons are the rules behind a condition that is not conformant, sorted.
	Reasons []string `json:"reasons"`
	// Verdict is what they rest on; absent for a shipment that an earlier version saw accepted.
	Verdict     *Verdict     `json:"verdict,omitempty" metadata:",optional"`
	Attachments []Attachment `json:"attachments" form:"witnesses"`
	Handoffs    []Handoff    `json:"handoffs"` // oldest first
	Excursions  []Excursion  `json:"excursions"`
	// MoreExcursions says that there are others beyond those.
	MoreExcursions bool         `json:"more_excursions,omitempty" metadata:",optional"`
	Obligations    []Obligation `json:"obligations"` // of whoever reads it

	Discrepancies []Discrepancy `json:"discrepancies"` // oldest first
}

// ShipmentQuery names a shipment, and what it is read for.
type ShipmentQuery struct {
	Shipment string `json:"shipment" form:"id"`
	Purpose  string `json:"purpose,omitempty" metadata:",optional" form:"id"`
}

// Validate checks the form of the query.
func (q ShipmentQuery) Validate() error { return CheckForms(q) }

// HistoryEntry is one thing that happened to a shipment.
type HistoryEntry struct {
	What   string `json:"what"`   // an event name, as in "handoff.offered"
	Detail string `json:"detail"` // in words, for a timeline
	Stamp  Stamp  `json:"stamp"`
}

// History is what happened to a shipment, oldest first.
type History struct {
	Shipment    string         `json:"shipment" form:"id"`
	Entries     []HistoryEntry `json:"entries"`
	Obligations []Obligation   `json:"obligations"` // of whoever reads it
}
