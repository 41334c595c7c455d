package client

import "time"

// Lease is a name that somebody holds.
type Lease struct {
	Name   string `json:"name" form:"id"`
	Holder string `json:"holder" form:"id"`
	Note   string `json:"note,omitempty" form:"note"` // what the holder says to the others
	// Term is another and a greater number each time that it is taken, and the same while one holder renews it.
	Term  int64     `json:"term"`
	Until time.Time `json:"until"` // by the clock of the database; from then on anybody may take it
}

// LeaseList is the leases that are held, of those of the caller's identity.
type LeaseList struct {
	Leases []Lease `json:"leases"` // by their names
}
