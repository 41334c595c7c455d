package condition

import (
	"slices"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/senml"
)

// Exposure is what the messages of one device add up to while it witnesses a shipment. It does
// not depend on the order in which they came.
type Exposure struct {
	// Runs are the messages without a gap, lowest numbers first; none if no rule is over time.
	Runs []Run `json:"runs,omitempty"`
	// Open are the excursions that go on, in the order of the rules.
	Open []OpenExcursion `json:"open,omitempty"`
	// Outside are the rules that have an excursion, in the order in which they had the first: however
	// many there are, a verdict knows of each rule.
	Outside []string `json:"outside,omitempty"`
}

// Clone returns a copy that further messages do not change in the first.
func (e *Exposure) Clone() Exposure {
	return Exposure{Runs: e.Runs, Open: slices.Clone(e.Open), Outside: slices.Clone(e.Outside)} // a run is replaced whole
}

// Run is a run of messages.
type Run struct {
	First uint64    `json:"first"`
	Last  uint64    `json:"last"`
	Rules []Summary `json:"rules"` // one for each rule over time, in their order
}

// OpenExcursion names one: Excursion.Rule and .First.
type OpenExcursion struct {
	Rule  string `json:"rule"`
	First uint64 `json:"first"`
}

// Message is one message of a device.
type Message struct {
	Number   uint64
	Readings []senml.Reading
}

// OverTime are the rules that an exposure sums up, in their order.
func OverTime(rules []Rule) []Rule {
	return slices.DeleteFunc(slices.Clone(rules), func(r Rule) bool { return !r.OverTime() })
}

// Counts reports whether a reading counts for the shipment of an attachment: if its message
// was sent since, or if it was measured since, whatever number the device gave its message.
func Counts(a *waymark.Attachment, n uint64, r senml.Reading) bool {
	return n > a.After || !r.Time.Before(a.Attached.Time)
}

// Add takes a message in. Readings of before the attachment say nothing about the time since.
func (e *Exposure) Add(rules []Rule, a *waymark.Attachment, m Message) {
	rules = OverTime(rules)
	origin := a.Attached.Time.UnixMilli()
	run, empty := Run{First: m.Number, Last: m.Number, Rules: make([]Summary, 0, len(rules))}, true
	for _, r := range rules {
		samples := slices.DeleteFunc(r.Samples(m.Readings), func(s Sample) bool { return s.At < origin })
		empty = empty && len(samples) == 0
		run.Rules = append(run.Rules, r.Summarise(origin, samples))
	}
	if len(rules) == 0 || empty && m.Number <= a.After {
		return
	}
	e.insert(rules, origin, run)
}

// insert puts a run between its neighbours and joins it with those that it touches.
func (e *Exposure) insert(rules []Rule, origin int64, run Run) {
	at := 0
	for at < len(e.Runs) && e.Runs[at].First < run.First {
		at++
	}
	from, to := at, at
	if from > 0 && e.Runs[from-1].Last+1 == run.First {
		from--
		run = join(rules, origin, e.Runs[from], run)
	}
	if to < len(e.Runs) && run.Last+1 == e.Runs[to].First {
		run = join(rules, origin, run, e.Runs[to])
		to++
	}
	e.Runs = slices.Concat(e.Runs[:from], []Run{run}, e.Runs[to:])
}

func join(rules []Rule, origin int64, a, b Run) Run {
	joined := Run{First: a.First, Last: b.Last, Rules: make([]Summary, 0, len(rules))}
	for k, r := range rules {
		joined.Rules = append(joined.Rules, r.Join(origin, a.Rules[k], b.Rules[k]))
	}
	return joined
}

// opened returns where the open excursion of a rule is in the list, or -1.
func (e *Exposure) opened(rule string) int {
	return slices.IndexFunc(e.Open, func(o OpenExcursion) bool { return o.Rule == rule })
}

// OpenOf returns the number that names the open excursion of a rule, if there is one.
func (e *Exposure) OpenOf(rule string) (first uint64, found bool) {
	if i := e.opened(rule); i >= 0 {
		return e.Open[i].First, true
	}
	return 0, false
}

// Note keeps which rules have an excursion, and which of them is open after a change.
func (e *Exposure) Note(x *waymark.Excursion) {
	if !slices.Contains(e.Outside, x.Rule) {
		e.Outside = append(e.Outside, x.Rule)
	}
	i := e.opened(x.Rule)
	switch open := x.State == waymark.ExcursionOpen; {
	case open && i < 0:
		e.Open = append(e.Open, OpenExcursion{Rule: x.Rule, First: x.First})
	case !open && i >= 0 && e.Open[i].First == x.First:
		e.Open = slices.Delete(e.Open, i, i+1)
	}
}
