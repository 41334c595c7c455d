package outbox

import (
	"errors"
	"fmt"
	"maps"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/boltfile"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/disk"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/sealed"
)

// Pack is a pack of readings, in SenML CBOR, that is to be signed.
type Pack struct {
	Device  string
	Payload []byte
	Latest  map[string]time.Time // of its readings, by series
}

// addition is what one Append comes to.
type addition struct {
	messages, bytes int64
	sizes           map[string]int64  // of the same bytes, by device
	numbers         map[string]uint64 // of the last message, by device
}

// Append signs packs as the next messages of their devices, in order, and keeps the fingerprints of what they are made
// of, all in one transaction that is on the disk when it returns. It returns ErrFull, ErrDisk, ErrReplaced (see Waits) or
// ErrBroken; with any error what the packs are made of must not be acknowledged, and nothing was signed, unless the file was replaced at that very
// moment.
func (o *Outbox) Append(packs []Pack, made []Fingerprint) error {
	if len(packs) == 0 && len(made) == 0 { // what was signed before may be acknowledged, unless its file is gone
		return o.InPlace()
	}
	var a addition
	err := o.extend(func(b *books) error {
		a = addition{sizes: make(map[string]int64), numbers: make(map[string]uint64)}
		for _, p := range packs {
			if err := o.add(b, p, &a); err != nil {
				return err
			}
		}
		return o.seen.put(b, made)
	}, func() {
		o.usage.Messages += a.messages
		o.usage.Bytes += a.bytes
		for device, size := range a.sizes {
			o.bytes[device] += size
		}
		maps.Copy(o.numbers, a.numbers)
		o.seen.note(made)
	})
	if err != nil {
		return fmt.Errorf("sign messages: %w", err)
	}
	for _, p := range packs {
		o.wake(p.Device)
	}
	return nil
}

// room returns ErrFull if what is left of the disk is for taking messages out.
func (o *Outbox) room() error {
	o.mu.RLock()
	defer o.mu.RUnlock()
	if o.broken != nil || o.limits.FreeBytes == 0 {
		return o.broken
	}
	inside, err := o.file.FreeBytes()
	if err != nil {
		return err
	}
	outside, err := disk.Free(o.dir)
	if err != nil {
		return errors.Join(ErrDisk, err)
	}
	if free := inside + outside; free < o.limits.FreeBytes {
		return fmt.Errorf("%w: %d bytes are free on its disk", ErrFull, free)
	}
	return nil
}

// add signs one pack.
func (o *Outbox) add(b *books, p Pack, a *addition) error {
	last, err := o.lastOf(b, p.Device, a)
	if err != nil {
		return err
	}
	number := last.number + 1
	if number > waymark.MaxSequence {
		return waymark.Errorf(waymark.ResourceExhausted, "device %s has used all its numbers", p.Device)
	}
	signed, err := o.signer.Sign(p.Device, number, last.digest, p.Payload)
	if err != nil {
		return fmt.Errorf("message %d of device %s: %w", number, p.Device, err)
	}
	size := int64(len(signed.Raw))
	a.messages++
	a.bytes += size
	a.sizes[p.Device] += size
	a.numbers[p.Device] = number
	total, shared := o.usage.Bytes+a.bytes, o.limits.SharedBytes
	if total > o.limits.Bytes {
		return ErrCrowded
	}
	if shared > 0 && total > shared && o.bytes[p.Device]+a.sizes[p.Device] > max(o.limits.OwnBytes, size) {
		return fmt.Errorf("%w: device %s has its part", ErrCrowded, p.Device)
	}
	key := keyOf(p.Device, number)
	if err := b.put(messages, key, sealed.Seal([]byte(messageBucket), key, signed.Raw)); err != nil {
		return err
	}
	return place{number: number, digest: signed.Digest[:], latest: last.latest.with(p.Latest)}.put(b, p.Device)
}

// lastOf returns a device's place. One that is not what was written, as on a page of before, is ErrDamaged: a number would be used twice.
func (o *Outbox) lastOf(b *books, device string, a *addition) (place, error) {
	last, err := placeOf(b.tx, device)
	if err != nil {
		return last, err
	}
	want, added := a.numbers[device]
	if !added {
		want = o.numbers[device]
	}
	if last.number != want {
		return last, fmt.Errorf("%w: device %s is at number %d, not %d", boltfile.ErrDamaged, device, want, last.number)
	}
	return last, nil
}
