package sparkplug

import (
	"maps"
	"time"
)

// Refusal is why a metric or a whole message gave no observation.
type Refusal string

// The refusals.
const (
	Malformed   Refusal = "malformed"   // the message is no payload, or has no sequence number
	OldDeath    Refusal = "old_death"   // a death of an earlier session of the node
	Unborn      Refusal = "unborn"      // an alias, or no type, and no birth that says what it means
	Ambiguous   Refusal = "ambiguous"   // an alias that the birth gives to two metrics
	Null        Refusal = "null"        // the metric says that it has no value
	Transient   Refusal = "transient"   // the metric says that it is not to be stored
	Quality     Refusal = "quality"     // its quality is bad or stale
	Unsupported Refusal = "unsupported" // of a type that can be no reading
	BadValue    Refusal = "bad_value"   // the value is not of its type, or no number
	NoTime      Refusal = "no_time"     // neither the metric nor its payload has a time
	Repeated    Refusal = "repeated"    // a birth says it, and what was observed of the metric is not older
)

// good is the quality of a value that is to be trusted (clause 6.4.10).
const good = 192

// Observation is a value with the name that a birth, or the message itself, gives it.
type Observation struct {
	Device string // empty: the edge node itself
	Metric string
	Unit   string // the property engUnit, empty if there is none
	Time   time.Time
	Value  Value
}

// Outcome is what one message comes to.
type Outcome struct {
	Observations []Observation
	Refused      map[Refusal]int
	// Rebirth says that something was missed: ask the node for its births.
	Rebirth bool
}

func (o *Outcome) refuse(r Refusal) {
	if o.Refused == nil {
		o.Refused = make(map[Refusal]int)
	}
	o.Refused[r]++
	o.Rebirth = o.Rebirth || r == Unborn
}

// Wanted says whether a metric of a device (empty: of the node) is of interest.
type Wanted func(device, metric string) bool

// Node follows one edge node, from what it publishes. It is not safe for concurrent use. It keeps what is
// wanted of the devices that it was told of, and the aliases of all else: 8 bytes for each, at most MaxMetrics a device.
type Node struct {
	wanted    Wanted
	following bool    // the births are known, and nothing after them was missed
	next      uint64  // the sequence number that is to come
	session   *uint64 // the bdSeq of the last birth
	things    map[string]*thing
}

// thing is the node itself or one of its devices.
type thing struct {
	birth  *birth // nil if it was not seen in this session
	latest Times  // of the observations of each wanted metric: a birth repeats what is not later
}

// Times are times of metrics, by name.
type Times map[string]time.Time

// NewNode follows a node and those of its devices that are named, each with the times of its metrics' latest observations that
// are known already. The empty name is the node.
func NewNode(wanted Wanted, devices map[string]Times) *Node {
	n := &Node{wanted: wanted, things: map[string]*thing{"": {latest: make(Times)}}}
	for d, known := range devices {
		n.things[d] = &thing{latest: make(Times)}
		maps.Copy(n.things[d].latest, known)
	}
	return n
}

// Take reads the next message of the node. Messages are to be given in the order in which they came. What is later than
// believed is an observation, too, but the value of a birth to come is no repetition for being older.
func (n *Node) Take(t Topic, payload []byte, believed time.Time) Outcome {
	var o Outcome
	p, err := Decode(payload)
	if err != nil || p.Seq == nil && t.Type != NDEATH {
		o.refuse(Malformed)
		n.following, o.Rebirth = false, t.Type != NDEATH
		return o
	}
	switch t.Type {
	case NDEATH:
		n.die(p, &o)
		return o
	case NBIRTH:
		n.begin(p)
	default:
		n.count(*p.Seq)
	}
	if subject := n.things[t.Device]; subject != nil {
		n.of(subject, t, p, believed, &o)
	}
	o.Rebirth = o.Rebirth || !n.following
	return o
}

// begin starts a session (clause 6.4.19): all devices have yet to be born.
func (n *Node) begin(p Payload) {
	n.following, n.next, n.session = true, (*p.Seq+1)%256, sessionOf(p)
	for _, t := range n.things {
		t.birth = nil
	}
}

// count checks a sequence number: each is one more than that before, and 0 follows 255.
func (n *Node) count(seq uint64) {
	n.following = n.following && seq == n.next
	n.next = (n.next + 1) % 256
}

// die ends the session that the death is of. The broker may publish that of an earlier one late.
func (n *Node) die(p Payload, o *Outcome) {
	died := sessionOf(p)
	if died == nil || n.session == nil || *died != *n.session {
		o.refuse(OldDeath)
		return
	}
	n.following, n.session = false, nil
}

// sessionOf returns the bdSeq of a birth or death of a node, nil if it has none.
func sessionOf(p Payload) *uint64 {
	for _, m := range p.Metrics {
		if m.Name == "bdSeq" && (m.value.varint(metricInt) || m.value.varint(metricLong)) {
			return &m.value.bits
		}
	}
	return nil
}

// of reads a message of the node or of a device that is of interest.
func (n *Node) of(subject *thing, t Topic, p Payload, believed time.Time, o *Outcome) {
	wanted := func(metric string) bool { return n.wanted(t.Device, metric) }
	born := t.Type == NBIRTH || t.Type == DBIRTH
	switch {
	case t.Type == DDEATH:
		subject.birth = nil
		return
	case born:
		subject.birth = bear(p.Metrics, wanted)
	}
	for _, m := range p.Metrics {
		if m.Name != "" && !wanted(m.Name) {
			continue
		}
		known, refusal := subject.find(m, n.following)
		if refusal != "" {
			o.refuse(refusal)
			continue
		}
		if known.name == "" {
			continue
		}
		observed, refusal := subject.observe(known, m, p.Timestamp, born, believed)
		if refusal != "" {
			o.refuse(refusal)
			continue
		}
		subject.note(observed, believed)
		observed.Device = t.Device
		o.Observations = append(o.Observations, observed)
	}
}

// find says which metric is meant, one without a name if it is not wanted, or why that cannot be known: an alias is worth
// nothing unless every birth was seen. What has its own name and type needs no birth.
func (t *thing) find(m Metric, following bool) (metric, Refusal) {
	if following && t.birth != nil {
		if m.Name == "" && m.Alias != nil {
			return t.birth.called(*m.Alias)
		}
		if known, found := t.birth.metrics[m.Name]; found {
			return known, ""
		}
	}
	if m.Name == "" || m.Type == 0 {
		return metric{}, Unborn
	}
	return metric{name: m.Name, typ: m.Type}, ""
}

// observe reads the value of a metric. A birth tells again what every one was at last.
func (t *thing) observe(known metric, m Metric, published uint64, born bool, believed time.Time) (Observation, Refusal) {
	o, refusal := known.observe(m, published)
	if refusal == "" && born && !o.Time.After(t.last(o.Metric, believed)) {
		refusal = Repeated
	}
	return o, refusal
}

// note remembers the time of an observation, unless it is later than believed.
func (t *thing) note(o Observation, believed time.Time) {
	if o.Time.After(t.last(o.Metric, believed)) && !o.Time.After(believed) {
		t.latest[o.Metric] = o.Time
	}
}

// Forget says that an observation was not kept: it makes no value of a birth a repetition.
func (n *Node) Forget(device, metric string, at time.Time) {
	if t := n.things[device]; t != nil && !t.latest[metric].Before(at) {
		t.latest[metric] = at.Add(-time.Millisecond) // what was kept is older
	}
}

// last returns the time of the latest observation of a metric. One that is not believed any more was noted by a clock that was ahead.
func (t *thing) last(metric string, believed time.Time) time.Time {
	if at := t.latest[metric]; !at.After(believed) {
		return at
	}
	return time.Time{}
}

// observe reads the value, the type from the birth unless the message has its own.
func (k metric) observe(m Metric, published uint64) (Observation, Refusal) {
	typ, unit, at := k.typ, k.unit, m.Timestamp
	if m.Type != 0 {
		typ = m.Type
	}
	if m.Unit != "" {
		unit = m.Unit
	}
	if at == 0 {
		at = published
	}
	switch {
	case m.Null:
		return Observation{}, Null
	case m.Transient:
		return Observation{}, Transient
	case m.Quality != nil && *m.Quality != good:
		return Observation{}, Quality
	case at == 0 || at > maxTime:
		return Observation{}, NoTime
	}
	value, refusal := m.valueAs(typ)
	return Observation{Metric: k.name, Unit: unit, Time: time.UnixMilli(int64(at)).UTC(), Value: value}, refusal
}

// maxTime is the end of the year 9999, in milliseconds since 1970.
const maxTime = 253402300799999
