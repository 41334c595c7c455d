package waymark

import "slices"

// DecisionOutcome is what a decision said.
type DecisionOutcome string

// The outcomes.
const (
	DecisionAllowed DecisionOutcome = "allowed"
	DecisionDenied  DecisionOutcome = "denied"
)

// DecisionOutcomes returns both.
func DecisionOutcomes() []DecisionOutcome { return []DecisionOutcome{DecisionAllowed, DecisionDenied} }

// Outcome is what the decision said.
func (d Decision) Outcome() DecisionOutcome {
	if d.Allowed {
		return DecisionAllowed
	}
	return DecisionDenied
}

// Order is the order of a list of what happened.
type Order string

// The orders.
const (
	OldestFirst Order = "asc"
	LatestFirst Order = "desc"
)

// Orders returns both.
func Orders() []Order { return []Order{OldestFirst, LatestFirst} }

// DecisionsQuery asks for a page of recorded decisions, oldest first if it says nothing else. What is left out may be any.
type DecisionsQuery struct {
	Action    Action          `json:"action,omitempty" metadata:",optional"` // that was asked for
	Outcome   DecisionOutcome `json:"outcome,omitempty" metadata:",optional"`
	Member    string          `json:"member,omitempty" metadata:",optional" form:"id"`        // that wanted to act
	FromBlock uint64          `json:"from_block,omitempty" metadata:",optional" form:"block"` // the first block
	Order     Order           `json:"order,omitempty" metadata:",optional"`                   // OldestFirst if it is left out
	// At is a block that the answer is to have, such as that of the caller's own write: it waits for it.
	At     uint64 `json:"at,omitempty" metadata:",optional" form:"block"`
	Limit  int    `json:"limit,omitempty" metadata:",optional" form:"page"`    // 1 to MaxPage; DefaultPage if it is left out
	Cursor string `json:"cursor,omitempty" metadata:",optional" form:"cursor"` // of the page before
}

// Validate checks the form of the query.
func (q DecisionsQuery) Validate() error {
	switch {
	case q.Action != "" && !slices.Contains(Actions(), q.Action):
		return InvalidField("/action", "must be one of %v", Actions())
	case q.Outcome != "" && !slices.Contains(DecisionOutcomes(), q.Outcome):
		return InvalidField("/outcome", "must be one of %v", DecisionOutcomes())
	case q.Order != "" && !slices.Contains(Orders(), q.Order):
		return InvalidField("/order", "must be one of %v", Orders())
	}
	return CheckForms(q)
}

// DecisionList is a page of decisions. It can have fewer than were asked for, and go on.
type DecisionList struct {
	Decisions []DecisionReceipt `json:"decisions" form:"entries"`              // in the order that was asked for
	Block     uint64            `json:"block"`                                 // the last one that the answer has
	Cursor    string            `json:"cursor,omitempty" metadata:",optional"` // for the next page; absent at the end
}
