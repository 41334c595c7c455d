package source

import "github.com/waymark-ledger/waymark/chaincode/waymark/senml"

// senmlReader reads packs that loggers wrote themselves.
type senmlReader struct {
	topic
	ids map[string]string
}

func (s senmlReader) read(m Message, r *Result) bool {
	address, ours := s.match(m.Topic)
	if !ours {
		return false
	}
	id, listed := s.ids[address]
	if !listed {
		r.refuse(UnknownDevice, 1)
		return true
	}
	parse := senml.ParseCBOR
	if len(m.Payload) > 0 && m.Payload[0] == '[' { // no array of CBOR begins like that
		parse = senml.ParseJSON
	}
	readings, err := parse(m.Payload)
	if err != nil {
		r.refuse(Malformed, 1)
		return true
	}
	for _, reading := range readings {
		r.Readings = append(r.Readings, Reading{id, reading})
	}
	return true
}
