package waymark

import (
	"regexp"
	"slices"
)

// EventsQuery says which events a stream is to have. What is left out may be any.
type EventsQuery struct {
	// Kind is the name of an event, as in shipment.ready, or the part before the dot.
	Kind     string `json:"kind,omitempty" metadata:",optional" form:"event_kind"`
	Device   string `json:"device,omitempty" metadata:",optional" form:"id"`
	Shipment string `json:"shipment,omitempty" metadata:",optional" form:"id"`
	Member   string `json:"member,omitempty" metadata:",optional" form:"id"`  // who did it
	Purpose  string `json:"purpose,omitempty" metadata:",optional" form:"id"` // what it is read for
	// After is the id of the last event that is known; without one the stream begins now.
	After string `json:"after,omitempty" metadata:",optional" form:"event_id"`
	// Order is that of a page: with desc it has the events before the one of After, or the last ones. A stream goes forward.
	Order Order `json:"order,omitempty" metadata:",optional"`
}

// Validate checks the form of the query.
func (q EventsQuery) Validate() error {
	if q.Order != "" && !slices.Contains(Orders(), q.Order) {
		return InvalidField("/order", "must be one of %v", Orders())
	}
	return CheckForms(q)
}

var (
	eventKindPattern = regexp.MustCompile(`^[a-z_]{1,31}(\.[a-z_]{1,31})?$`)
	// eventIDPattern is a block, a transaction in it, and an event of that, each from 0.
	eventIDPattern = regexp.MustCompile(`^(0|[1-9][0-9]{0,9}):(0|[1-9][0-9]{0,8}):(0|[1-9][0-9]{0,8})$`)
)

// IsEventName reports whether an event can have a name. Those of this package do.
func IsEventName(name string) bool { return eventKindPattern.MatchString(name) }

func checkEventKind(pointer, text string) error {
	if !IsEventName(text) {
		return InvalidField(pointer, "must be the name of an event, as in shipment.ready, or the part before the dot")
	}
	return nil
}

func checkEventID(pointer, text string) error {
	if !eventIDPattern.MatchString(text) {
		return InvalidField(pointer, "must be the id of an event: block, transaction and event, as in 17:0:0")
	}
	return nil
}
