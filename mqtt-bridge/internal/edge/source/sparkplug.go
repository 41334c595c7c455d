package source

import (
	"strings"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark/senml"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/edge/config"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/edge/sparkplug"
)

// sparkplugReader follows the edge nodes of a group of which a device is listed.
type sparkplugReader struct {
	group     string
	ids       map[string]string
	addresses map[string]string // by id
	nodes     map[string]*sparkplug.Node
	fields    map[string]config.Field // by the name of the metric
	units     map[string]string
}

func newSparkplug(s config.Source, ids map[string]string, latest Latest) *sparkplugReader {
	r := &sparkplugReader{group: s.Group, ids: ids, addresses: make(map[string]string), nodes: make(map[string]*sparkplug.Node), fields: make(map[string]config.Field), units: s.Units}
	for _, f := range s.Fields {
		r.fields[f.From] = f
	}
	devices := make(map[string]map[string]sparkplug.Times)
	for address, id := range ids {
		r.addresses[id] = address
		node, device, _ := strings.Cut(address, "/")
		if devices[node] == nil {
			devices[node] = make(map[string]sparkplug.Times)
		}
		devices[node][device] = r.known(latest(id))
	}
	for node, known := range devices {
		r.nodes[node] = sparkplug.NewNode(func(device, metric string) bool {
			_, listed := ids[addressOf(node, device)]
			_, wanted := r.fields[metric]
			return listed && wanted
		}, known)
	}
	return r
}

// known returns the times of the latest readings, by the metrics that they are of.
func (s *sparkplugReader) known(latest map[string]time.Time) sparkplug.Times {
	names := make(map[string]time.Time)
	for series, at := range latest {
		if name, _, _ := strings.Cut(series, seriesCut); at.After(names[name]) {
			names[name] = at
		}
	}
	known := make(sparkplug.Times)
	for metric, f := range s.fields {
		known[metric] = names[f.Name]
	}
	return known
}

// addressOf is what a configuration calls a node, or a device of it.
func addressOf(node, device string) string {
	if device == "" {
		return node
	}
	return node + "/" + device
}

func (s *sparkplugReader) filter() string { return sparkplug.Filter(s.group) }

func (s *sparkplugReader) read(m Message, r *Result) bool {
	t, ours := sparkplug.ParseTopic(s.group, m.Topic)
	if !ours {
		return strings.HasPrefix(m.Topic, strings.TrimSuffix(s.filter(), "#")) // commands, our own too
	}
	node := s.nodes[t.Node]
	if node == nil {
		r.refuse(UnknownDevice, 1)
		return true
	}
	outcome := node.Take(t, m.Payload, m.Received.Add(maxAhead))
	for reason, n := range outcome.Refused {
		r.refuse(Reason(reason), n)
	}
	if outcome.Rebirth {
		r.Rebirth = Node{s.group, t.Node}
	}
	for _, o := range outcome.Observations {
		reading, ok := s.reading(o)
		if !ok {
			r.refuse(BadValue, 1)
			continue
		}
		r.Readings = append(r.Readings, Reading{s.ids[addressOf(t.Node, o.Device)], reading})
	}
	return true
}

// forget says that a reading was not signed.
func (s *sparkplugReader) forget(r Reading) {
	address, ours := s.addresses[r.Device]
	if !ours {
		return
	}
	node, device, _ := strings.Cut(address, "/")
	for metric, f := range s.fields {
		if f.Name == r.Name {
			s.nodes[node].Forget(device, metric, r.Time)
		}
	}
}

// reading names an observation as the configuration says. A number needs a unit: its field's, or
// that which the table has for its engUnit.
func (s *sparkplugReader) reading(o sparkplug.Observation) (senml.Reading, bool) {
	f := s.fields[o.Metric]
	switch v := o.Value; {
	case v.Number != nil:
		unit := f.Unit
		if unit == "" {
			unit = s.units[o.Unit]
		}
		if unit == "" {
			return senml.Reading{}, false
		}
		return numberReading(f.Name, unit, v.Number, o.Time)
	case f.Unit != "":
		return senml.Reading{}, false
	case v.Flag != nil:
		return flagReading(f.Name, *v.Flag, o.Time)
	default:
		return textReading(f.Name, *v.Text, o.Time), true
	}
}
