package packet

import (
	"bytes"
	"encoding/binary"
	"unicode/utf8"
)

// fields reads the fields of a body, one after another. After the first that is not there all are empty.
type fields struct {
	rest []byte
	err  error
}

func (f *fields) fail(what string) {
	if f.err == nil {
		f.err = malformed("%s", what)
	}
	f.rest = nil
}

func (f *fields) take(n int, what string) []byte {
	if f.err != nil || n > len(f.rest) {
		f.fail("it ends in its " + what)
		return nil
	}
	taken := f.rest[:n:n]
	f.rest = f.rest[n:]
	return taken
}

func (f *fields) byte(what string) byte {
	if b := f.take(1, what); b != nil {
		return b[0]
	}
	return 0
}

func (f *fields) number(what string) uint16 {
	if b := f.take(2, what); b != nil {
		return binary.BigEndian.Uint16(b)
	}
	return 0
}

// id reads a packet id, which is not 0 (clause 2.3.1).
func (f *fields) id() uint16 {
	id := f.number("packet id")
	if id == 0 {
		f.fail("packet id 0")
	}
	return id
}

// data reads bytes with their number before them.
func (f *fields) data(what string) []byte { return f.take(int(f.number(what)), what) }

// text reads a string: UTF-8 without U+0000 (clause 1.5.3).
func (f *fields) text(what string) []byte {
	s := f.data(what)
	if f.err == nil && (!utf8.Valid(s) || bytes.IndexByte(s, 0) >= 0) {
		f.fail("its " + what + " is no text")
	}
	return s
}

// topic reads the name of a topic, of at least one character (clause 4.7.3) and without wildcards (clause 3.3.2.1).
func (f *fields) topic() []byte {
	t := f.text("topic")
	if f.err == nil && (len(t) == 0 || bytes.ContainsAny(t, "+#")) {
		f.fail("it is for no one topic")
	}
	return t
}

// end returns the first error; that something is left is one.
func (f *fields) end() error {
	if len(f.rest) > 0 {
		f.fail("something follows it")
	}
	return f.err
}
