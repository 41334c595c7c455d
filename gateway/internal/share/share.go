// Package share bounds what all callers together make the gateway hold, and how much of it one
// of them can.
package share

import "github.com/waymark-ledger/waymark/chaincode/waymark"

// Limits bound what is held at once.
type Limits struct {
	Requests      int
	Bytes         int64
	CallerPercent int // of both that one caller can have; 1 to 100
}

// Held is what some requests hold.
type Held struct {
	Requests int
	Bytes    int64
}

// With is h and more.
func (h Held) With(more Held) Held { return Held{h.Requests + more.Requests, h.Bytes + more.Bytes} }

func (h Held) without(less Held) Held { return Held{h.Requests - less.Requests, h.Bytes - less.Bytes} }

// within reports whether h is at most percent of the limits.
func (h Held) within(l Limits, percent int) bool {
	return h.Requests*100 <= l.Requests*percent && h.Bytes*100 <= l.Bytes*int64(percent)
}

// Room is what can be held. It is not safe for concurrent use.
type Room struct {
	limits  Limits
	all     Held
	callers map[string]Held // those who hold something, by id
}

// NewRoom returns one in which nothing is held.
func NewRoom(l Limits) *Room { return &Room{limits: l, callers: make(map[string]Held)} }

// Take lets a caller hold more: a request with its bytes, or bytes for one that has its place.
// They are given back with Give. Who holds no other request may hold one of any size that fits.
//
// Codes: ResourceExhausted when there is no room, or none for this caller.
func (r *Room) Take(caller string, more Held) error {
	mine, all := r.callers[caller].With(more), r.all.With(more)
	if mine.Requests > 1 && !mine.within(r.limits, r.limits.CallerPercent) {
		return waymark.Errorf(waymark.ResourceExhausted, "this caller has as many requests under way as one may have: retry later")
	}
	if !all.within(r.limits, 100) {
		return waymark.Errorf(waymark.ResourceExhausted, "this gateway has as many requests under way as it can: retry later")
	}
	r.all, r.callers[caller] = all, mine
	return nil
}

// Add has a caller hold more whether there is room or not: for what cannot be refused any more. Until
// it is given back others may be refused for it.
func (r *Room) Add(caller string, more Held) {
	r.all, r.callers[caller] = r.all.With(more), r.callers[caller].With(more)
}

// Give gives back what was taken or added.
func (r *Room) Give(caller string, less Held) {
	mine := r.callers[caller].without(less)
	r.all, r.callers[caller] = r.all.without(less), mine
	if mine.Requests == 0 {
		delete(r.callers, caller)
	}
}

// Held is what all hold.
func (r *Room) Held() Held { return r.all }
