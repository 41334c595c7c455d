package packet

import (
	"bufio"
	"errors"
	"fmt"
	"io"
)

// Kind is the type of a control packet (clause 2.2.1).
type Kind byte

// The kinds. Those that answer what a server sent at QoS 1 or 2 are not read: this one sends nothing so.
const (
	Connect     Kind = 1
	Connack     Kind = 2
	Publish     Kind = 3
	Puback      Kind = 4
	Pubrec      Kind = 5
	Pubrel      Kind = 6
	Pubcomp     Kind = 7
	Subscribe   Kind = 8
	Suback      Kind = 9
	Unsubscribe Kind = 10
	Unsuback    Kind = 11
	Pingreq     Kind = 12
	Pingresp    Kind = 13
	Disconnect  Kind = 14
)

// ErrMalformed is the error of bytes that are no packet which a client may send.
var ErrMalformed = errors.New("malformed packet")

func malformed(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrMalformed, fmt.Sprintf(format, args...))
}

// Head is a fixed header (clause 2.2).
type Head struct {
	Kind   Kind
	Flags  byte
	Length int // bytes of what follows
}

// forms are the flags (clause 2.2.2) and the lengths that the kinds which clients send have. Those of a PUBLISH are its own.
var forms = map[Kind]struct {
	flags       byte
	least, most int
}{
	Connect:     {0, 12, 1 << 28},
	Publish:     {0, 3, 1 << 28},
	Pubrel:      {2, 2, 2},
	Subscribe:   {2, 6, 1 << 28},
	Unsubscribe: {2, 5, 1 << 28},
	Pingreq:     {0, 0, 0},
	Disconnect:  {0, 0, 0},
}

// Reader reads the packets of a connection.
type Reader struct {
	in   *bufio.Reader
	most int
}

// NewReader makes a reader of packets whose bodies have at most so many bytes. It keeps a buffer of another size.
func NewReader(from io.Reader, most, buffer int) *Reader {
	return &Reader{in: bufio.NewReaderSize(from, buffer), most: most}
}

// Head reads a fixed header. It fails with ErrMalformed, or as the connection does.
func (r *Reader) Head() (Head, error) {
	first, err := r.in.ReadByte()
	if err != nil {
		return Head{}, err
	}
	h := Head{Kind: Kind(first >> 4), Flags: first & 0xF}
	form, known := forms[h.Kind]
	if !known {
		return h, malformed("a client sends none of type %d", h.Kind)
	}
	if h.Length, err = r.length(); err != nil {
		return h, err
	}
	switch {
	case h.Kind != Publish && h.Flags != form.flags:
		return h, malformed("flags %04b of type %d", h.Flags, h.Kind)
	case h.Length < form.least || h.Length > min(form.most, r.most):
		return h, malformed("%d bytes of type %d", h.Length, h.Kind)
	}
	return h, nil
}

// length reads a length of up to four bytes (clause 2.2.3).
func (r *Reader) length() (n int, err error) {
	for shift := 0; shift < 28; shift += 7 {
		digit, err := r.in.ReadByte()
		if err != nil {
			return 0, err
		}
		if n |= int(digit&0x7F) << shift; digit&0x80 == 0 {
			return n, nil
		}
	}
	return 0, malformed("its length has more than four bytes")
}

// Whole reports whether a body fits into the buffer, so that Body gives it room only once it is there.
func (r *Reader) Whole(h Head) bool { return h.Length <= r.in.Size() }

// Body reads what follows a header, into memory that is the caller's.
func (r *Reader) Body(h Head) ([]byte, error) {
	if r.Whole(h) {
		if _, err := r.in.Peek(h.Length); err != nil {
			return nil, err
		}
	}
	body := make([]byte, h.Length)
	_, err := io.ReadFull(r.in, body)
	return body, err
}
