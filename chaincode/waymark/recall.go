package waymark

// Recall is one member's recall of a lot.
type Recall struct {
	By        string `json:"by" form:"id"`
	Reason    string `json:"reason" form:"reason"`
	Reference string `json:"reference,omitempty" metadata:",optional" form:"note"` // of the notice, as the authority has it
	Set       Stamp  `json:"set"`
}

// LotRecalls are the recalls of a lot that stand, one of a member at most, sorted by member.
type LotRecalls struct {
	Lot      string   `json:"lot" form:"goods"`
	Owner    string   `json:"owner" form:"id"` // the brand owner: such goods may go back to it
	Standing []Recall `json:"standing"`
	// Lifted is who lifted one last, why and when.
	Lifted *Recall `json:"lifted,omitempty" metadata:",optional"`
}

// Admits reports whether goods of the lot may go to a member all the same: it is the brand
// owner, or the one that recalls them.
func (r LotRecalls) Admits(member string) bool {
	if member == r.Owner && member != "" {
		return true
	}
	for _, recall := range r.Standing {
		if recall.By != member {
			return false
		}
	}
	return true
}

// RecallRequest recalls a lot.
type RecallRequest struct {
	Lot       string `json:"lot" form:"goods"`
	Reason    string `json:"reason" form:"reason"`
	Reference string `json:"reference,omitempty" metadata:",optional" form:"note"`
}

// Validate checks the form of the request.
func (r RecallRequest) Validate() error {
	return first(CheckForms(r), ValidateGoods("/lot", r.Lot, GoodsLot))
}

// LiftRecallRequest lifts the recall that the caller's member set.
type LiftRecallRequest struct {
	Lot    string `json:"lot" form:"goods"`
	Reason string `json:"reason" form:"reason"`
}

// Validate checks the form of the request.
func (r LiftRecallRequest) Validate() error {
	return first(CheckForms(r), ValidateGoods("/lot", r.Lot, GoodsLot))
}
