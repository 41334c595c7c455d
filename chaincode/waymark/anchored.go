package waymark

// MaxUnchecked bounds the anchored windows of one device that wait for their check: with so many, its
// messages are recorded in full.
const MaxUnchecked = 16

// Anchored is what of a device's stream is anchored, and how far that is checked.
type Anchored struct {
	Last uint64 `json:"last"` // number of the last anchored message
	// Unchecked are the anchored windows that wait for their check, by their numbers, oldest first.
	Unchecked []Run `json:"unchecked" form:"unchecked"`
}
