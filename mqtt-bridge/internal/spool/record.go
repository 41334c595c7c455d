package spool

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"time"

	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/sealed"
)

// The body of a waiting message: received (8 bytes, Unix milliseconds), length
// of the device id (1 byte), device id, payload.
const entryHead = 9

func encodeEntry(m Message) []byte {
	body := make([]byte, entryHead, entryHead+len(m.Device)+len(m.Payload))
	binary.BigEndian.PutUint64(body, uint64(m.Received.UnixMilli()))
	body[8] = byte(len(m.Device)) //nolint:gosec // Append bounds it
	return append(append(body, m.Device...), m.Payload...)
}

// deviceIn returns the device of a waiting message without a look at the rest, or
// false for a record that is no message. It does not check the checksum.
func deviceIn(record []byte) (string, bool) {
	if len(record) < sealed.Overhead+entryHead {
		return "", false
	}
	body := record[sealed.Overhead:]
	end := entryHead + int(body[8])
	if len(body) < end {
		return "", false
	}
	return string(body[entryHead:end]), true
}

// decodeEntry copies what it returns: bbolt's bytes end with the transaction.
func decodeEntry(bucket, key, record []byte) Entry {
	e := Entry{Number: binary.BigEndian.Uint64(key)}
	body, err := sealed.Open(bucket, key, record)
	if err != nil || len(body) < entryHead || len(body) < entryHead+int(body[8]) {
		e.Corrupt, e.Payload = true, append([]byte(nil), record...)
		return e
	}
	end := entryHead + int(body[8])
	e.Received = time.UnixMilli(int64(binary.BigEndian.Uint64(body))).UTC() //nolint:gosec // written by encodeEntry
	e.Device = string(body[entryHead:end])
	e.Payload = append([]byte(nil), body[end:]...)
	return e
}

func sealQuarantined(q Quarantined) ([]byte, error) {
	body, err := encodeQuarantined(q)
	if err != nil {
		return nil, err
	}
	return sealed.Seal([]byte(quarantineBucket), keyOf(q.Number), body), nil
}

func encodeQuarantined(q Quarantined) ([]byte, error) {
	q.Repeats = 0 // the index counts them
	body, err := json.Marshal(q)
	if err != nil {
		return nil, fmt.Errorf("encode quarantined message: %w", err)
	}
	return body, nil
}

// decodeQuarantined reports a record whose checksum does not hold as what it
// is, so that it can be seen, exported and dropped like any other.
func decodeQuarantined(bucket string, key, record []byte) Quarantined {
	var q Quarantined
	body, err := sealed.Open([]byte(bucket), key, record)
	if err == nil {
		err = json.Unmarshal(body, &q)
	}
	if err != nil {
		return Quarantined{
			Number:  binary.BigEndian.Uint64(key[len(key)-keySize:]),
			Verdict: Verdict{Code: Corrupt, Detail: "the record in quarantine does not have its checksum"},
			Payload: append([]byte(nil), record...),
		}
	}
	return q
}

func keyOf(number uint64) []byte {
	return binary.BigEndian.AppendUint64(nil, number)
}
