package waymark

// Profile is a named set of conditions of the catalogue that the chaincode carries. What a
// profile says never changes under its version.
type Profile struct {
	Name    string `json:"name"`
	Version string `json:"version"`
	Title   string `json:"title"` // what it is for, in words
	// Source names the documents that the conditions are taken from, and what in them is our own
	// choice; it says so where there is no standard behind them.
	Source     string      `json:"source"`
	Conditions []Condition `json:"conditions"`
}

// ProfileList is the catalogue, by name.
type ProfileList struct {
	Profiles []Profile `json:"profiles"`
}
