package source

import (
	"strings"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/senml"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/edge/config"
)

// Message is what came from the local broker.
type Message struct {
	Topic    string
	Payload  []byte
	Received time.Time
}

// Reading is one of a device, by its id on the ledger.
type Reading struct {
	Device string
	senml.Reading
}

// Result is what one message comes to.
type Result struct {
	Source   string // name of the source that read it, empty if none did
	Readings []Reading
	Refused  map[Reason]int
	// Rebirth is the edge node that is to be asked for its births, empty for none.
	Rebirth Node
}

// Node is a Sparkplug edge node.
type Node struct{ Group, Name string }

// Reason is why something of a message gave no reading.
type Reason string

// The reasons; those of package sparkplug besides.
const (
	NoSource      Reason = "no_source"      // no source has this topic
	UnknownDevice Reason = "unknown_device" // the device is not listed
	TooLarge      Reason = "too_large"      // the message, or a text in it
	Malformed     Reason = "malformed"      // the message is not what its source says
	BadValue      Reason = "bad_value"      // the value cannot be one in its unit
	BadTime       Reason = "bad_time"       // the time is missing or none
	Future        Reason = "future"         // the ledger would refuse it as being ahead of its clock
	TooOld        Reason = "too_old"        // it is from before not_before
	TooMany       Reason = "too_many"       // the device has measured waymark.MaxMeasured other things already
)

const (
	// maxAhead is less than the ledger's 5 minutes, since the message has still to get there.
	maxAhead = 4 * time.Minute
	// maxBody bounds a text, so that each fits into a message of its own.
	maxBody = 512
)

func (r *Result) refuse(reason Reason, n int) {
	if r.Refused == nil {
		r.Refused = make(map[Reason]int)
	}
	r.Refused[reason] += n
}

// reader reads the messages of one source.
type reader interface {
	// read reports false if the topic is not of this source.
	read(m Message, r *Result) bool
	// filter is the topic filter for its messages.
	filter() string
}

// Sources are all of a configuration. They are not safe for concurrent use: Sparkplug has a memory.
type Sources struct {
	names    []string
	readers  []reader
	since    map[string]time.Time       // by device id
	measured map[string]map[string]bool // series, at most waymark.MaxMeasured, by device id
}

// Latest says when the latest reading of each series was measured that was signed for a device already.
type Latest func(device string) map[string]time.Time

// SeriesOf returns what the ledger tells measurements apart by: a name, a NUL, and the unit if it is a number.
func SeriesOf(r senml.Reading) string {
	if !r.Kind.Measures() {
		return r.Name + seriesCut
	}
	return r.Name + seriesCut + r.Unit
}

const seriesCut = "\x00" // is in no name

// New makes the sources of a configuration that was validated.
func New(c config.Config, latest Latest) *Sources {
	s := &Sources{since: make(map[string]time.Time), measured: make(map[string]map[string]bool)}
	for _, d := range c.Devices {
		s.measured[d.ID] = make(map[string]bool)
		for series := range latest(d.ID) {
			if strings.Contains(series, seriesCut) { // else it is a bare name, as an earlier release wrote
				s.measured[d.ID][series] = true
			}
		}
		if since, err := time.Parse(time.RFC3339, d.NotBefore); err == nil {
			s.since[d.ID] = since
		}
	}
	for _, source := range c.Sources {
		s.names = append(s.names, source.Name)
		s.readers = append(s.readers, newReader(source, addresses(c, source.Name), latest))
	}
	return s
}

// addresses returns the ids of the devices of a source by their addresses there.
func addresses(c config.Config, source string) map[string]string {
	ids := make(map[string]string)
	for _, d := range c.Devices {
		if d.Source == source {
			ids[d.AddressOf()] = d.ID
		}
	}
	return ids
}

func newReader(s config.Source, ids map[string]string, latest Latest) reader {
	switch s.Kind {
	case config.JSON:
		return newJSON(s, ids)
	case config.Sparkplug:
		return newSparkplug(s, ids, latest)
	default:
		return senmlReader{newTopic(s.Topic), ids}
	}
}

// Filters are the topic filters of all sources.
func (s *Sources) Filters() []string {
	var filters []string
	for _, r := range s.readers {
		filters = append(filters, r.filter())
	}
	return filters
}

// Read reads the next message. Messages are to be given in the order in which they came.
func (s *Sources) Read(m Message) Result {
	var r Result
	for i, reader := range s.readers {
		if reader.read(m, &r) {
			r.Source = s.names[i]
			s.keep(&r, m.Received)
			return r
		}
	}
	r.refuse(NoSource, 1)
	return r
}

// Forget says that a reading was not signed: should a birth have it again it is news.
func (s *Sources) Forget(r Reading) {
	for _, each := range s.readers {
		if plant, ok := each.(*sparkplugReader); ok {
			plant.forget(r)
		}
	}
}

// keep leaves out the readings for which the ledger would refuse their whole message.
func (s *Sources) keep(r *Result, now time.Time) {
	kept := r.Readings[:0]
	for _, reading := range r.Readings {
		if reason := s.check(reading, now); reason != "" {
			r.refuse(reason, 1)
			continue
		}
		kept = append(kept, reading)
	}
	r.Readings = kept
}

func (s *Sources) check(r Reading, now time.Time) Reason {
	switch since := s.since[r.Device]; {
	case r.Time.Unix() < relativeBelow:
		return BadTime
	case r.Time.After(now.Add(maxAhead)):
		return Future
	case r.Time.Before(since):
		return TooOld
	case len(r.Body) > maxBody:
		return TooLarge
	case !s.measures(r):
		return TooMany
	}
	return ""
}

// measures notes what a reading measured, and reports false if the ledger would not take one series more of its device.
func (s *Sources) measures(r Reading) bool {
	known, series := s.measured[r.Device], SeriesOf(r.Reading)
	if !known[series] && len(known) >= waymark.MaxMeasured {
		return false
	}
	known[series] = true
	return true
}

// relativeBelow is where SenML's times begin to be absolute, in seconds since 1970 (RFC 8428, clause 4.5.3).
const relativeBelow = 1 << 28

// topic matches the topics of a source and finds the device's level.
type topic struct {
	levels []string
	device int
}

const deviceLevel = "{device}"

func newTopic(pattern string) topic {
	t := topic{levels: strings.Split(pattern, "/")}
	for i, level := range t.levels {
		if level == deviceLevel {
			t.device = i
		}
	}
	return t
}

func (t topic) filter() string {
	levels := append([]string(nil), t.levels...)
	levels[t.device] = "+"
	return strings.Join(levels, "/")
}

// match returns the address of the device, false for a topic of another source.
func (t topic) match(name string) (address string, ok bool) {
	levels := strings.Split(name, "/")
	if len(levels) != len(t.levels) {
		return "", false
	}
	for i, level := range t.levels {
		if i != t.device && level != "+" && level != levels[i] {
			return "", false
		}
	}
	return levels[t.device], true
}
