package packet

// Publication is what a PUBLISH says.
type Publication struct {
	Topic   []byte
	Payload []byte
	QoS     byte
	ID      uint16 // 0 at QoS 0
}

// The bits of a PUBLISH's flags (clause 3.3.1).
const (
	flagRetain = 1 << iota
	qosLow
	qosHigh
	flagDuplicate
)

// ParsePublish reads a PUBLISH. What it returns is part of body.
func ParsePublish(h Head, body []byte) (p Publication, err error) {
	p.QoS = h.Flags / qosLow & qosMask
	f := &fields{rest: body}
	if p.QoS > maxQoS || p.QoS == 0 && h.Flags&flagDuplicate != 0 {
		f.fail("QoS 3, or a repetition at QoS 0")
	}
	p.Topic = f.topic()
	if p.QoS > 0 {
		p.ID = f.id()
	}
	p.Payload = f.rest
	return p, f.err
}

// ParseID reads a body that is a packet id alone.
func ParseID(body []byte) (uint16, error) {
	f := &fields{rest: body}
	id := f.id()
	return id, f.end()
}

// Filter is what a client asks to hear.
type Filter struct {
	Topic string
	QoS   byte
}

// ParseSubscribe reads the body of a SUBSCRIBE.
func ParseSubscribe(body []byte) (id uint16, filters []Filter, err error) {
	f := &fields{rest: body}
	for id = f.id(); f.err == nil && (len(f.rest) > 0 || len(filters) == 0); {
		filter := Filter{Topic: string(f.text("filter")), QoS: f.byte("QoS")}
		if filter.Topic == "" || filter.QoS > maxQoS {
			f.fail("an empty filter, or QoS 3")
		}
		filters = append(filters, filter)
	}
	return id, filters, f.end()
}

// ParseUnsubscribe reads the body of an UNSUBSCRIBE.
func ParseUnsubscribe(body []byte) (id uint16, topics []string, err error) {
	f := &fields{rest: body}
	for id = f.id(); f.err == nil && (len(f.rest) > 0 || len(topics) == 0); {
		topic := string(f.text("filter"))
		if topic == "" {
			f.fail("an empty filter")
		}
		topics = append(topics, topic)
	}
	return id, topics, f.end()
}
