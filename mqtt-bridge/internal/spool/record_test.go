package spool

import (
	"bytes"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/sealed"
)

func FuzzEntry(f *testing.F) {
	f.Add("logger-1", []byte("payload"), []byte("any record"))
	f.Add("", []byte{}, []byte{})
	f.Add("d", []byte{0}, sealed.Seal(shardBucket(0), keyOf(7), []byte("short")))
	f.Fuzz(func(t *testing.T, device string, payload, record []byte) {
		decodeEntry(shardBucket(0), keyOf(7), record) // whatever it is, it must not panic
		if len(device) > 64 {
			return
		}
		record = sealed.Seal(shardBucket(1), keyOf(7), encodeEntry(Message{Device: device, Received: time.UnixMilli(5), Payload: payload}))
		e := decodeEntry(shardBucket(1), keyOf(7), record)
		if e.Corrupt || e.Device != device || !bytes.Equal(e.Payload, payload) || e.Received.UnixMilli() != 5 || e.Number != 7 {
			t.Errorf("%+v", e)
		}
		if !decodeEntry(shardBucket(2), keyOf(7), record).Corrupt || !decodeEntry(shardBucket(1), keyOf(8), record).Corrupt {
			t.Error("a record in another place passes")
		}
	})
}
