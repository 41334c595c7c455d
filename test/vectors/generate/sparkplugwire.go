package main

import (
	"math"

	"google.golang.org/protobuf/encoding/protowire"
)

// The fields of Sparkplug B payloads (Sparkplug 3.0, clause 6.4.1), as bytes.

func spVarint(number protowire.Number, v uint64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(nil, number, protowire.VarintType), v)
}

func spBlock(number protowire.Number, parts ...[]byte) []byte {
	var body []byte
	for _, p := range parts {
		body = append(body, p...)
	}
	return protowire.AppendBytes(protowire.AppendTag(nil, number, protowire.BytesType), body)
}

func spText(number protowire.Number, s string) []byte { return spBlock(number, []byte(s)) }

// The fields of a metric.
func spName(s string) []byte      { return spText(1, s) }
func spAlias(n uint64) []byte     { return spVarint(2, n) }
func spAt(millis uint64) []byte   { return spVarint(3, millis) }
func spType(t uint64) []byte      { return spVarint(4, t) }
func spHistorical() []byte        { return spVarint(5, 1) }
func spTransient() []byte         { return spVarint(6, 1) }
func spNull() []byte              { return spVarint(7, 1) }
func spInt(v uint64) []byte       { return spVarint(10, v) }
func spLong(v uint64) []byte      { return spVarint(11, v) }
func spBoolean(v uint64) []byte   { return spVarint(14, v) }
func spString(s string) []byte    { return spText(15, s) }
func spDataSet() []byte           { return spBlock(17, spVarint(1, 0)) }
func spTemplate() []byte          { return spBlock(18, spVarint(5, 0)) }
func spUnit(symbol string) []byte { return spProperty("engUnit", spVarint(1, 12), spText(8, symbol)) }
func spQuality(code uint64) []byte {
	return spProperty("Quality", spVarint(1, 3), spVarint(3, code))
}

func spProperty(key string, value ...[]byte) []byte {
	return spBlock(9, spText(1, key), spBlock(2, value...))
}

func spFloat(v float32) []byte {
	return protowire.AppendFixed32(protowire.AppendTag(nil, 12, protowire.Fixed32Type), math.Float32bits(v))
}

func spDouble(v float64) []byte {
	return protowire.AppendFixed64(protowire.AppendTag(nil, 13, protowire.Fixed64Type), math.Float64bits(v))
}

func spMetric(parts ...[]byte) []byte { return spBlock(2, parts...) }

// spPayload is a payload of that sequence number, published at spStart.
func spPayload(seq uint64, metrics ...[]byte) []byte {
	return append(spDeath(metrics...), spVarint(3, seq)...)
}

// spDeath is a payload without a sequence number.
func spDeath(metrics ...[]byte) []byte {
	payload := spVarint(1, spStart)
	for _, m := range metrics {
		payload = append(payload, m...)
	}
	return payload
}

// spSession is the metric bdSeq.
func spSession(n uint64) []byte {
	return spMetric(spName("bdSeq"), spAt(spStart), spType(4), spLong(n))
}
