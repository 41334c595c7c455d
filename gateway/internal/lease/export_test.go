package lease

import "time"

// Quick makes a lease pass to another ten times as fast.
func Quick(l *Lease) *Lease {
	l.pace = pace{beat: l.pace.beat / 10, look: l.pace.look / 10, lost: l.pace.lost / 10, dead: l.pace.dead / 10}
	return l
}

// Patient makes a lease that nobody takes for standing still.
func Patient(l *Lease) *Lease {
	l = Quick(l)
	l.pace.lost, l.pace.dead = time.Hour, time.Hour
	return l
}

// ID names a term.
func ID(t Term) string { return t.id }
