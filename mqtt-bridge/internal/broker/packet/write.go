package packet

import "encoding/binary"

// Return codes of a CONNACK (clause 3.2.2.3).
const (
	Accepted      byte = 0
	WrongVersion  byte = 1
	NotAuthorized byte = 5
)

// Refused is what a SUBACK says of a filter that is not granted.
const Refused byte = 0x80

// NewConnack answers a CONNECT. No session is ever present.
func NewConnack(code byte) []byte { return []byte{byte(Connack) << 4, 2, 0, code} }

// NewAck answers what has a packet id, by a packet of that kind and nothing else in it.
func NewAck(kind Kind, id uint16) []byte {
	first := byte(kind) << 4
	if kind == Pubrel {
		first |= 2
	}
	return binary.BigEndian.AppendUint16([]byte{first, 2}, id)
}

// NewSuback answers a SUBSCRIBE, with a code for each filter.
func NewSuback(id uint16, codes []byte) []byte {
	p := binary.AppendUvarint([]byte{byte(Suback) << 4}, uint64(len(codes)+2))
	return append(binary.BigEndian.AppendUint16(p, id), codes...)
}

// NewPingresp answers a PINGREQ.
func NewPingresp() []byte { return []byte{byte(Pingresp) << 4, 0} }

// NewPublish publishes at QoS 0. A topic has at most 65535 bytes.
func NewPublish(topic string, payload []byte) []byte {
	p := binary.AppendUvarint([]byte{byte(Publish) << 4}, uint64(2+len(topic)+len(payload)))
	p = binary.BigEndian.AppendUint16(p, uint16(len(topic))) //nolint:gosec // as said
	return append(append(p, topic...), payload...)
}
