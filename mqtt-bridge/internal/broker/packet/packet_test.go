package packet

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

const most = 1 << 10 // of a body

// read reads all packets of some bytes as a server does, and returns them until the first error.
func read(raw io.Reader) (all []any, err error) {
	r := NewReader(raw, most, 64)
	for {
		one, err := next(r)
		if err != nil {
			return all, err
		}
		all = append(all, one)
	}
}

func next(r *Reader) (any, error) {
	head, err := r.Head()
	if err != nil {
		return nil, err
	}
	body, err := r.Body(head)
	if err != nil {
		return nil, err
	}
	switch head.Kind {
	case Connect:
		return ParseConnect(body)
	case Publish:
		return ParsePublish(head, body)
	case Pubrel:
		return ParseID(body)
	case Subscribe:
		id, filters, err := ParseSubscribe(body)
		return append([]any{id}, filters), err
	case Unsubscribe:
		id, topics, err := ParseUnsubscribe(body)
		return append([]any{id}, topics), err
	}
	return head.Kind, nil
}

func raw(kind byte, parts ...[]byte) []byte {
	body := slices.Concat(parts...)
	return slices.Concat([]byte{kind}, binary.AppendUvarint(nil, uint64(len(body))), body)
}

func str(s string) []byte { return append(binary.BigEndian.AppendUint16(nil, uint16(len(s))), s...) }

var long = strings.Repeat("x", 500) // more than the reader's buffer

func TestRead(t *testing.T) {
	for _, test := range []struct {
		name string
		raw  []byte
		want any
	}{
		{"connect", raw(0x10, str("MQTT"), []byte{4, 0xC2, 1, 2}, str("a"), str("u"), str("p\x00\xff")),
			Session{ClientID: "a", Clean: true, KeepAlive: 258, User: "u", Password: "p\x00\xff"}},
		{"connect with a will", raw(0x10, str("MQTT"), []byte{4, 0x34, 0, 0}, str(""), str("t"), str("w\x00")),
			Session{Will: &Will{Topic: "t", Payload: []byte("w\x00"), QoS: 2}}},
		{"publish", raw(0x30, str("t"), []byte("p")), Publication{Topic: []byte("t"), Payload: []byte("p")}},
		{"publish nothing", raw(0x3B, str("t"), []byte{0, 9}), Publication{Topic: []byte("t"), Payload: []byte{}, QoS: 1, ID: 9}},
		{"publish much", raw(0x34, str("t"), []byte{1, 0}, []byte(long)), Publication{Topic: []byte("t"), Payload: []byte(long), QoS: 2, ID: 256}},
		{"release", raw(0x62, []byte{0, 1}), uint16(1)},
		{"subscribe", raw(0x82, []byte{0, 1}, str("a/+"), []byte{0}, str("#"), []byte{2}), []any{uint16(1), []Filter{{"a/+", 0}, {"#", 2}}}},
		{"unsubscribe", raw(0xA2, []byte{0, 1}, str("a")), []any{uint16(1), []string{"a"}}},
		{"ping", raw(0xC0), Pingreq},
		{"goodbye", raw(0xE0), Disconnect},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, from := range []io.Reader{bytes.NewReader(test.raw), iotest.OneByteReader(bytes.NewReader(test.raw))} {
				got, err := read(from)
				if !errors.Is(err, io.EOF) || len(got) != 1 || !reflect.DeepEqual(got[0], test.want) {
					t.Errorf("read %+v, %v; want %+v", got, err, test.want)
				}
			}
			for n := range len(test.raw) {
				if got, err := read(bytes.NewReader(test.raw[:n])); len(got) > 0 || err == nil {
					t.Errorf("read %+v, %v of %d bytes", got, err, n)
				}
			}
		})
	}
}

// wrong are packets that break a rule.
var wrong = map[string][]byte{
	"type 0":                          raw(0x00),
	"type 15":                         raw(0xF0),
	"an answer to what was not sent":  raw(0x40, []byte{0, 1}),
	"a server's packet":               raw(0x20, []byte{0, 0}),
	"flags of a connect":              raw(0x11, str("MQTT"), []byte{4, 2, 0, 0}, str("a")),
	"reserved flag":                   raw(0x10, str("MQTT"), []byte{4, 3, 0, 0}, str("a")),
	"password without user":           raw(0x10, str("MQTT"), []byte{4, 0x42, 0, 0}, str("a"), str("p")),
	"QoS of no will":                  raw(0x10, str("MQTT"), []byte{4, 0x0A, 0, 0}, str("a")),
	"retention of no will":            raw(0x10, str("MQTT"), []byte{4, 0x22, 0, 0}, str("a")),
	"will of QoS 3":                   raw(0x10, str("MQTT"), []byte{4, 0x1E, 0, 0}, str("a"), str("t"), str("w")),
	"will to all":                     raw(0x10, str("MQTT"), []byte{4, 0x06, 0, 0}, str("a"), str("#"), str("w")),
	"something behind a connect":      raw(0x10, str("MQTT"), []byte{4, 2, 0, 0}, str("a"), []byte{0}),
	"client id that is no UTF-8":      raw(0x10, str("MQTT"), []byte{4, 2, 0, 0}, str("\xff")),
	"NUL in a user name":              raw(0x10, str("MQTT"), []byte{4, 0x82, 0, 0}, str("a"), str("\x00")),
	"publish at QoS 3":                raw(0x36, str("t"), []byte{0, 1}),
	"repetition at QoS 0":             raw(0x38, str("t"), []byte{0, 1}),
	"publish with id 0":               raw(0x32, str("t"), []byte{0, 0}),
	"publish to nothing":              raw(0x30, str(""), []byte{0}),
	"publish to many":                 raw(0x30, str("a/+"), []byte{0}),
	"topic beyond the end":            raw(0x30, []byte{0xFF, 0xFF}, []byte("t")),
	"longer than may be":              raw(0x30, str("t"), make([]byte, most)),
	"256 MB":                          {0x30, 0xFF, 0xFF, 0xFF, 0x7F},
	"length of five bytes":            {0x30, 0xFF, 0xFF, 0xFF, 0xFF, 0x01},
	"release with wrong flags":        raw(0x60, []byte{0, 1}),
	"release of 0":                    raw(0x62, []byte{0, 0}),
	"subscribe to nothing":            raw(0x82, []byte{0, 1}),
	"subscribe to an empty filter":    raw(0x82, []byte{0, 1}, str(""), []byte{0, 0}),
	"subscribe at QoS 3":              raw(0x82, []byte{0, 1}, str("a"), []byte{3}),
	"subscribe without QoS":           raw(0x82, []byte{0, 1}, str("ab")),
	"subscribe with wrong flags":      raw(0x80, []byte{0, 1}, str("a"), []byte{0}),
	"unsubscribe from nothing":        raw(0xA2, []byte{0, 1}),
	"unsubscribe from an empty topic": raw(0xA2, []byte{0, 1}, str(""), str("a")),
	"ping with a body":                raw(0xC0, []byte{0}),
}

func TestMalformed(t *testing.T) {
	for name, raw := range wrong {
		if got, err := read(bytes.NewReader(raw)); !errors.Is(err, ErrMalformed) || len(got) > 0 {
			t.Errorf("%s: read %+v, %v", name, got, err)
		}
	}
	for name, raw := range map[string][]byte{
		"MQTT 3.1": raw(0x10, str("MQIsdp"), []byte{3, 2, 0, 0}, str("a")),
		"MQTT 5":   raw(0x10, str("MQTT"), []byte{5, 2, 0, 0, 0}, str("a")),
	} {
		if got, err := read(bytes.NewReader(raw)); !errors.Is(err, ErrVersion) || len(got) > 0 {
			t.Errorf("%s: read %+v, %v", name, got, err)
		}
	}
}

// Room is given to what fits into the buffer once it is there, whatever its length says.
func TestNothingIsGivenRoomInAdvance(t *testing.T) {
	r := NewReader(io.MultiReader(bytes.NewReader([]byte{0x30, 60}), iotest.ErrReader(io.ErrClosedPipe)), most, 64)
	head, err := r.Head()
	if err != nil || !r.Whole(head) {
		t.Fatal(head, err)
	}
	if body, err := r.Body(head); body != nil || !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("%d bytes, %v", len(body), err)
	}
}

func TestWritten(t *testing.T) {
	for _, test := range []struct {
		name      string
		got, want []byte
	}{
		{"connack", NewConnack(NotAuthorized), []byte{0x20, 2, 0, 5}},
		{"puback", NewAck(Puback, 258), []byte{0x40, 2, 1, 2}},
		{"pubrel", NewAck(Pubrel, 1), []byte{0x62, 2, 0, 1}},
		{"suback", NewSuback(1, []byte{0, Refused}), []byte{0x90, 4, 0, 1, 0, 0x80}},
		{"pingresp", NewPingresp(), []byte{0xD0, 0}},
		{"publish", NewPublish("t", []byte(long)), raw(0x30, str("t"), []byte(long))},
	} {
		if !bytes.Equal(test.got, test.want) {
			t.Errorf("%s: % x, want % x", test.name, test.got, test.want)
		}
	}
}

// FuzzRead reads what anybody may send: it fails as one of the errors that there are, and reads the same however the bytes arrive.
func FuzzRead(f *testing.F) {
	for _, raw := range wrong {
		f.Add(raw)
	}
	f.Add(slices.Concat(raw(0x10, str("MQTT"), []byte{4, 0xC2, 0, 9}, str("a"), str("a"), str("p")), raw(0x32, str("t"), []byte{0, 1}, []byte(long)), raw(0xC0)))
	f.Fuzz(func(t *testing.T, raw []byte) {
		got, err := read(bytes.NewReader(raw))
		if !errors.Is(err, ErrMalformed) && !errors.Is(err, ErrVersion) && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Fatalf("it fails with %v", err)
		}
		if slowly, _ := read(iotest.OneByteReader(bytes.NewReader(raw))); !reflect.DeepEqual(got, slowly) {
			t.Errorf("read %+v, and slowly %+v", got, slowly)
		}
	})
}
